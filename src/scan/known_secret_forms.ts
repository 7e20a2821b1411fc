/**
 * A secret's value → the ways it may be written in a message: as it is, base64, hex, percent-encoded,
 * in a JSON string. Pure.
 *
 * Base64 mixes a byte with its neighbours, so that there are three texts for the value, one for each
 * place where it may begin in a group of three bytes. Of each, only the characters that depend on
 * nothing but the value are given (RFC 4648 §4).
 */

/** Of a longer value only the beginning is looked for: whoever sends it sends that too. */
export const MAX_VALUE_BYTES = 512;

/** One way to write a value. */
export interface SecretForm {
  /** `base64`, `hex`, `percent`, `json`; undefined: as it is. */
  readonly encoding: string | undefined;
  readonly bytes: Uint8Array;
}

/** What the unreserved marks of RFC 2396 are, which `encodeURIComponent()` leaves alone. */
const OLD_MARKS_REGEXP = /[!'()*]/g;
const NOT_ASCII_REGEXP = /[^\x20-\x7e]/g;
/** Go's encoding/json escapes these, so that JSON can stand in HTML. */
const HTML_REGEXP = /[<>&]/g;

/** Lists the forms of `value`, each text once, the plain one first. */
export function secretForms(value: string): readonly SecretForm[] {
  const encoder = new TextEncoder();
  const bytes = encoder.encode(value).subarray(0, MAX_VALUE_BYTES);
  // A character that was cut at the end is left out of the texts.
  const text = new TextDecoder().decode(bytes).replace(/\uFFFD$/, "");
  const hex = toHex(bytes);
  const written: readonly (readonly [encoding: string, text: string])[] = [
    ...base64Texts(bytes).map((form) => ["base64", form] as const),
    ["hex", hex],
    ["hex", hex.toUpperCase()],
    ...percentTexts(text).map((form) => ["percent", form] as const),
    ...jsonTexts(text).map((form) => ["json", form] as const),
  ];
  const forms = new Map<string, SecretForm>([[text, { encoding: undefined, bytes }]]);
  for (const [encoding, form] of written) {
    if (!forms.has(form)) forms.set(form, { encoding, bytes: encoder.encode(form) });
  }
  return [...forms.values()];
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** In both alphabets, three places each. */
function base64Texts(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].flatMap((bytesBefore) => {
    const padded = new Uint8Array(bytesBefore + bytes.length);
    padded.set(bytes, bytesBefore);
    const first = Math.ceil(bytesBefore * 8 / 6);
    const end = Math.floor(padded.length * 8 / 6);
    const text = btoa(String.fromCharCode(...padded)).slice(first, end);
    return [text, text.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** As in URLs (RFC 3986 §2.1) and in forms, where a space is `+`; escapes in either case. */
function percentTexts(text: string): readonly string[] {
  const plain = encodeURIComponent(text.toWellFormed());
  const strict = plain.replace(
    OLD_MARKS_REGEXP,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return [plain, strict, strict.replaceAll("%20", "+")].flatMap((form) => [
    form,
    form.replace(/%../g, (escape) => escape.toLowerCase()),
  ]);
}

/** As common writers put it into a JSON string (RFC 8259 §7), without the quotes. */
function jsonTexts(text: string): readonly string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  return [
    plain,
    plain.replaceAll("/", "\\/"),
    plain.replace(HTML_REGEXP, unicodeEscape),
    plain.replace(NOT_ASCII_REGEXP, unicodeEscape),
  ];
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
