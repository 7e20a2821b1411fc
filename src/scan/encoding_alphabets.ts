/** The digits of base64, base32 and hexadecimal: byte → value, and which alphabets hold it. */

/** No digit of the alphabet. */
export const NO_DIGIT = 0xff;

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DECIMAL = "0123456789";

/** Base64 digits; both alphabets of RFC 4648 §4 and §5 at once, so that no choice can be wrong. */
export const BASE64_VALUES: Uint8Array = valuesOf([
  UPPER + UPPER.toLowerCase() + DECIMAL + "+/",
  UPPER + UPPER.toLowerCase() + DECIMAL + "-_",
]);

/** Base32 digits (RFC 4648 §6), upper case: in lower case every long word would be one. */
export const BASE32_VALUES: Uint8Array = valuesOf([UPPER + "234567"]);

/** Hexadecimal digits of either case. */
export const HEX_VALUES: Uint8Array = valuesOf([DECIMAL + "ABCDEF", DECIMAL + "abcdef"]);

/** Tells whether `byte` is a base64 digit; the digits of the other alphabets are too. */
export function isEncodingByte(byte: number): boolean {
  return BASE64_VALUES[byte] !== NO_DIGIT;
}

function valuesOf(alphabets: readonly string[]): Uint8Array {
  const values = new Uint8Array(256).fill(NO_DIGIT);
  for (const alphabet of alphabets) {
    for (let value = 0; value < alphabet.length; value++) {
      values[alphabet.charCodeAt(value)] = value;
    }
  }
  return values;
}
