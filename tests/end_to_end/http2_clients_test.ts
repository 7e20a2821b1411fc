/**
 * Clients besides curl that speak HTTP/2, each asked for a page of an origin that speaks nothing else. A missing
 * program is skipped by name. Chromium's is in `chromium_test.ts`, gRPC's in `node_clients_test.ts`.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { hasProgram } from "../support/has_program.ts";
import { pythonWith } from "../support/python_with.ts";
import { runJavaClient } from "../support/run_java_client.ts";
import { type ProgramResult, runProgram } from "../support/run_program.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { startHttp2Origin } from "../support/start_http2_origin.ts";
import { startWorld, type World } from "../support/start_world.ts";

const KEY = anthropicKey(64);

const HTTPX = `
import os, ssl, sys, httpx
trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
with httpx.Client(proxies=os.environ["HTTPS_PROXY"], verify=trust, http2=True) as client:
    answer = client.get(sys.argv[1], headers={"x-api-key": sys.argv[2]})
sys.stdout.write(f"{answer.text} {answer.http_version}")
`;
const UNDICI = `
import { fetch, ProxyAgent } from ${JSON.stringify(import.meta.resolve("undici"))};
import { readFileSync } from "node:fs";
const [url, key] = process.argv.slice(1);
const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS, "utf8");
const requestTls = { ca, allowH2: true };
const dispatcher = new ProxyAgent({ uri: process.env.HTTPS_PROXY, requestTls, allowH2: true });
const answer = await fetch(url, { dispatcher, headers: { "x-api-key": key } });
process.stdout.write(await answer.text());
`;
const DENO = `
const [url, key] = Deno.args;
const answer = await fetch(url, { headers: { "x-api-key": key } });
await Deno.stdout.write(new Uint8Array(await answer.arrayBuffer()));
`;

interface Client {
  readonly name: string;
  /** What it needs and this machine has not; undefined: it is all there. */
  readonly missing: string | undefined;
  run(world: World, url: string): Promise<ProgramResult>;
  /** @default {"hello"} */
  readonly prints?: string;
}

const PYTHON = await pythonWith("httpx, h2");
const missing = (program: string) => hasProgram(program) ? undefined : program;

const CLIENTS: readonly Client[] = [
  {
    name: "Python's httpx",
    missing: PYTHON === undefined ? "python3-httpx, python3-h2" : undefined,
    run: ({ clientEnv }, url) =>
      runProgram(PYTHON ?? "", ["-c", HTTPX, url, KEY], { env: clientEnv }),
    prints: "hello HTTP/2",
  },
  {
    name: "undici's ProxyAgent",
    missing: missing("node"),
    run: ({ clientEnv }, url) =>
      runProgram("node", ["--input-type=module", "-e", UNDICI, url, KEY], { env: clientEnv }),
  },
  {
    name: "Deno's fetch",
    missing: undefined,
    async run({ clientEnv, directory }, url) {
      const script = join(directory, "fetch.ts");
      await Deno.writeTextFile(script, DENO);
      const args = ["run", "-q", "-A", "--no-config", script, url, KEY];
      return await runProgram(Deno.execPath(), args, { env: clientEnv });
    },
  },
  {
    name: "Java's HttpClient",
    missing: missing("javac"),
    run: (world, url) => runJavaClient(world, url, KEY),
  },
];

Deno.test({
  name: "clients speak HTTP/2 through the proxy, and the monitor sees their key",
  ignore: !hasProgram("openssl"),
  async fn(t) {
    await using world = await startWorld();
    await using origin = await startHttp2Origin(world.certificates.trusted);
    for (const [at, { name, missing, run, prints = "hello" }] of CLIENTS.entries()) {
      await t.step({
        name: missing === undefined ? name : `${name} (skipped: no ${missing})`,
        ignore: missing !== undefined,
        async fn() {
          const url = origin.url(`/client-${at}`);
          const { code, stdout, stderr } = await run(world, url);
          assert.equal(code, 0, stderr);
          assert.equal(stdout, prints, stderr);
          const { record, threats } = await world.evidence(url);
          assert.equal(record.intercepted, true);
          assert.deepEqual(threats.map(({ pattern, location }) => `${pattern} ${location}`), [
            "ai_api_key header:x-api-key",
          ]);
        },
      });
    }
  },
});
