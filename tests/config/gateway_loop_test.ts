import assert from "node:assert/strict";
import { ConfigError, resolveConfig } from "../../src/config.ts";
import { gatewayLoop } from "../../src/config/gateway_loop.ts";

const CASES: readonly (readonly [reason: string, pairs: readonly string[], loop?: number])[] = [
  ["none", []],
  ["another port", ["127.0.0.1:1=127.0.0.1:2"]],
  ["the same port of another machine", ["127.0.0.1:1=example.com:1"]],
  ["a chain", ["127.0.0.1:1=127.0.0.1:2", "127.0.0.1:2=127.0.0.1:3"]],
  ["any free port", ["127.0.0.1:0=127.0.0.1:1"]],
  ["its own address", ["127.0.0.1:1=127.0.0.1:1"], 0],
  ["its own address by name", ["127.0.0.1:1=LOCALHOST:1"], 0],
  ["another of its addresses", ["0.0.0.0:1=127.0.0.7:1"], 0],
  ["its own address in IPv6", ["[::1]:1=[::1]:1"], 0],
  ["the second", ["127.0.0.1:1=127.0.0.1:9", "127.0.0.1:2=127.0.0.1:2"], 1],
  ["a circle of two", ["127.0.0.1:1=127.0.0.1:2", "127.0.0.1:2=127.0.0.1:1"], 0],
  ["one that leads into a circle", ["a:1=b:2", "b:2=c:3", "c:3=b:2"], 1],
];

for (const [reason, pairs, loop] of CASES) {
  Deno.test(`\`gatewayLoop()\` says ${loop} of: ${reason}`, () => {
    const gateways = pairs.map((pair) => {
      const [listen = "", target = ""] = pair.split("=");
      return { listen, target };
    });
    assert.equal(gatewayLoop(gateways), loop);
  });
}

Deno.test("`resolveConfig()` refuses a gateway whose target is its own address, and says where", () => {
  const text = '{ "gateways": [{ "listen": "127.0.0.1:18790", "target": "localhost:18790" }] }';
  assert.throws(
    () => resolveConfig({ file: { path: "clawsec.jsonc", text } }),
    (error) =>
      error instanceof ConfigError &&
      /"clawsec\.jsonc:1:57": gateways\[0\]\.target is "localhost:18790", must .* lead back/
        .test(error.message),
  );
});
