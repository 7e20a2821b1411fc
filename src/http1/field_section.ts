/**
 * The field lines of a head or trailer section: bytes ⇄ header entries (RFC 9112 §5).
 *
 * Two passes: `findSectionEnd()` looks for the empty line, and only a complete section is parsed,
 * in one walk over its bytes. The text is decoded once and fields are slices of it.
 * Refused, not repaired: white space before the colon, obs-fold, bare CR or LF, NUL and other
 * control characters (RFC 9112 §5.1, §5.2, §2.2).
 */
import { malformed, type Peer, tooLarge } from "./http_error.ts";
import { COLON, CR, FIELD_VALUE_BYTES, HTAB, LF, SP, TOKEN_BYTES } from "./grammar.ts";
import type { HeaderEntry, HeaderList } from "./header_list.ts";

/** A section as found in the queue: `text` is the latin1 of `bytes`, so offsets agree. */
export interface FieldSection {
  /** From the first byte of the head to the end of the empty line. */
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Who sent it. */
  readonly peer: Peer;
  readonly maxFields: number;
}

/**
 * Finds the end of the first empty line: the offset after CR LF CR LF, or `undefined` when more
 * bytes are needed. `from` is where an earlier search stopped; the three bytes before it are looked
 * at again.
 */
export function findSectionEnd(bytes: Uint8Array, from: number): number | undefined {
  // `at` is where the last byte of the four would stand: any byte but CR and LF rules out this
  // place and the next three.
  let at = Math.max(from, 3);
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === CR) {
      at += 1;
    } else if (byte !== LF) {
      at += 4;
    } else if (bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) {
      return at + 1;
    } else {
      at += 2;
    }
  }
  return undefined;
}

/**
 * Refuses an incomplete section early, where waiting cannot mend it: a line feed without its
 * carriage return would otherwise keep the peer waiting for its deadline. Looks at the bytes from
 * `from` on.
 *
 * @throws {HttpError} 400 or 502.
 */
export function refuseBareLineFeed(bytes: Uint8Array, from: number, peer: Peer): void {
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) throw malformedSection(peer, at, "0x0a without 0x0d before it");
  }
}

/**
 * Parses the field lines of `section` from offset `from` to the empty line that ends it.
 *
 * @throws {HttpError} 400, or 431 for too many fields; 502 from an origin.
 */
export function parseFieldLines(section: FieldSection, from: number): HeaderEntry[] {
  const { bytes, text, peer, maxFields } = section;
  const entries: HeaderEntry[] = [];
  let at = from;
  // The walk cannot run past the end: CR is in neither table.
  while (bytes[at] !== CR) {
    const nameStart = at;
    while (TOKEN_BYTES[bytes[at]!] === 1) at++;
    if (bytes[at] !== COLON || at === nameStart) throw nameError(section, nameStart, at);
    const name = text.slice(nameStart, at);
    at++;
    while (bytes[at] === SP || bytes[at] === HTAB) at++;
    const valueStart = at;
    while (FIELD_VALUE_BYTES[bytes[at]!] === 1) at++;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) {
      throw malformedSection(peer, at, `${byteName(bytes[at])} in a field value`);
    }
    let valueEnd = at;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) {
      valueEnd--;
    }
    if (entries.length === maxFields) {
      throw tooLarge(peer, `Cannot parse the fields: there are more than ${maxFields}`);
    }
    entries.push([name, text.slice(valueStart, valueEnd)]);
    at += 2;
  }
  if (at + 2 !== bytes.length) throw malformedSection(peer, at, "0x0d without 0x0a after it");
  return entries;
}

function nameError({ bytes, peer }: FieldSection, start: number, at: number) {
  const byte = bytes[at];
  const isBlank = byte === SP || byte === HTAB;
  if (at === start && isBlank) return malformedSection(peer, at, "a folded line (obs-fold)");
  if (at === start && byte === COLON) return malformedSection(peer, at, "an empty field name");
  if (isBlank) return malformedSection(peer, at, "white space before the colon");
  return malformedSection(peer, at, `${byteName(bytes[at])} in a field name`);
}

/** Makes the error for a broken head or trailer: says the offset and what stands there. */
export function malformedSection(peer: Peer, offset: number, found: string) {
  const what = peer === "client" ? "the client's fields" : "the origin's fields";
  return malformed(peer, `Cannot parse ${what}: offset ${offset} has ${found}`);
}

/** Writes a byte as `0x0d`, for messages. */
export function byteName(byte = 0): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

/** Writes fields as lines that each end in CR LF; the empty line is the caller's. */
export function fieldLines(headers: HeaderList): string {
  let lines = "";
  for (const entry of headers.entries) lines += `${entry[0]}: ${entry[1]}\r\n`;
  return lines;
}
