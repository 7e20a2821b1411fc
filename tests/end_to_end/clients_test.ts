/**
 * The client matrix: programs people use, pointed at the proxy as `clawsec env` tells them, over HTTP and HTTPS.
 * None may notice the monitor, and the monitor must have seen each. A missing program is skipped by name.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { hasProgram } from "../support/has_program.ts";
import { modernNode } from "../support/node_packages.ts";
import { pythonWith } from "../support/python_with.ts";
import { runJavaClient } from "../support/run_java_client.ts";
import { type ProgramResult, runProgram } from "../support/run_program.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import type { OriginAnswer, RecordedRequest } from "../support/start_origin.ts";
import { SCHEMES, startWorld, type World } from "../support/start_world.ts";

/** Long enough to come in many pieces; nothing in it is a threat. */
const LARGE = "The quick brown fox jumps over the lazy dog.\n".repeat(20_000);

function answer({ target, headers, body }: RecordedRequest): OriginAnswer {
  const path = target.replace(/\?.*$/, "");
  if (path.endsWith("/large")) return { body: LARGE };
  if (path.endsWith("/gzip")) {
    const compressed = new Uint8Array(gzipSync(LARGE));
    return { headers: { "content-encoding": "gzip" }, body: compressed };
  }
  if (path.endsWith("/echo")) return { body };
  if (path.endsWith("/range")) {
    const range = headers.find(([name]) => name.toLowerCase() === "range")?.[1];
    return range === "bytes=4-8"
      ? { status: 206, headers: { "content-range": "bytes 4-8/899" }, body: LARGE.slice(4, 9) }
      : { status: 416 };
  }
  return { body: "hello" };
}

/** One way to use one program; it must print what the origin answers. */
interface Client {
  readonly name: string;
  readonly program: string;
  run(world: World, url: string): Promise<ProgramResult>;
  /** @default both */
  readonly schemes?: readonly (typeof SCHEMES[number])[];
  /** Last part of the path. @default {"hello"} */
  readonly path?: string;
  /** @default {"hello"} */
  readonly prints?: string;
}

const KEY = anthropicKey(31);
const PYTHON_URLLIB = `
import sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"x-api-key": sys.argv[2]})
sys.stdout.write(urllib.request.urlopen(request, timeout=30).read().decode())
`;
const PYTHON_REQUESTS = `
import sys, requests
answer = requests.post(sys.argv[1], data=b"posted", headers={"x-api-key": sys.argv[2]}, timeout=30)
sys.stdout.write(answer.text)
`;
const PYTHON_HTTPX = `
import os, ssl, sys, httpx
trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
with httpx.Client(proxies=os.environ["HTTPS_PROXY"], verify=trust, http2=sys.argv[3] == "2") as client:
    answer = client.get(sys.argv[1], headers={"x-api-key": sys.argv[2]})
sys.stdout.write(answer.text)
`;
const PYTHON_AIOHTTP = `
import asyncio, os, ssl, sys, aiohttp
async def main():
    trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    async with aiohttp.ClientSession(trust_env=True) as session:
        asked = session.post(sys.argv[1], data=b"posted", headers={"x-api-key": sys.argv[2]}, ssl=trust)
        async with asked as answer:
            sys.stdout.write(await answer.text())
asyncio.run(main())
`;
const NODE_UNDICI = `
import { fetch, ProxyAgent } from ${JSON.stringify(import.meta.resolve("undici"))};
import { readFileSync } from "node:fs";
const [url, key] = process.argv.slice(1);
const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS, "utf8");
const dispatcher = new ProxyAgent({ uri: process.env.HTTPS_PROXY, requestTls: { ca } });
const answer = await fetch(url, { dispatcher, headers: { "x-api-key": key } });
process.stdout.write(await answer.text());
`;
const NODE_FETCH = `
const [url, key] = process.argv.slice(1);
const answer = await fetch(url, { headers: { "x-api-key": key } });
process.stdout.write(await answer.text());
`;
const DENO_FETCH = `
const [url, key] = Deno.args;
const answer = await fetch(url, { headers: { "x-api-key": key } });
await Deno.stdout.write(new Uint8Array(await answer.arrayBuffer()));
`;

const MODERN_NODE = await modernNode();

const curl = (...args: readonly string[]) => (world: World, url: string) =>
  world.curl("-H", `x-api-key: ${KEY}`, ...args, url);
const inEnv =
  (program: string, ...args: readonly string[]) => ({ clientEnv }: World, url: string) =>
    runProgram(program, [...args, url, KEY], { env: clientEnv });

