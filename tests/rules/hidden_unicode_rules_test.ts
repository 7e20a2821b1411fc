import assert from "node:assert/strict";
import { HIDDEN_UNICODE_RULES } from "../../src/rules/hidden_unicode_rules.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanBytes } from "../../src/scan/scanner.ts";

const RULES = compileRules(HIDDEN_UNICODE_RULES);

/** The findings in `text`, which is scanned as UTF-8: rule and severity. */
function found(text: string): string[] {
  return scanBytes(RULES, new TextEncoder().encode(text), { direction: "inbound" })
    .map(({ rule, severity }) => `${rule.id}:${severity}`);
}

const CASES: readonly (readonly [reason: string, text: string, expected: readonly string[]])[] = [
  ["ASCII in the tags block", "hi\u{E0049}\u{E0067}", ["unicode_tags:high"]],
  [
    "a flag of a subdivision",
    "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    [],
  ],
  ["an emoji of several people", "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}", []],
  ["an emoji with a selector", "\u2764\uFE0F", []],
  ["bytes behind an emoji", "\u{1F600}\u{E0158}\u{E0155}\u{E015C}", ["variation_selectors:high"]],
  ["bits in selectors", "a\uFE0E\uFE0F\uFE0E\uFE0E", ["variation_selectors:high"]],
  ["a word cut invisibly", "pass\u200Bword", ["zero_width_in_word:medium"]],
  ["a run", "a \u200B\u200C\u200B\u200C b", ["zero_width_run:medium"]],
  ["a long run", `a ${"\u200B\u200C".repeat(5)} b`, ["zero_width_run:high"]],
  ["what a translation service leaves", "area of \u200B\u200BIT", ["zero_width_run:low"]],
  ["a joiner in Persian", "\u0645\u06CC\u200C\u06A9\u0646\u062F", []],
  ["a byte order mark", "\uFEFFusing System;", []],
  ["a direction override", "photo\u202Egpj.exe", ["bidi_override:high"]],
  ["an override in Hebrew", "\u05D0\u05D1\u202E\u05D2", ["bidi_override:low"]],
  ["an isolate in code", "/*\u2066 admins */", ["bidi_embedding:medium"]],
  ["a domain with a foreign letter", "https://p\u0430ypal.com/", ["look_alike_letters:medium"]],
  ["a spoof of several letters", "go to g\u043E\u043Egle", ["look_alike_letters:medium"]],
  ["a foreign capital at the start", "\u0410pple account", ["look_alike_letters:medium"]],
  ["two languages", "\u043F\u0440\u0438\u0432\u0435\u0442 world", []],
];

for (const [reason, text, expected] of CASES) {
  Deno.test(`the rules of hidden text: ${reason}`, () => {
    assert.deepEqual(found(text), expected);
  });
}

Deno.test("a text full of overrides makes few findings", () => {
  assert.ok(found("\u202E".repeat(6_000)).length < 200);
});
