import assert from "node:assert/strict";
import { Coverage, OTHER_HOSTS } from "../../src/proxy/coverage.ts";

const NOTHING = {
  intercepted: 0,
  tunnelled: 0,
  undecodable: 0,
  scannedBytes: 0,
  unscannedBytes: 0,
};

Deno.test("`Coverage` adds up by host and is empty once taken", () => {
  const coverage = new Coverage();
  coverage.add("a.example", { intercepted: 1 });
  coverage.add("a.example", { scannedBytes: 10, undecodable: 1 });
  coverage.add("b.example", { tunnelled: 1, unscannedBytes: 5 });
  assert.deepEqual(coverage.take(), [
    ["a.example", { ...NOTHING, intercepted: 1, scannedBytes: 10, undecodable: 1 }],
    ["b.example", { ...NOTHING, tunnelled: 1, unscannedBytes: 5 }],
  ]);
  assert.deepEqual(coverage.take(), []);
});

Deno.test("`Coverage` names first what was not seen, then what was seen most of", () => {
  const coverage = new Coverage();
  coverage.add("small", { scannedBytes: 1 });
  coverage.add("large", { scannedBytes: 9 });
  coverage.add("blind", { unscannedBytes: 1 });
  assert.deepEqual(coverage.largest(2).map(([host]) => host), ["blind", "large"]);
});

Deno.test("`Coverage` counts hosts beyond its limit together", () => {
  const coverage = new Coverage();
  for (let index = 0; index < 1_010; index++) coverage.add(`h${index}`, { tunnelled: 1 });
  const hosts = new Map(coverage.take());
  assert.equal(hosts.size, 1_001);
  assert.equal(hosts.get(OTHER_HOSTS)?.tunnelled, 10);
});
