/** Names the alphabets and lengths that keys are made of, as regular expression sources. */

/** `n` hexadecimal digits, in either case. */
export function hex(length: number): string {
  return `[0-9a-fA-F]{${length}}`;
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

/** RFC 9562 §4; some issuers use more letters than the six. */
export const UUID = "[A-Za-z0-9]{8}(?:-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}";

/** RFC 7519 §3.1: header, claims, signature. A payload over 1,500 bytes is no API key. */
export const JWT = "ey[A-Za-z0-9_-]{16,200}\\.ey[A-Za-z0-9_-]{16,1500}\\.[A-Za-z0-9_-]{16,700}";

/**
 * A key of a vendor that does not say what its keys look like. Of the lengths in between few are
 * used, but an expression that tells them apart costs the scanner sixteen times the states.
 */
export const COMMON_KEY = `[A-Za-z0-9]{20,128}|${UUID}`;

/** Lengths that random base-62 or hexadecimal keys have in practice; of a UUID, too. */
export const COMMON_KEY_LENGTHS: ReadonlySet<number> = new Set([
  ...[20, 22, 24, 30, 32, 36, 40, 43],
  ...[48, 50, 56, 60, 64, 80, 96, 128],
]);
