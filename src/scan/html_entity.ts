/**
 * Character references of HTML (§13.5 of the HTML standard) → characters.
 *
 * Of the 2,231 named ones only those that stand for ASCII or a space: nobody needs another to write
 * a command or a key. A missing semicolon is allowed after a number, as browsers do.
 */
import { HEX_VALUES } from "./encoding_alphabets.ts";
import { ESCAPE_CUT_SHORT, type EscapeKind, NOT_AN_ESCAPE } from "./escape_view.ts";

const SEMICOLON = 0x3b;
const NUMBER_SIGN = 0x23;
/** `&#x10ffff;` and `&#1114111;` with room for leading zeros. */
const MAX_DIGITS = 10;

const NAMED: ReadonlyMap<string, number> = new Map(
  Object.entries({
    amp: "&",
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    nbsp: " ",
    Tab: "\t",
    NewLine: "\n",
    excl: "!",
    num: "#",
    dollar: "$",
    percnt: "%",
    lpar: "(",
    rpar: ")",
    ast: "*",
    plus: "+",
    comma: ",",
    period: ".",
    sol: "/",
    colon: ":",
    semi: ";",
    equals: "=",
    quest: "?",
    commat: "@",
    lsqb: "[",
    lbrack: "[",
    bsol: "\\",
    rsqb: "]",
    rbrack: "]",
    Hat: "^",
    lowbar: "_",
    grave: "`",
    lcub: "{",
    lbrace: "{",
    verbar: "|",
    vert: "|",
    rcub: "}",
    rbrace: "}",
    hyphen: "-",
    dash: "-",
  }).map(([name, character]) => [name, character.charCodeAt(0)]),
);
/** The longest of the names. */
const MAX_NAME_BYTES = 7;

/** Decodes character references. */
export const HTML_ENTITY: EscapeKind = {
  name: "html",
  lead: 0x26, // &
  decode(bytes, at, to, sink) {
    if (at + 1 >= to) return ESCAPE_CUT_SHORT;
    const first = bytes[at + 1]!;
    if (first !== NUMBER_SIGN && !isLetter(first)) return NOT_AN_ESCAPE;
    const { codePoint, read } = first === NUMBER_SIGN
      ? numeric(bytes, at, to)
      : named(bytes, at, to);
    if (read > 0) sink.putCodePoint(codePoint);
    return read;
  },
};

interface Reference {
  readonly codePoint: number;
  readonly read: number;
}

const NONE: Reference = { codePoint: 0, read: NOT_AN_ESCAPE };
const CUT: Reference = { codePoint: 0, read: ESCAPE_CUT_SHORT };

function named(bytes: Uint8Array, at: number, to: number): Reference {
  let name = "";
  for (let index = at + 1; index <= at + 1 + MAX_NAME_BYTES; index++) {
    if (index >= to) return CUT;
    if (bytes[index] === SEMICOLON) {
      const codePoint = NAMED.get(name);
      return codePoint === undefined ? NONE : { codePoint, read: index + 1 - at };
    }
    name += String.fromCharCode(bytes[index]!);
  }
  return NONE;
}

function isLetter(byte: number): boolean {
  const upper = byte & ~0x20;
  return upper >= 0x41 && upper <= 0x5a;
}

function numeric(bytes: Uint8Array, at: number, to: number): Reference {
  if (at + 2 >= to) return CUT;
  const isHex = (bytes[at + 2]! | 0x20) === 0x78;
  const first = at + (isHex ? 3 : 2);
  const radix = isHex ? 16 : 10;
  let value = 0;
  let index = first;
  for (; index < first + MAX_DIGITS; index++) {
    if (index >= to) return CUT;
    const digit = HEX_VALUES[bytes[index]!]!;
    if (digit >= radix) break;
    value = value * radix + digit;
  }
  if (index === first || value > 0x10ffff) return NONE;
  const semicolon = index < to && bytes[index] === SEMICOLON ? 1 : 0;
  return { codePoint: value, read: index + semicolon - at };
}
