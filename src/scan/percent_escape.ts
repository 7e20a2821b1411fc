/**
 * Percent-encoding (RFC 3986 §2.1) and the form encoding of WHATWG URL §5 → bytes.
 *
 * `+` is a space wherever percent-encoded text stands: a literal plus is written `%2B` there.
 * `%uXXXX` (JavaScript's `escape()`) is a character.
 */
import { HEX_VALUES } from "./encoding_alphabets.ts";
import { ESCAPE_CUT_SHORT, type EscapeKind, NOT_AN_ESCAPE } from "./escape_view.ts";

const PLUS = 0x2b;
const LETTER_U = 0x75;

/** Decodes percent-encoding; where it stands, `+` too. */
export const PERCENT_ESCAPE: EscapeKind = {
  name: "percent",
  lead: 0x25, // %
  decode(bytes, at, to, sink) {
    if (at + 1 >= to) return ESCAPE_CUT_SHORT;
    const isLong = bytes[at + 1] === LETTER_U;
    const first = at + (isLong ? 2 : 1);
    const last = first + (isLong ? 4 : 2);
    let value = 0;
    for (let index = first; index < last; index++) {
      if (index >= to) return ESCAPE_CUT_SHORT;
      const digit = HEX_VALUES[bytes[index]!]!;
      if (digit > 15) return NOT_AN_ESCAPE;
      value = value * 16 + digit;
    }
    if (isLong) sink.putCodePoint(value);
    else sink.put(value);
    return last - at;
  },
  substitute: { byte: PLUS, by: 0x20 },
};
