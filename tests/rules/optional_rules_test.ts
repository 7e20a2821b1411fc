/** Rules that are off by default, and how they come on. */
import assert from "node:assert/strict";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { chooseRules } from "../../src/rules/choose_rules.ts";
import { OPTIONAL_RULES } from "../../src/rules/optional_rules.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { ruleFlaw } from "../../src/scan/rule_flaw.ts";
import { scanText } from "../support/scan_text.ts";

for (const rule of OPTIONAL_RULES) {
  Deno.test(`the optional rule ${rule.id} finds its examples and none of the others`, () => {
    assert.equal(ruleFlaw(rule), undefined);
    assert.ok(!ALL_RULES.some(({ id }) => id === rule.id));
  });
}

Deno.test("the rule payment_card asks for an issuer, a length and a check digit", () => {
  const ruleSet = compileRules(OPTIONAL_RULES);
  const cases: readonly (readonly [string, string, number])[] = [
    ["Visa", "4012888888881881", 1],
    ["Mastercard of the second range", "2223003122003222", 1],
    ["Discover", "6011 1111 1111 1117", 1],
    ["American Express with hyphens", "3714-496353-98431", 1],
    ["a wrong check digit", "4012888888881882", 0],
    ["no issuer's range", "9999999999999995", 0],
    ["groups of mixed separators", "6011 1111-1111 1117", 0],
    ["part of a longer number", "40128888888818810", 0],
    ["a fraction", "0.4012888888881881", 0],
    ["zeros", "4000000000000002", 1],
    ["hardly any digits", "4444444444444448", 0],
  ];
  for (const [reason, text, count] of cases) {
    const found = scanText(ruleSet, `n ${text} n`, { direction: "outbound" });
    assert.equal(found.length, count, reason);
  }
});

Deno.test("`chooseRules()` turns optional rules on by name, and refuses others", () => {
  const userRules = [] as const;
  const on = chooseRules({ enableRules: ["iban"], userRules }).map(({ id }) => id);
  assert.ok(on.includes("iban") && !on.includes("payment_card"));
  assert.equal(chooseRules({ enableRules: [], userRules }).length, ALL_RULES.length);
  assert.throws(() => chooseRules({ enableRules: ["ibann"], userRules }), {
    name: "RangeError",
    message: 'Cannot enable rule "ibann": optional rules are payment_card, iban',
  });
});