const CLIENTS: readonly Client[] = [
  { name: "curl", program: "curl", run: curl() },
  { name: "curl --http2", program: "curl", run: curl("--http2") },
  {
    name: "curl --http1.0",
    program: "curl",
    run: curl("--http1.0"),
    path: "large",
    prints: LARGE,
    // Over TLS it offers the protocol http/1.0 alone, which Deno and Node refuse as servers too.
    schemes: ["http"],
  },
  { name: "curl of a large body", program: "curl", run: curl(), path: "large", prints: LARGE },
  {
    name: "curl --compressed",
    program: "curl",
    run: curl("--compressed"),
    path: "gzip",
    prints: LARGE,
  },
  {
    name: "curl upload",
    program: "curl",
    run: curl("-d", LARGE.slice(0, 90_000)),
    path: "echo",
    prints: LARGE.slice(0, 90_000),
  },
  {
    name: "curl with Expect: 100-continue",
    program: "curl",
    run: curl("-H", "Expect: 100-continue", "-d", "asked first"),
    path: "echo",
    prints: "asked first",
  },
  {
    name: "curl chunked upload",
    program: "curl",
    run: curl("-H", "Transfer-Encoding: chunked", "-d", "in chunks"),
    path: "echo",
    prints: "in chunks",
  },
  {
    name: "curl range",
    program: "curl",
    run: curl("-r", "4-8"),
    path: "range",
    prints: LARGE.slice(4, 9),
  },
  {
    name: "wget",
    program: "wget",
    run: ({ clientEnv, clawsec }, url) =>
      runProgram("wget", [
        ...["-q", "-O", "-", "--ca-certificate", clawsec.caFile, "--header", `x-api-key: ${KEY}`],
        url,
      ], { env: clientEnv }),
  },
  { name: "Python urllib", program: "python3", run: inEnv("python3", "-c", PYTHON_URLLIB) },
  {
    name: "Python requests",
    program: await pythonWith("requests") ?? "python3-requests",
    run: async (world, url) =>
      await inEnv(await pythonWith("requests") ?? "", "-c", PYTHON_REQUESTS)(world, url),
    path: "echo",
    prints: "posted",
  },
  {
    name: "Python httpx",
    program: await pythonWith("httpx") ?? "python3-httpx",
    run: ({ clientEnv }, url) => runHttpx(clientEnv, url, "1"),
  },
  {
    name: "Python httpx, asking for HTTP/2",
    program: await pythonWith("httpx, h2") ?? "python3-h2",
    run: ({ clientEnv }, url) => runHttpx(clientEnv, url, "2"),
  },
  {
    name: "Python aiohttp",
    program: await pythonWith("aiohttp") ?? "python3-aiohttp",
    run: async (world, url) =>
      await inEnv(await pythonWith("aiohttp") ?? "", "-c", PYTHON_AIOHTTP)(world, url),
    path: "echo",
    prints: "posted",
  },
  {
    name: "Node undici ProxyAgent",
    program: "node",
    run: inEnv("node", "--input-type=module", "-e", NODE_UNDICI),
  },
  {
    name: "Node fetch with NODE_USE_ENV_PROXY",
    program: MODERN_NODE ?? "Node 24",
    run: inEnv(MODERN_NODE ?? "", "--input-type=module", "-e", NODE_FETCH),
  },
  {
    name: "Deno fetch",
    program: "deno",
    run: async (world, url) => {
      const script = join(world.directory, "fetch.ts");
      await Deno.writeTextFile(script, DENO_FETCH);
      return await inEnv(Deno.execPath(), "run", "-q", "-A", "--no-config", script)(world, url);
    },
  },
  {
    name: "Java's HttpClient",
    program: "javac",
    run: (world, url) => runJavaClient(world, url, KEY),
  },
];

Deno.test({
  name: "clients get what the origin answers, and the monitor sees their key, over HTTP and HTTPS",
  ignore: !hasProgram("curl") || !hasProgram("openssl"),
  async fn(t) {
    await using world = await startWorld({ answer });
    for (const [at, client] of CLIENTS.entries()) {
      const { program } = client;
      const isThere = program === "deno" || program.startsWith("/") || hasProgram(program);
      for (const scheme of client.schemes ?? SCHEMES) {
        const name = `${client.name}, ${scheme}`;
        await t.step({
          name: isThere ? name : `${name} (skipped: no ${client.program})`,
          ignore: !isThere,
          fn: () =>
            verifyClient(world, client, `/${scheme}-${at}/${client.path ?? "hello"}`, scheme),
        });
      }
    }
  },
});

async function verifyClient(
  world: World,
  { run, prints = "hello" }: Client,
  path: string,
  scheme: typeof SCHEMES[number],
) {
  const { code, stdout, stderr } = await run(world, world.origins[scheme].url(path));
  assert.equal(code, 0, stderr);
  assert.ok(stdout === prints, `it printed ${stdout.slice(0, 200)} ${stderr}`);
  const { threats, record } = await world.evidence(path);
  assert.equal(record.intercepted, scheme === "https");
  assert.ok(threats.some(({ pattern }) => pattern === "ai_api_key"), JSON.stringify(threats));
}

function runHttpx(env: Readonly<Record<string, string>>, url: string, version: "1" | "2") {
  return pythonWith("httpx").then((python) =>
    runProgram(python ?? "", ["-c", PYTHON_HTTPX, url, KEY, version], { env })
  );
}
