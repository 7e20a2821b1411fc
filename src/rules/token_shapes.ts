/** Names the alphabets and lengths that keys are made of, as regular expression sources. */

/** `n` hexadecimal digits; issuers write them small, people copy them in capitals. */
export function hex(length: number): string {
  return `(?:[0-9a-f]{${length}}|[0-9A-F]{${length}})`;
}

/** Small letters and digits. */
export function lower(length: number): string {
  return `[a-z0-9]{${length}}`;
}

/** Capitals and digits. */
export function upper(length: number): string {
  return `[A-Z0-9]{${length}}`;
}

/** Letters and digits: base 62. */
export function alnum(length: number, maxLength: number = length): string {
  return `[A-Za-z0-9]{${length === maxLength ? length : `${length},${maxLength}`}}`;
}

/** Letters, digits, `_` and `-`: base64url. */
export function word(length: number, maxLength: number = length): string {
  return `[A-Za-z0-9_-]{${length === maxLength ? length : `${length},${maxLength}`}}`;
}

/** RFC 9562 §4, either case. */
export const UUID =
  "(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}|[a-z0-9-]{36})";

/** RFC 7519 §3.1: header, claims, signature. A payload over 1,500 bytes is no API key. */
export const JWT = "ey[A-Za-z0-9_-]{16,200}\\.ey[A-Za-z0-9_-]{16,1500}\\.[A-Za-z0-9_-]{16,700}";

/** Lengths that random base-62 or hexadecimal keys have in practice. */
const COMMON_LENGTHS = [20, 22, 24, 30, 32, 36, 40, 43, 48, 50, 56, 60, 64, 80, 96, 128] as const;

/** A key of a vendor that does not say what its keys look like. */
export const COMMON_KEY = [
  ...COMMON_LENGTHS.map((length) => `[A-Za-z0-9]{${length}}`),
  UUID,
].join("|");
