/** Character references of HTML. */
import assert from "node:assert/strict";
import { HTML_ENTITY } from "../../src/scan/html_entity.ts";
import { decodeEscapes } from "./decode_escapes.ts";
import { SECRET, testViews } from "./view_cases.ts";

/** Reason, text, what it says. */
const TEXTS: readonly (readonly [string, string, string])[] = [
  ["names", String.raw`&lt;a href=&quot;x&quot;&gt; &amp;amp;`, '<a href="x"> &amp;'],
  ["numbers", String.raw`&#65;&#x41;&#X41;&#0000065;`, "AAAA"],
  ["numbers without a semicolon", String.raw`&#65 &#x41-`, "A A-"],
  ["other planes", String.raw`&#128512;`, "\ud83d\ude00"],
  [
    "what is none",
    String.raw`a && b &unknown; &; &#; &#xg; &#x110000;`,
    "a && b &unknown; &; &#; &#xg; &#x110000;",
  ],
  ["a name that is cut short", String.raw`a&am`, "a \u2026"],
  ["a number that is cut short", String.raw`a&#6`, "a \u2026"],
];

for (const [reason, text, said] of TEXTS) {
  Deno.test(`\`HTML_ENTITY\` reads ${reason}`, () => {
    assert.equal(decodeEscapes(HTML_ENTITY, text), said);
  });
}

testViews("HTML_ENTITY", [
  {
    reason: "a secret",
    message: `<b>${SECRET.replace("&", "&amp;")}</b>`,
    encoding: "html",
    covered: SECRET.replace("&", "&amp;"),
  },
  {
    reason: "a secret in numbers",
    message: `<b>${SECRET.replace(/[^]/g, (c) => `&#${c.charCodeAt(0)};`)}</b>`,
    encoding: "html",
  },
  { reason: "a name nobody knows", message: ` ${SECRET.replace("&", "&ampersand;")} ` },
]);
