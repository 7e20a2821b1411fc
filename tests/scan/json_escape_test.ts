/** Backslash escapes of JSON and its kin. */
import assert from "node:assert/strict";
import { JSON_ESCAPE } from "../../src/scan/json_escape.ts";
import { decodeEscapes } from "./decode_escapes.ts";
import { SECRET, testViews } from "./view_cases.ts";

/** Reason, text, what it says. */
const TEXTS: readonly (readonly [string, string, string])[] = [
  ["letters", String.raw`a\nb\tc\"d\\e\/f`, 'a\nb\tc"d\\e/f'],
  ["code units", String.raw`\u0041\u00e9\u4f60`, "A\u00e9\u4f60"],
  ["a surrogate pair", String.raw`\ud83d\ude00`, "\ud83d\ude00"],
  ["braces", String.raw`\u{41}\u{1f600}\u{}`, "A\u{1f600}\\u{}"],
  ["eight digits", String.raw`\U00000041`, "A"],
  ["bytes of UTF-8", String.raw`\xc3\xa9\x41`, "\u00e9A"],
  ["octal digits", String.raw`\101\176\400`, "A~\\400"],
  ["what is none", String.raw`\d\W\uZZZZ\xg1`, "\\d\\W\\uZZZZ\\xg1"],
  ["what is cut short, in each place", String.raw`a\\u00`, "a\\u00"],
  ["a backslash at the end", String.raw`a\u12`, "a \u2026"],
];

for (const [reason, text, said] of TEXTS) {
  Deno.test(`\`JSON_ESCAPE\` reads ${reason}`, () => {
    assert.equal(decodeEscapes(JSON_ESCAPE, text), said);
  });
}

testViews("JSON_ESCAPE", [
  {
    reason: "a secret in a string",
    message: `{"a":"${SECRET.replace("/", "\\/")}"}`,
    encoding: "json",
  },
  {
    reason: "a string in a string",
    message: JSON.stringify(JSON.stringify(SECRET.replace("&", "\\u0026"))),
    encoding: "json>json>json",
  },
  {
    reason: "bytes",
    message: ` ${SECRET.replace("q", "\\x71")} `,
    encoding: "json",
    covered: SECRET.replace("q", "\\x71"),
  },
  { reason: "an escape that isn't one", message: ` ${SECRET.replace("q", "\\q")} ` },
]);
