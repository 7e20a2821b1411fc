/** Regexps that people write: which may be run, and that those which may are quick. */
import assert from "node:assert/strict";
import { backtrackingFlaw } from "../../src/scan/backtracking.ts";

const HARMLESS: readonly (readonly [string, RegExp])[] = [
  ["a prefix and an alphabet", /corp-[a-z0-9]{20,80}/],
  ["a bounded gap before a quote", /name[^\n]{0,40}["'](?<secret>[a-z0-9]{20,80})/],
  ["labels that end in a dot", /(?:[a-z]{1,20}\.){1,5}com/],
  ["groups that begin with a hyphen", /key(?:-[a-z0-9]{4,12}){1,4}/],
  ["alternatives that begin differently", /(?:a[0-9]|b[0-9]){1,30}c/],
  ["alternatives of one beginning, few times", /(?:foo|far){1,3}x/],
  ["edges", /(?<![a-z])tok_[a-z]{4,60}(?![a-z])/],
  ["a choice in a lookahead", /tok_[a-z]{4,60}(?![a-z]|[.,][0-9])/],
  ["neighbours that overlap a little", /x\s{0,9}\w{0,9}\s{0,9}y/],
];

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["a repetition in a repetition", /(?:a{1,30}){1,30}b/],
  ["alternatives of one beginning, many times", /(?:a|aa){1,30}b/],
  ["the same alternative twice", /(?:[a-z]|[0-9a-f]){1,64}!/],
  ["many neighbours that overlap", /[a-z]{0,99}[a-z]{0,99}[a-z]{0,99}[a-z]{0,99}!/],
  ["a back-reference", /(a{1,9})b\1/],
  ["a named back-reference", /(?<x>a)\k<x>/],
  ["a repetition in a lookahead", /abc(?=[a-z]{1,9}!)/],
  ["a group in a lookbehind", /(?<!(?:a|b))abc/],
];

for (const [reason, regexp] of HARMLESS) {
  Deno.test(`\`backtrackingFlaw()\` allows ${reason}`, () => {
    assert.equal(backtrackingFlaw(regexp), undefined);
    const texts = ["a", "-", ".", " ", "a.", "-a", "a0"].map((unit) => unit.repeat(500));
    const beginnings = ["", "corp-", "name", "key", "tok_", "x"];
    for (const text of texts) for (const start of beginnings) regexp.test(start + text);
  });
}

for (const [reason, regexp] of REFUSED) {
  Deno.test(`\`backtrackingFlaw()\` refuses ${reason}`, () => {
    assert.match(backtrackingFlaw(regexp) ?? "", /^it (?:can|has|refers)/);
  });
}

Deno.test("`backtrackingFlaw()` reads escapes for what they are", () => {
  assert.equal(backtrackingFlaw(/a\\1b/), undefined, "a backslash and a digit");
  assert.equal(backtrackingFlaw(/\(?=[a-z]{1,9}/), undefined, "a parenthesis that may be missing");
});
