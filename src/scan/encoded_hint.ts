/**
 * A short message → whether anything in it may be encoded.
 *
 * Most messages, and most of what is decoded from others, hold nothing encoded; one pass that knows
 * the beginnings of all encodings says so, and spares them the decoders and their memory.
 *
 * Invariant: may over-report; never says no where a decoder would have decoded something.
 */
import { BASE64 } from "./digit_coding.ts";
import type { RowLine } from "./digit_row.ts";
import { mayBeText } from "./encoded_rows.ts";
import { HEX_VALUES, isEncodingByte } from "./encoding_alphabets.ts";

/** `&` and the semicolon of the longest name of a character. */
const MAX_REFERENCE_BYTES = 9;
const SEMICOLON = 0x3b;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const ZERO = 0x30;
const LETTER_X = 0x78;
const LETTER_U = 0x75;

const DIGIT = 1;
const MARKER = 2;
/** By byte: bit 0, a base64 digit; bit 1, a byte that an escape or a marker may begin or end with. */
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const isMarker = byte >= 0xfe || "\0\\%&= :,-;".includes(String.fromCharCode(byte));
  return (isEncodingByte(byte) ? DIGIT : 0) | (isMarker ? MARKER : 0);
});
/** Bytes that no encoding goes on after. */
const FINAL_BYTES: ReadonlySet<number> = new Set([...'}])".!?>\n'].map((one) => one.charCodeAt(0)));

/** Tells whether what ends with `bytes` is no encoding that bytes to come could complete. */
export function endsPlainly(bytes: Uint8Array): boolean {
  return FINAL_BYTES.has(bytes.at(-1)!);
}

/** Tells whether a decoder would find work in a part of `bytes`, which its neighbours don't prolong. */
export function mayHoldEncoded(
  bytes: Uint8Array,
  { from, to }: RowLine = { from: 0, to: bytes.length },
): boolean {
  let rowFrom = from;
  for (let at = from; at < to; at++) {
    const kind = KINDS[bytes[at]!]!;
    if (kind === DIGIT) continue;
    if (kind >= MARKER && isMarker(bytes, at)) return true;
    if ((kind & DIGIT) !== 0) continue;
    if (at - rowFrom >= BASE64.minDigits && mayBeText(bytes, { from: rowFrom, to: at }, to)) {
      return true;
    }
    rowFrom = at + 1;
  }
  return to - rowFrom >= BASE64.minDigits && mayBeText(bytes, { from: rowFrom, to }, to);
}

/** Whether an escape, UTF-16 or a row of hexadecimal pairs may stand here. */
function isMarker(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at]!;
  const next = bytes[at + 1]!;
  switch (byte) {
    case 0x5c: // backslash
      return true;
    case 0x25: // percent sign
      return next === LETTER_U || isPair(bytes, at + 1);
    case 0x3d: // equals sign
      return next === LINE_FEED || next === CARRIAGE_RETURN || isPair(bytes, at + 1);
    case 0x26: // ampersand
      return isReference(bytes, at);
    case 0x00:
      return bytes[at + 2] === 0;
    case 0xfe:
    case 0xff:
      return true;
    default:
      return (bytes[at + 3] === byte && bytes[at + 6] === byte) ||
        (bytes[at - 4] === ZERO && bytes[at - 3] === LETTER_X);
  }
}

function isPair(bytes: Uint8Array, at: number): boolean {
  return HEX_VALUES[bytes[at]!]! < 16 && HEX_VALUES[bytes[at + 1]!]! < 16;
}

/** Whether a number or a name follows the `&`. */
function isReference(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 1] === 0x23) return true;
  for (let end = at + 1; end < at + MAX_REFERENCE_BYTES; end++) {
    if (bytes[end] === SEMICOLON) return true;
  }
  return false;
}
