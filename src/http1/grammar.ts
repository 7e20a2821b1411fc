/**
 * Every production of HTTP/1.1 this program reads, as a regular expression over text or a table
 * over bytes. Text is latin1: one character stands for one byte.
 *
 * A table holds 1 at each byte the production allows and 0 elsewhere, so that the parsers look at
 * a byte once and never build a string to judge it. RFC numbers stand above each production, and
 * where we differ, the reason.
 */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;

/**
 * `token = 1*tchar` (RFC 9110 §5.6.2): methods, field names, connection options.
 */
export const TOKEN_REGEXP = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
export const TOKEN_BYTES = tableOf(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);

/**
 * `field-value`, inner white space included (RFC 9110 §5.5); also `reason-phrase` (RFC 9112 §4).
 * Stricter than the RFC: it lets a recipient keep control characters other than CR, LF and NUL;
 * no honest sender uses them, and parsers disagree about them.
 */
export const FIELD_VALUE_REGEXP = /^[\t\x20-\x7e\x80-\xff]*$/;
export const FIELD_VALUE_BYTES = tableOf(/[\t\x20-\x7e\x80-\xff]/);

/**
 * `request-target` as far as the request line goes: visible characters (RFC 9112 §3.2).
 * Looser than the RFC: `"<>\^{|}` and the backquote pass, and so do bytes above 0x7f, because
 * clients send them raw in queries and they cut no message in two. The host is held to its own,
 * narrow grammar below.
 */
export const TARGET_REGEXP = /^[\x21-\x7e\x80-\xff]+$/;
export const TARGET_BYTES = tableOf(/[\x21-\x7e\x80-\xff]/);

/** A version that is written correctly, whether or not it is spoken here (RFC 9112 §2.3). */
export const HTTP_VERSION_REGEXP = /HTTP\/[0-9]\.[0-9]\r\n/y;

/**
 * `status-code = 3DIGIT` (RFC 9112 §4). Looser than RFC 9110 §15, which ends at 599: 999 is seen
 * in the wild. Stricter below 100, where an interim answer could not be told from a final one.
 */
export const STATUS_REGEXP = /[1-9][0-9]{2}/y;

/**
 * `Content-Length = 1*DIGIT` (RFC 9110 §8.6). Stricter than the RFC: no leading zero, which some
 * parsers take for octal, and at most 15 digits, which a number holds exactly.
 */
export const CONTENT_LENGTH_REGEXP = /^(?:0|[1-9][0-9]{0,14})$/;

/**
 * `Host = uri-host [ ":" port ]` (RFC 9110 §7.2), shape only: refuses user info, lists, paths and
 * white space. `parseAuthority()` reads the value; the empty one is allowed by RFC 9112 §3.2.
 */
export const HOST_VALUE_REGEXP =
  /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%\-]*)(?::[0-9]*)?$/;

/**
 * `absolute-form` (RFC 9112 §3.2.2): scheme, authority, path with query. A fragment never stands
 * in a request target (RFC 9110 §7.1), so a `#` makes the whole form fail.
 */
export const ABSOLUTE_FORM_REGEXP = /^(https?):\/\/([^/?#]*)([^#]*)$/i;

/**
 * `uri-host [ ":" port ]` (RFC 3986 §3.2): an IPv6 literal in brackets, or a name or IPv4 address.
 * Stricter than the RFC: no percent-encoding, no sub-delims, no IPvFuture, no zone; the port is
 * not empty, has no leading zero and at most five digits.
 */
export const AUTHORITY_REGEXP =
  /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._\-]{1,254}))(?::([1-9][0-9]{0,4}))?$/;

/** Labels of a host name (RFC 1123 §2.1), with the underscore that real hosts use. */
export const HOST_NAME_REGEXP = /^[a-z0-9_\-]{1,63}(?:\.[a-z0-9_\-]{1,63})*$/;

/**
 * A name whose last label is a number: only a dotted quad may be one (WHATWG URL §3.5). System
 * resolvers take `127.1`, `0x7f.1` and `2130706433` for addresses.
 */
export const NUMERIC_HOST_REGEXP = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;

/** `IPv4address` (RFC 3986 §3.2.2): four decimal octets without leading zeros. */
export const IPV4_REGEXP = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;

/** `h16` (RFC 3986 §3.2.2). */
export const H16_REGEXP = /^[0-9a-f]{1,4}$/;

/** The value of `HEXDIG` in either case (RFC 9112 §7.1); 0xff at every other byte. */
export const HEX_DIGIT_VALUES = hexDigitValues();

function tableOf(characterClass: RegExp): Uint8Array {
  return Uint8Array.from(
    { length: 256 },
    (_, byte) => characterClass.test(String.fromCharCode(byte)) ? 1 : 0,
  );
}

function hexDigitValues(): Uint8Array {
  const values = new Uint8Array(256).fill(0xff);
  for (const [value, digit] of [..."0123456789abcdef"].entries()) {
    values[digit.charCodeAt(0)] = value;
    values[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return values;
}
