import assert from "node:assert/strict";
import { type PolicyOptions, takenAction, wantedAction } from "../../src/proxy/policy.ts";
import { SEVERITIES, type Severity } from "../../src/scan/rule.ts";

const BLOCK: PolicyOptions = { mode: "block", blockSeverity: "high", actions: {} };

const CASES: readonly (readonly [
  reason: string,
  pattern: string,
  Severity,
  Partial<PolicyOptions>,
  "log" | "block" | "redact",
])[] = [
  ["below block_severity", "p", "medium", {}, "log"],
  ["at block_severity", "p", "high", {}, "block"],
  ["above block_severity", "p", "critical", {}, "block"],
  ["a lower block_severity", "p", "low", { blockSeverity: "low" }, "block"],
  ["an action for the label", "p", "critical", { actions: { p: "log" } }, "log"],
  ["an action for the severity", "p", "low", { actions: { low: "block" } }, "block"],
  ["the label wins", "p", "low", { actions: { low: "block", p: "redact" } }, "redact"],
  ["another label", "p", "high", { actions: { q: "log" } }, "block"],
  ["info is never stopped, at home or not", "p", "info", { actions: { p: "block" } }, "log"],
  ["nor by its severity", "p", "info", { actions: { info: "block" } }, "log"],
  ["a label that every object has", "constructor", "high", {}, "block"],
];

for (const [reason, pattern, severity, options, expected] of CASES) {
  Deno.test(`\`wantedAction()\`: ${reason} → ${expected}`, () => {
    const settings = { ...BLOCK, ...options };
    assert.equal(wantedAction({ pattern, severity }, settings), expected);
    assert.equal(takenAction({ pattern, severity }, settings), expected);
    const monitor = { ...settings, mode: "monitor" as const };
    assert.equal(wantedAction({ pattern, severity }, monitor), expected);
    assert.equal(takenAction({ pattern, severity }, monitor), "log");
  });
}

Deno.test("a worse severity is never treated milder", () => {
  const rank = { log: 0, redact: 1, block: 2 };
  const actions = SEVERITIES.map((severity) =>
    rank[wantedAction({ pattern: "p", severity }, BLOCK)]
  );
  assert.deepEqual(actions, [...actions].sort());
});
