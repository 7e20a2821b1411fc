/** The check digits that credential formats carry: CRC-32, Luhn, ISO 7064. No keys, no hashes. */

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Remainders of the reflected polynomial 0xEDB88320, one a byte value. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  return remainder;
});

/** Computes the CRC-32 (IEEE 802.3) of a latin1 text, unsigned. */
export function crc32(text: string): number {
  let remainder = 0xffffffff;
  for (let at = 0; at < text.length; at++) {
    const index = (remainder ^ text.charCodeAt(at)) & 0xff;
    remainder = (remainder >>> 8) ^ (CRC_TABLE[index] ?? 0);
  }
  return (remainder ^ 0xffffffff) >>> 0;
}

/** Writes a whole number in base 62 (digits, capitals, small letters), padded with zeros. */
export function base62(value: number, width: number): string {
  let text = "";
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) {
    text = (BASE62[rest % 62] ?? "") + text;
  }
  return text.padStart(width, "0");
}

/**
 * Checks a token of the form `prefix_` + body + six base-62 digits of the body's CRC-32.
 * Source: GitHub, "Behind GitHub's new authentication token formats" (2021); npm took it over.
 */
export function crc32Base62Holds(token: string): boolean {
  const body = token.slice(token.indexOf("_") + 1, -6);
  return base62(crc32(body), 6) === token.slice(-6);
}

/** Checks a token that ends in eight hexadecimal digits of the CRC-32 of all before its last `_`. */
export function crc32HexHolds(token: string): boolean {
  const cut = token.lastIndexOf("_");
  return crc32(token.slice(0, cut)).toString(16).padStart(8, "0") === token.slice(cut + 1);
}

/** Checks the Luhn digit (ISO/IEC 7812-1 Annex B) of a number; separators are skipped. */
export function luhnHolds(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 0x30;
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return digits.length > 0 && sum % 10 === 0;
}

/** Checks an IBAN's two check digits (ISO 13616, ISO 7064 MOD 97-10); spaces are skipped. */
export function ibanHolds(text: string): boolean {
  const iban = text.replace(/[ -]/g, "").toUpperCase();
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
