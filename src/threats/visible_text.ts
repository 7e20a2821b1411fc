/**
 * Bytes as latin1 text → text that is safe to print: valid UTF-8 is decoded, whatever a terminal or a
 * reader would not see as itself (controls, bidirectional overrides, invisible tag characters, broken
 * UTF-8) is written as an escape. A backslash stays as it is: the text is for reading, not for
 * decoding.
 *
 * Invariant: the result holds no control, format or default-ignorable character.
 */

/** One well-formed UTF-8 sequence of two to four bytes (Unicode 16.0, table 3-7), or any byte. */
const UTF8_UNIT_REGEXP =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[^]/g;

/** Nearly every URL: nothing to decode or to escape. */
const PRINTABLE_ASCII_REGEXP = /^[\x20-\x7e]*$/;

const INVISIBLE_REGEXP = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/**
 * Splits latin1 text into printable units: one character each, or one escape (`\n`, `\x1b`,
 * `\u{e0041}`). Joined they are the visible text; a unit is never to be cut.
 */
export function visibleUnits(latin1: string): string[] {
  return (latin1.match(UTF8_UNIT_REGEXP) ?? []).map(visibleUnit);
}

/**
 * Decodes latin1 text for a reader.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(visibleText("caf\xc3\xa9\x1b[31m\xff"), "café\\x1b[31m\\xff");
 * ```
 */
export function visibleText(latin1: string): string {
  return PRINTABLE_ASCII_REGEXP.test(latin1) ? latin1 : visibleUnits(latin1).join("");
}

function visibleUnit(bytes: string): string {
  if (bytes.length === 1 && bytes >= "\x80") return escapeByte(bytes.charCodeAt(0));
  const character = bytes.length === 1 ? bytes : decodeSequence(bytes);
  if (!INVISIBLE_REGEXP.test(character)) return character;
  const short = SHORT_ESCAPES.get(character);
  if (short !== undefined) return short;
  const codePoint = character.codePointAt(0) ?? 0;
  return codePoint < 0x80 ? escapeByte(codePoint) : `\\u{${codePoint.toString(16)}}`;
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

/** Only called with what `UTF8_UNIT_REGEXP` found well-formed. */
function decodeSequence(bytes: string): string {
  const lead = bytes.charCodeAt(0);
  let codePoint = lead & (0x7f >> bytes.length);
  for (let index = 1; index < bytes.length; index++) {
    codePoint = codePoint << 6 | bytes.charCodeAt(index) & 0x3f;
  }
  return String.fromCodePoint(codePoint);
}
