/** Every rule proves itself: its examples are found, its non-examples are not. */
import assert from "node:assert/strict";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { OPTIONAL_RULES } from "../../src/rules/optional_rules.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import type { Rule, RuleMatch, Verdict } from "../../src/scan/rule.ts";

const EVERY_RULE: readonly Rule[] = [...ALL_RULES, ...OPTIONAL_RULES];

/** Runs one rule over a whole text, without a prefilter. */
function firstVerdict(rule: Rule, text: string): Verdict | undefined {
  for (const match of text.matchAll(new RegExp(rule.regexp, rule.regexp.flags + "g"))) {
    const groups = match.groups ?? {};
    const ruleMatch: RuleMatch = {
      text: match[0],
      secret: groups["secret"] ?? match[0],
      groups,
      before: text.slice(Math.max(0, match.index - 64), match.index),
      after: text.slice(match.index + match[0].length).slice(0, 64),
    };
    const verdict = rule.verify?.(ruleMatch) ?? rule.severity;
    if (verdict !== "drop") return verdict;
  }
  return undefined;
}

Deno.test("`ALL_RULES` has unique ids and says of each rule what it finds and who says so", () => {
  const ids = EVERY_RULE.map((rule) => rule.id);
  assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
  for (const rule of EVERY_RULE) {
    assert.match(rule.id, /^[a-z][a-z0-9_]*$/);
    assert.match(rule.description, /^[A-Z].*\.$/, rule.id);
    assert.ok(rule.source.length >= 5, rule.id);
    assert.ok(rule.directions.length > 0, rule.id);
    assert.doesNotMatch(rule.regexp.flags, /[gy]/, rule.id);
  }
});

Deno.test("`ALL_RULES` compiles: each match is bounded and has an anchor", () => {
  assert.equal(compileRules(EVERY_RULE).rules.length, EVERY_RULE.length);
  assert.ok(EVERY_RULE.length >= 250);
});

Deno.test("`ALL_RULES` has anchors of three or more bytes, or two that are not ASCII, in lower case", () => {
  for (const rule of EVERY_RULE) {
    assert.ok(rule.anchors.length > 0, rule.id);
    for (const anchor of rule.anchors) {
      assert.match(anchor, /^[^A-Z]{3,}$|^[\x80-\xff]{2}$/, rule.id);
    }
  }
});

Deno.test("every rule finds its examples, each with an anchor and within `maxLength`", () => {
  for (const rule of EVERY_RULE) {
    assert.ok(rule.examples.length > 0, rule.id);
    for (const example of rule.examples) {
      const verdict = firstVerdict(rule, example);
      assert.ok(verdict !== undefined, `${rule.id} misses ${example}`);
      const found = rule.regexp.exec(example)?.[0] ?? "";
      assert.ok(found.length <= rule.maxLength, `${rule.id}: ${found.length} bytes`);
      // Bytes that are no ASCII letters keep their value.
      const lower = found.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      assert.ok(rule.anchors.some((anchor) => lower.includes(anchor)), `${rule.id}: ${found}`);
    }
  }
});

Deno.test("no rule finds its non-examples above `info`", () => {
  for (const rule of EVERY_RULE) {
    for (const example of rule.nonExamples) {
      const verdict = firstVerdict(rule, example);
      assert.ok(verdict === undefined || verdict === "info", `${rule.id} finds ${example}`);
    }
  }
});
