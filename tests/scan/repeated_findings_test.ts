/** One thing found in several views is one finding. */
import assert from "node:assert/strict";
import type { Finding } from "../../src/scan/finding.ts";
import { RepeatedFindings } from "../../src/scan/repeated_findings.ts";
import { SAMPLE_RULES } from "./sample_rules.ts";

function finding(start: number, end: number, over: Partial<Finding> = {}): Finding {
  const [rule] = SAMPLE_RULES;
  const secret = "s";
  return {
    rule: rule!,
    severity: "high",
    start,
    end,
    match: secret,
    secret,
    secretStart: 0,
    before: "",
    after: "",
    ...over,
  };
}

Deno.test("`RepeatedFindings` keeps the first of findings that overlap, whenever they come", () => {
  const repeated = new RepeatedFindings();
  const first = finding(10, 20);
  assert.deepEqual(repeated.fresh([first]), [first]);
  assert.deepEqual(repeated.fresh([finding(12, 30, { encoding: "json" })]), []);
  assert.deepEqual(repeated.fresh([finding(25, 40)]), [], "the second one widened it");
});

Deno.test("`RepeatedFindings` keeps the plainest of findings that come at once, in stream order", () => {
  const nested = finding(10, 30, { encoding: "json>base64" });
  const plain = finding(12, 20);
  const other = finding(5, 15, { secret: "other" });
  assert.deepEqual(new RepeatedFindings().fresh([nested, plain, other]), [other, plain]);
});

Deno.test("`RepeatedFindings` keeps another rule, another secret and another place", () => {
  const all = [
    finding(10, 20),
    finding(10, 20, { rule: SAMPLE_RULES[1]! }),
    finding(10, 20, { secret: "t" }),
    finding(20, 30),
  ];
  assert.deepEqual(new RepeatedFindings().fresh(all), all);
});

Deno.test("`RepeatedFindings` forgets the oldest of very many", () => {
  const repeated = new RepeatedFindings();
  for (let at = 0; at < 1_000; at++) {
    assert.equal(repeated.fresh([finding(at, at + 1, { secret: String(at) })]).length, 1);
  }
  assert.equal(repeated.fresh([finding(999, 1_000, { secret: "999" })]).length, 0);
  assert.equal(repeated.fresh([finding(0, 1, { secret: "0" })]).length, 1);
});
