/** Node's own ways besides `fetch`: the npm packages ws and @grpc/grpc-js, through the proxy they are told of. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { hasProgram } from "../support/has_program.ts";
import { clientScript, hasNodePackages, NODE_PACKAGES } from "../support/node_packages.ts";
import { runProgram } from "../support/run_program.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { startWorld, type World } from "../support/start_world.ts";
import { waitFor } from "../support/wait_for.ts";

const KEY = anthropicKey(17);
const HAS_TLS = hasProgram("openssl");
const missing = (...packages: readonly string[]) =>
  hasNodePackages(...packages) ? "" : ` (skipped: no ${packages.join(", ")})`;

/** Runs a script in Node with the packages; resolves to the JSON it printed. */
async function runScript(world: World, name: string, args: readonly string[]): Promise<unknown> {
  const { directory, clawsec: { caFile, proxyUrl }, certificates: { trusted } } = world;
  const [certFile, keyFile] = [join(directory, "origin.crt"), join(directory, "origin.key")];
  await Deno.writeTextFile(certFile, trusted.certPem);
  await Deno.writeTextFile(keyFile, trusted.keyPem);
  const env = {
    ...world.clientEnv,
    NODE_PATH: `${NODE_PACKAGES}/node_modules`,
    grpc_proxy: proxyUrl,
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: caFile,
  };
  const filled = args.map((arg) => arg === "CERT" ? certFile : arg === "KEY" ? keyFile : arg);
  const { code, stdout, stderr } = await runProgram("node", [clientScript(name), ...filled], {
    env,
  });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

for (const scheme of ["ws", "wss"] as const) {
  const packages = ["ws", "https-proxy-agent"];
  Deno.test({
    name: `ws speaks ${scheme}, compressed, through the proxy${missing(...packages)}`,
    ignore: !hasNodePackages(...packages) || !HAS_TLS,
    async fn() {
      await using world = await startWorld();
      const said = `the key is ${KEY}`;
      const printed = await runScript(world, "websocket_client.cjs", [scheme, "CERT", "KEY", said]);
      assert.deepEqual(printed, {
        answer: `echo ${said}`,
        code: 1000,
        extensions: "permessage-deflate",
      });
      const threats = await waitFor(async () => {
        const threats = await world.clawsec.threats();
        return threats.length >= 2 && threats;
      }, { what: "a threat each way" });
      const kinds = threats.map(({ direction, protocol, pattern }) =>
        `${direction} ${protocol} ${pattern}`
      );
      assert.ok(kinds.includes(`outbound ${scheme} ai_api_key`), kinds.join());
    },
  });
}

Deno.test({
  name: `@grpc/grpc-js calls, streams and fails through the proxy, compressed${
    missing("@grpc/grpc-js")
  }`,
  ignore: !hasNodePackages("@grpc/grpc-js") || !HAS_TLS,
  async fn() {
    await using world = await startWorld();
    const printed = await runScript(world, "grpc_client.cjs", ["CERT", "KEY", KEY]);
    assert.deepEqual(printed, {
      said: `heard ${KEY.length + 1 + 15 * 9_000}`,
      counted: ["number 1", "number 2", "number 3"],
      chatted: ["re: hello", "re: good "],
      failed: [5, "no such thing"],
    });
    const { record, threats } = await world.evidence("/sample.Echo/Say");
    assert.equal(record.intercepted, true);
    const places = threats.map(({ pattern, location }) => `${pattern} ${location}`);
    assert.ok(places.includes("ai_api_key header:x-api-key"), places.join());
    assert.ok(places.some((place) => /^ai_api_key .*grpc/.test(place)), places.join());
  },
});
