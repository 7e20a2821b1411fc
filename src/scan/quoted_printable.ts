/** Quoted-printable (RFC 2045 §6.7) → bytes: `=3D` is a byte, `=` at the end of a line joins lines. */
import { HEX_VALUES } from "./encoding_alphabets.ts";
import { ESCAPE_CUT_SHORT, type EscapeKind, NOT_AN_ESCAPE } from "./escape_view.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Decodes quoted-printable. Upper-case digits only, as the RFC wants: `=10` of a URL is rarer so. */
export const QUOTED_PRINTABLE: EscapeKind = {
  name: "quoted-printable",
  marker: /=(?:[0-9A-F]{2}|\r?\n|[0-9A-F\r]?$)/g,
  decode(bytes, at, to, sink) {
    if (at + 1 >= to) return ESCAPE_CUT_SHORT;
    if (bytes[at + 1] === LINE_FEED) return 2;
    if (at + 2 >= to) return ESCAPE_CUT_SHORT;
    if (bytes[at + 1] === CARRIAGE_RETURN) return bytes[at + 2] === LINE_FEED ? 3 : NOT_AN_ESCAPE;
    const high = HEX_VALUES[bytes[at + 1]!]!;
    const low = HEX_VALUES[bytes[at + 2]!]!;
    if (high > 15 || low > 15) return NOT_AN_ESCAPE;
    sink.put(high << 4 | low);
    return 3;
  },
};
