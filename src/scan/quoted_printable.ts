/** Quoted-printable (RFC 2045 §6.7) → bytes: `=3D` is a byte, `=` at the end of a line joins lines. */
import { HEX_VALUES } from "./encoding_alphabets.ts";
import { ESCAPE_CUT_SHORT, type EscapeKind, NOT_AN_ESCAPE } from "./escape_view.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const UPPER_F = 0x46;

/** Decodes quoted-printable. Upper-case digits only, as the RFC wants: `=10` of a URL is rarer so. */
export const QUOTED_PRINTABLE: EscapeKind = {
  name: "quoted-printable",
  lead: 0x3d, // =
  decode(bytes, at, to, sink) {
    if (at + 1 >= to) return ESCAPE_CUT_SHORT;
    const first = bytes[at + 1]!;
    if (first === LINE_FEED) return 2;
    if (first !== CARRIAGE_RETURN && !isDigit(first)) return NOT_AN_ESCAPE;
    if (at + 2 >= to) return ESCAPE_CUT_SHORT;
    const second = bytes[at + 2]!;
    if (first === CARRIAGE_RETURN) return second === LINE_FEED ? 3 : NOT_AN_ESCAPE;
    if (!isDigit(second)) return NOT_AN_ESCAPE;
    sink.put(HEX_VALUES[first]! << 4 | HEX_VALUES[second]!);
    return 3;
  },
};

function isDigit(byte: number): boolean {
  return HEX_VALUES[byte]! < 16 && byte <= UPPER_F;
}
