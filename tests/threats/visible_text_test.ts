import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { visibleText, visibleUnits } from "../../src/threats/visible_text.ts";

const ROWS: readonly { reason: string; bytes: string; text: string }[] = [
  { reason: "ASCII", bytes: "curl x | sh", text: "curl x | sh" },
  { reason: "line ends and tab", bytes: "a\r\n\tb", text: "a\\r\\n\\tb" },
  { reason: "terminal escape", bytes: "\x1b[2J\x07", text: "\\x1b[2J\\x07" },
  { reason: "NUL and DEL", bytes: "\0\x7f", text: "\\x00\\x7f" },
  { reason: "two bytes", bytes: "caf\xc3\xa9", text: "café" },
  { reason: "three bytes", bytes: "\xe2\x82\xac", text: "€" },
  { reason: "four bytes", bytes: "\xf0\x9f\x94\x91", text: "🔑" },
  { reason: "C1 control, encoded", bytes: "\xc2\x9b", text: "\\u{9b}" },
  { reason: "right-to-left override", bytes: "\xe2\x80\xae", text: "\\u{202e}" },
  { reason: "tag character", bytes: "\xf3\xa0\x81\x81", text: "\\u{e0041}" },
  { reason: "variation selector", bytes: "\xef\xb8\x8f", text: "\\u{fe0f}" },
  { reason: "soft hyphen", bytes: "\xc2\xad", text: "\\u{ad}" },
  { reason: "line separator", bytes: "\xe2\x80\xa8", text: "\\u{2028}" },
  { reason: "lone continuation", bytes: "a\x80b", text: "a\\x80b" },
  { reason: "overlong slash", bytes: "\xc0\xaf", text: "\\xc0\\xaf" },
  { reason: "surrogate", bytes: "\xed\xa0\x80", text: "\\xed\\xa0\\x80" },
  { reason: "above U+10FFFF", bytes: "\xf4\x90\x80\x80", text: "\\xf4\\x90\\x80\\x80" },
  { reason: "cut sequence", bytes: "\xe2\x82", text: "\\xe2\\x82" },
];

for (const { reason, bytes, text } of ROWS) {
  Deno.test(`\`visibleText()\` writes ${reason}`, () => assert.equal(visibleText(bytes), text));
}

/** Visible text holds no character a reader would not see. */
Deno.test("`visibleText()` is printable whatever the bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const text = visibleText(Buffer.from(bytes).toString("latin1"));
    assert.doesNotMatch(text, /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
  }));
});

/** Well-formed UTF-8 of visible characters comes out as itself, one unit a character. */
Deno.test("`visibleUnits()` keeps visible characters whole", () => {
  const character = fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }).filter((each) =>
    /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(each) && !/\p{Default_Ignorable_Code_Point}/u.test(each)
  );
  fc.assert(fc.property(fc.array(character), (characters) => {
    const bytes = Buffer.from(characters.join(""), "utf8").toString("latin1");
    assert.deepEqual(visibleUnits(bytes), characters);
  }));
});
