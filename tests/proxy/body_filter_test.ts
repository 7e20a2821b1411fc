import assert from "node:assert/strict";
import { HoldBack } from "../../src/proxy/hold_back.ts";
import { mayRedact } from "../../src/proxy/body_filter.ts";
import { Tap } from "../../src/proxy/tap.ts";
import { filterFixture, openFilter } from "../support/filter_fixture.ts";

Deno.test("`bodyFilter()` looks on in monitor mode and can stop a body in block mode", async () => {
  using monitoring = await filterFixture({ mode: "monitor" });
  using blocking = await filterFixture({ mode: "block" });
  const [tap, holdBack] = [openFilter(monitoring.proxy), openFilter(blocking.proxy)];
  assert.ok(tap instanceof Tap);
  assert.ok(holdBack instanceof HoldBack);
  tap.close();
  holdBack.close();
});

const REDACTING: readonly (readonly [config: Readonly<Record<string, unknown>>, boolean])[] = [
  [{ mode: "block" }, false],
  [{ mode: "block", actions: { ai_api_key: "log" } }, false],
  [{ mode: "block", actions: { ai_api_key: "redact" } }, true],
  [{ mode: "monitor", actions: { ai_api_key: "redact" } }, false],
];

for (const [config, expected] of REDACTING) {
  Deno.test(`\`mayRedact()\` is ${expected} of ${JSON.stringify(config)}`, async () => {
    using fixture = await filterFixture(config);
    assert.equal(mayRedact(fixture.proxy), expected);
  });
}
