import assert from "node:assert/strict";
import { WayOut } from "../../src/proxy/way_out.ts";

const NEXT = { kind: "http", host: "proxy.corp", port: 3128, credentials: undefined } as const;

Deno.test("`WayOut` goes through the proxy but where `no_proxy` says so", () => {
  const wayOut = new WayOut({
    upstreamProxy: NEXT,
    noProxy: ["intern.corp", "*.local.corp", "10.0.0.0/8", "dual.corp:8443"],
  });
  const direct: readonly (readonly [host: string, port: number, isDirect: boolean])[] = [
    ["example.com", 443, false],
    ["intern.corp", 443, true],
    ["sub.intern.corp", 443, false],
    ["a.local.corp", 80, true],
    ["10.1.2.3", 80, true],
    ["11.1.2.3", 80, false],
    ["dual.corp", 8_443, true],
    ["dual.corp", 443, false],
  ];
  for (const [host, port, isDirect] of direct) {
    assert.equal(wayOut.to({ host, port }), isDirect ? undefined : NEXT, `${host}:${port}`);
  }
});

Deno.test("`WayOut` goes directly where there is no proxy", () => {
  const wayOut = new WayOut({ upstreamProxy: undefined, noProxy: [] });
  assert.equal(wayOut.to({ host: "example.com", port: 443 }), undefined);
});
