/** git, npm and pip through the proxy: clone and push, install, download; from origins that speak their protocols. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { hasProgram } from "../support/has_program.ts";
import { type ProgramResult, runProgram } from "../support/run_program.ts";
import type { OriginAnswer, RecordedRequest } from "../support/start_origin.ts";
import { SCHEMES, startWorld } from "../support/start_world.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const HAS_TLS = hasProgram("openssl");
const missing = (program: string) => hasProgram(program) ? "" : ` (skipped: no ${program})`;

/** Must end well; says what it printed if not. */
function assertDone({ code, stdout, stderr }: ProgramResult): void {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
}

/** Lets `git http-backend` answer, over CGI (RFC 3875). */
async function answerAsGit(root: string, request: RecordedRequest): Promise<OriginAnswer> {
  const [path = "", query = ""] = request.target.split("?");
  const header = (name: string) =>
    request.headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? "";
  const { bytes } = await runProgram("git", ["http-backend"], {
    env: {
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      REMOTE_USER: "agent",
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header("content-type"),
      CONTENT_LENGTH: String(request.body.length),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      GIT_PROTOCOL: header("git-protocol"),
    },
    stdin: request.body,
  });
  const text = new TextDecoder("latin1").decode(bytes);
  const end = text.indexOf("\r\n\r\n");
  const headers = Object.fromEntries(
    text.slice(0, end).split("\r\n").map((line) => line.split(": ", 2) as [string, string]),
  );
  const status = Number(/^\d+/.exec(headers["Status"] ?? "")?.[0] ?? 200);
  delete headers["Status"];
  return { status, headers, body: bytes.subarray(end + 4) };
}

Deno.test({
  name: `git clones and pushes through the proxy, over HTTP and HTTPS${missing("git")}`,
  ignore: !hasProgram("git") || !HAS_TLS,
  async fn(t) {
    await using root = await temporaryDirectory();
    await using world = await startWorld({ answer: (request) => answerAsGit(root.path, request) });
    const env = {
      ...world.clientEnv,
      HOME: world.directory,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
    };
    const git = async (cwd: string, ...args: readonly string[]) => {
      const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
      assertDone(await runProgram("git", [...identity, ...args], { env, cwd }));
    };
    for (const scheme of SCHEMES) {
      await t.step(scheme, async () => {
        await git(root.path, "init", "-q", "--bare", "-b", "main", `${scheme}.git`);
        const url = world.origins[scheme].url(`/${scheme}.git`);
        const first = join(world.directory, `${scheme}-first`);
        await git(world.directory, "clone", "-q", url, first);
        // Some megabytes that do not compress: more than git sends without chunks.
        const content = new Uint8Array(3_000_000);
        for (let at = 0; at < content.length; at += 65_536) {
          crypto.getRandomValues(content.subarray(at, at + 65_536));
        }
        await Deno.writeFile(join(first, "data.bin"), content);
        await git(first, "add", ".");
        await git(first, "commit", "-q", "-m", "Add data");
        await git(first, "push", "-q", "origin", "HEAD:main");
        const second = join(world.directory, `${scheme}-second`);
        await git(world.directory, "clone", "-q", "-b", "main", url, second);
        const cloned = await Deno.readFile(join(second, "data.bin"));
        // `deepEqual()` takes minutes for so many bytes.
        assert.ok(Buffer.from(cloned).equals(content));
        await world.evidence(`${url}/git-receive-pack`);
      });
    }
  },
});

Deno.test({
  name: `npm installs through the proxy, over HTTP and HTTPS${missing("npm")}`,
  ignore: !hasProgram("npm") || !HAS_TLS,
  async fn(t) {
    await using source = await temporaryDirectory();
    const manifest = { name: "tiny-sample", version: "1.0.0", main: "index.js" };
    await Deno.writeTextFile(join(source.path, "package.json"), JSON.stringify(manifest));
    await Deno.writeTextFile(join(source.path, "index.js"), "module.exports = 'it works';\n");
    assertDone(await runProgram("npm", ["pack", "--silent"], { cwd: source.path }));
    const tarball = await Deno.readFile(join(source.path, "tiny-sample-1.0.0.tgz"));
    await using world = await startWorld({ answer: answerAsRegistry });
    function answerAsRegistry({ target, headers }: RecordedRequest): OriginAnswer {
      if (target.endsWith(".tgz")) return { body: tarball };
      const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? "";
      const scheme = host.endsWith(`:${world.origins.https.port}`) ? "https" : "http";
      const dist = { tarball: `${scheme}://${host}/tiny-sample-1.0.0.tgz` };
      const body = JSON.stringify({
        name: manifest.name,
        "dist-tags": { latest: manifest.version },
        versions: { [manifest.version]: { ...manifest, dist } },
      });
      return { headers: { "content-type": "application/json" }, body };
    }
    for (const scheme of SCHEMES) {
      await t.step(scheme, async () => {
        const cwd = join(world.directory, scheme);
        await Deno.mkdir(cwd);
        await Deno.writeTextFile(join(cwd, "package.json"), "{}");
        const args = ["install", "tiny-sample", "--no-audit", "--no-fund", "--fetch-retries=0"];
        // By name: npm's agent checks certificates for addresses against "localhost".
        const base = `${scheme}://localhost:${world.origins[scheme].port}`;
        const registry = `--registry=${base}/`;
        const cache = `--cache=${join(world.directory, "cache")}-${scheme}`;
        assertDone(
          await runProgram("npm", [...args, registry, cache], { env: world.clientEnv, cwd }),
        );
        const installed = join(cwd, "node_modules/tiny-sample/index.js");
        assert.match(await Deno.readTextFile(installed), /it works/);
        await world.evidence(`${base}/tiny-sample-1.0.0.tgz`);
      });
    }
  },
});

/** A wheel is a zip archive with these files (PEP 427). */
const MAKE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("tiny_sample.py", "works = True\\n")
    info = "tiny_sample-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-sample\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")
`;
const WHEEL = "tiny_sample-1.0-py3-none-any.whl";

Deno.test({
  name: `pip downloads through the proxy, over HTTP and HTTPS${missing("pip")}`,
  ignore: !hasProgram("pip") || !hasProgram("python3") || !HAS_TLS,
  async fn(t) {
    await using source = await temporaryDirectory();
    const path = join(source.path, WHEEL);
    assertDone(await runProgram("python3", ["-c", MAKE_WHEEL, path]));
    const wheel = await Deno.readFile(path);
    await using world = await startWorld({
      answer: ({ target }) =>
        target.endsWith(".whl")
          ? { body: wheel }
          : { headers: { "content-type": "text/html" }, body: `<a href="/${WHEEL}">${WHEEL}</a>` },
    });
    for (const scheme of SCHEMES) {
      await t.step(scheme, async () => {
        const cwd = join(world.directory, scheme);
        await Deno.mkdir(cwd);
        const index = world.origins[scheme].url("/simple/");
        const quiet = ["--disable-pip-version-check", "--no-cache-dir", "--retries", "0"];
        const trusted = scheme === "http" ? ["--trusted-host", "127.0.0.1"] : [];
        const args = ["download", "--no-deps", ...quiet, ...trusted, "--index-url", index];
        const env = { ...world.clientEnv, PIP_CONFIG_FILE: "/dev/null" };
        assertDone(await runProgram("pip", [...args, "tiny-sample"], { env, cwd }));
        assert.deepEqual(await Deno.readFile(join(cwd, WHEEL)), wheel);
        await world.evidence(world.origins[scheme].url(`/${WHEEL}`));
      });
    }
  },
});
