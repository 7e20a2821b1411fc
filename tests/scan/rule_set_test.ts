/** A rule that breaks its contract is refused at start-up, by its name and with the reason. */
import assert from "node:assert/strict";
import type { Rule } from "../../src/scan/rule.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanText } from "../support/scan_text.ts";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { SAMPLE_RULES, sampleRule } from "./sample_rules.ts";

const SOUND = sampleRule({ id: "bad", anchors: ["abc"], regexp: /abcd?/, maxLength: 4 });

const FLAWS: readonly (readonly [name: string, change: Partial<Rule>, reason: RegExp])[] = [
  ["an id with capitals", { id: "Bad" }, /"Bad": its id is not snake_case/],
  ["an unknown severity", { severity: "grave" as Rule["severity"] }, /severity "grave" is unknown/],
  ["no direction", { directions: [] }, /no direction/],
  ["no length", { maxLength: 0 }, /maxLength 0 is not a positive integer/],
  ["half a length", { maxLength: 4.5 }, /maxLength 4.5 is not a positive integer/],
  ["a global regexp", { regexp: /abc/g }, /flags "g"/],
  ["a unicode regexp", { regexp: /abc/u }, /flags "u"/],
  ["no anchor", { anchors: [] }, /no anchor/],
  ["a short anchor", { anchors: ["ab"] }, /anchor "ab" is shorter than 3 bytes/],
  ["an anchor with capitals", { anchors: ["ABC"] }, /anchor "ABC" is not lower case/],
  ["an anchor of wide characters", { anchors: ["ab\u20ac"] }, /not one character a byte/],
  ["a regexp of the empty text", { regexp: /(?:abc)?/ }, /matches the empty text/],
  ["a regexp without a limit", { regexp: /abc+/ }, /matches without a limit, its maxLength is 4/],
  ["a match beyond the length", { regexp: /abcde/ }, /matches up to 5 bytes, its maxLength is 4/],
  ["a far look ahead", { regexp: /abc(?=.{0,2000}d)/ }, /looks more than 1024 bytes/],
  ["a match without an anchor", { regexp: /abc|xyz/ }, /matches "xyz", which has none/],
  ["an anchor that may be left out", { regexp: /(?:abc)?d/ }, /matches "d", which has none/],
  ["a regexp that is not analysed", { regexp: /\1(abc)/ }, /Cannot analyse/],
];

for (const [name, change, reason] of FLAWS) {
  Deno.test(`\`compileRules()\` refuses ${name}`, () => {
    assert.throws(() => compileRules([...SAMPLE_RULES, { ...SOUND, ...change }]), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, reason);
      assert.match(error.message, /^Cannot compile rule "bad"/i);
      return true;
    });
  });
}

Deno.test("`compileRules()` refuses an id that is used twice", () => {
  assert.throws(() => compileRules([SOUND, SOUND]), /rule "bad": its id is used twice/);
});

Deno.test("`compileRules()` takes what a lookbehind makes unreachable for no flaw", () => {
  const regexp = /(?<=abc)(?<!abc)xyz|abc/;
  assert.doesNotThrow(() => compileRules([{ ...SOUND, regexp }]));
});

Deno.test("`compileRules()` without rules finds nothing", () => {
  assert.deepEqual(scanText(compileRules([]), "abc", { direction: "inbound" }), []);
});

Deno.test("`compileRules()` applies a rule in its own directions only", () => {
  const rules = compileRules([{ ...SOUND, directions: ["inbound"] }]);
  assert.equal(scanText(rules, "abcd", { direction: "inbound" }).length, 1);
  assert.equal(scanText(rules, "abcd", { direction: "outbound" }).length, 0);
});

Deno.test("`compileRules()` takes every rule there is", () => {
  assert.equal(compileRules(ALL_RULES).rules.length, ALL_RULES.length);
});
