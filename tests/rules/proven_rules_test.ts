import assert from "node:assert/strict";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { OPTIONAL_RULES } from "../../src/rules/optional_rules.ts";
import { PROVEN_RULES } from "../../src/rules/proven_rules.ts";
import type { Finding } from "../../src/scan/finding.ts";
import type { Direction } from "../../src/scan/rule.ts";
import { compileRules, type RuleSet } from "../../src/scan/rule_set.ts";
import { Scanner } from "../../src/scan/scanner.ts";
import { ruleLead, ruleShape } from "../../src/scan/rule_shape.ts";

const rules = [...ALL_RULES, ...OPTIONAL_RULES];

Deno.test("every rule of the project keeps its contract, and is proven", () => {
  for (const rule of rules) {
    assert.doesNotThrow(() => ruleShape(rule), rule.id);
    assert.ok(PROVEN_RULES.has(rule), rule.id);
  }
});

Deno.test("the list of rules with an anchor within their matches is current", () => {
  const inner = rules.map(ruleShape).filter(({ lead }) => lead !== undefined);
  assert.deepEqual(
    inner.map(({ rule }) => rule.id),
    rules.map(({ id }) => id).filter((id) => PROVEN_RULES.innerAnchors.has(id)),
    "INNER_ANCHORS in src/rules/proven_rules.ts has to name these rules",
  );
  for (const { rule, lead } of inner) assert.deepEqual(ruleLead(rule), lead, rule.id);
});

Deno.test("no rule looks further back than is promised", () => {
  const { maxBehind } = PROVEN_RULES;
  const far = rules.map(ruleShape).filter(({ behind }) => behind > maxBehind);
  assert.deepEqual(far.map(({ rule }) => rule.id), []);
});

Deno.test("a rule set of proven rules finds what one of examined rules finds, in pieces too", () => {
  const proven = compileRules(rules, PROVEN_RULES);
  const examined = compileRules(rules);
  const found = (ruleSet: RuleSet, text: string, direction: Direction) => {
    const scanner = new Scanner(ruleSet, { direction });
    const bytes = new TextEncoder().encode(text);
    const findings: Finding[] = [];
    for (let at = 0; at < bytes.length; at += 16) {
      findings.push(...scanner.push(bytes.subarray(at, at + 16)));
    }
    return [...findings, ...scanner.end()].map((
      { rule, start, secret },
    ) => [rule.id, start, secret]);
  };
  let count = 0;
  for (const { examples, directions } of rules) {
    for (const text of examples) {
      for (const direction of directions) {
        const expected = found(examined, text, direction);
        assert.deepEqual(found(proven, text, direction), expected, text);
        count += expected.length;
      }
    }
  }
  assert.ok(count > rules.length);
});

Deno.test("a rule that a person has written is not proven, whatever its id", () => {
  assert.equal(PROVEN_RULES.has({ ...rules[0]! }), false);
});
