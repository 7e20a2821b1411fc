/**
 * Backslash escapes → characters: those of JSON (RFC 8259 §7) and their kin in JavaScript, Python,
 * C and shells (`\x72`, `\u{72}`, `\U00000072`, `\162`, `\'`, a backslash that ends the line).
 *
 * An unknown escape (`\d` of a regex, `\W` of a path) is text.
 */
import type { ByteSink } from "./byte_sink.ts";
import { HEX_VALUES } from "./encoding_alphabets.ts";
import { ESCAPE_CUT_SHORT, type EscapeKind, NOT_AN_ESCAPE } from "./escape_view.ts";

const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** `\u{10ffff}` has six digits; more are no character. */
const MAX_BRACED_DIGITS = 6;

/** The byte that a byte after the backslash stands for; 0: not an escape of one byte. */
const SINGLE: Uint8Array = singles();

/** Decodes backslash escapes. */
export const JSON_ESCAPE: EscapeKind = {
  name: "json",
  lead: 0x5c, // backslash
  decode(bytes, at, to, sink) {
    if (at + 1 >= to) return ESCAPE_CUT_SHORT;
    const kind = bytes[at + 1]!;
    if (SINGLE[kind] !== 0) {
      sink.put(SINGLE[kind]!);
      return 2;
    }
    switch (kind) {
      case 0x75: // u
        return bytes[at + 2] === 0x7b && at + 2 < to
          ? decodeBraced(bytes, at, to, sink)
          : decodeUtf16(bytes, at, to, sink);
      case 0x55: // U
        return decodeFixed(bytes, { at, to, digits: 8 }, sink);
      case 0x78: // x
        return decodeByte(bytes, at, to, sink);
      case LINE_FEED:
        return 2;
      case CARRIAGE_RETURN:
        if (at + 2 >= to) return ESCAPE_CUT_SHORT;
        return bytes[at + 2] === LINE_FEED ? 3 : NOT_AN_ESCAPE;
      default:
        return decodeOctal(bytes, at, to, sink);
    }
  },
};

/** `\uXXXX`; a surrogate pair is one character, which is why a high one waits for the low one. */
function decodeUtf16(bytes: Uint8Array, at: number, to: number, sink: ByteSink): number {
  const unit = hexNumber(bytes, at + 2, { to, digits: 4 });
  if (unit < 0) return unit === CUT_SHORT ? ESCAPE_CUT_SHORT : NOT_AN_ESCAPE;
  if (unit >= 0xd800 && unit < 0xdc00) {
    const low = lowSurrogate(bytes, at + 6, to);
    if (low === CUT_SHORT) return ESCAPE_CUT_SHORT;
    if (low >= 0xdc00 && low < 0xe000) {
      sink.putCodePoint(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
      return 12;
    }
  }
  sink.putCodePoint(unit);
  return 6;
}

function lowSurrogate(bytes: Uint8Array, at: number, to: number): number {
  if (at >= to) return CUT_SHORT;
  if (bytes[at] !== BACKSLASH) return NO_NUMBER;
  if (at + 1 >= to) return CUT_SHORT;
  return bytes[at + 1] === 0x75 ? hexNumber(bytes, at + 2, { to, digits: 4 }) : NO_NUMBER;
}

function decodeBraced(bytes: Uint8Array, at: number, to: number, sink: ByteSink): number {
  let value = 0;
  for (let index = at + 3; index <= at + 3 + MAX_BRACED_DIGITS; index++) {
    if (index >= to) return ESCAPE_CUT_SHORT;
    const digit = HEX_VALUES[bytes[index]!]!;
    if (digit > 15) {
      if (bytes[index] !== 0x7d || index === at + 3 || value > 0x10ffff) return NOT_AN_ESCAPE;
      sink.putCodePoint(value);
      return index + 1 - at;
    }
    value = value * 16 + digit;
  }
  return NOT_AN_ESCAPE;
}

function decodeFixed(
  bytes: Uint8Array,
  { at, to, digits }: { readonly at: number; readonly to: number; readonly digits: number },
  sink: ByteSink,
): number {
  const value = hexNumber(bytes, at + 2, { to, digits });
  if (value === CUT_SHORT) return ESCAPE_CUT_SHORT;
  if (value < 0 || value > 0x10ffff) return NOT_AN_ESCAPE;
  sink.putCodePoint(value);
  return 2 + digits;
}

/** `\xHH` is a byte, not a character: UTF-8 is written byte by byte. */
function decodeByte(bytes: Uint8Array, at: number, to: number, sink: ByteSink): number {
  const value = hexNumber(bytes, at + 2, { to, digits: 2 });
  if (value < 0) return value === CUT_SHORT ? ESCAPE_CUT_SHORT : NOT_AN_ESCAPE;
  sink.put(value);
  return 4;
}

/** `\NNN`: three octal digits, as `printf` and C read them. */
function decodeOctal(bytes: Uint8Array, at: number, to: number, sink: ByteSink): number {
  let value = 0;
  for (let index = at + 1; index < at + 4; index++) {
    if (index >= to) return ESCAPE_CUT_SHORT;
    const digit = bytes[index]! - 0x30;
    if (digit < 0 || digit > 7) return NOT_AN_ESCAPE;
    value = value * 8 + digit;
  }
  if (value > 0xff) return NOT_AN_ESCAPE;
  sink.put(value);
  return 4;
}

const NO_NUMBER = -1;
const CUT_SHORT = -2;

function hexNumber(
  bytes: Uint8Array,
  at: number,
  { to, digits }: { readonly to: number; readonly digits: number },
): number {
  let value = 0;
  for (let index = at; index < at + digits; index++) {
    if (index >= to) return CUT_SHORT;
    const digit = HEX_VALUES[bytes[index]!]!;
    if (digit > 15) return NO_NUMBER;
    value = value * 16 + digit;
  }
  return value;
}

function singles(): Uint8Array {
  const table = new Uint8Array(256);
  const meanings: Readonly<Record<string, string>> = {
    n: "\n",
    r: "\r",
    t: "\t",
    b: "\b",
    f: "\f",
    "/": "/",
    "\\": "\\",
    '"': '"',
    "'": "'",
    "`": "`",
    $: "$",
  };
  for (const [letter, meaning] of Object.entries(meanings)) {
    table[letter.charCodeAt(0)] = meaning.charCodeAt(0);
  }
  return table;
}
