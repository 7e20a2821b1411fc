/**
 * Values ⇄ DER bytes: the part of ITU-T X.690 that a certificate is written in.
 *
 * Every encoder returns one complete element (tag, length, content); larger elements are made by
 * nesting calls. The reader exists to reload the certificate this program wrote and is as strict as
 * the encoder: what it accepts has exactly one encoding.
 *
 * Not here: object identifiers (`oid.ts`), negative integers, REAL, SETs of more than one member,
 * tag numbers above 30, and the indefinite lengths of BER. Certificates of ours need none of them.
 *
 * Invariant: pure. `readElement(encoded)` gives back the tag and content that `element()` was given.
 */

/** One complete DER element, or several in a row. */
export type Der = Uint8Array<ArrayBuffer>;

/** Identifier octets, X.690 §8.1.2: class, constructed bit and tag number in one byte. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** An element as it was read; both arrays are views of the bytes given to the reader. */
export interface DerElement {
  readonly tag: number;
  readonly content: Der;
  /** The whole element, tag and length included. */
  readonly encoded: Der;
}

/** Largest content the reader and the encoder take: what fits four length octets. */
const MAX_CONTENT_BYTES = 0xffff_ffff;

/** Last instant that is written as UTCTime, RFC 5280 §4.1.2.5. */
const FIRST_GENERALIZED_TIME_MS = Date.UTC(2050, 0, 1);
const FIRST_UTC_TIME_MS = Date.UTC(1950, 0, 1);
const FIRST_UNWRITABLE_TIME_MS = Date.UTC(10_000, 0, 1);

const UTC_TIME_REGEXP = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME_REGEXP = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

const textEncoder = new TextEncoder();

/**
 * Encodes one element: `tag`, the length of all `contents` in its shortest form (X.690 §10.1), then
 * the contents in order.
 *
 * @throws {RangeError} when the contents exceed four length octets.
 */
export function element(tag: number, ...contents: readonly Uint8Array[]): Der {
  let contentBytes = 0;
  for (const part of contents) contentBytes += part.length;
  const length = lengthOctets(contentBytes);
  const encoded = new Uint8Array(1 + length.length + contentBytes);
  encoded[0] = tag;
  encoded.set(length, 1);
  let at = 1 + length.length;
  for (const part of contents) {
    encoded.set(part, at);
    at += part.length;
  }
  return encoded;
}

/**
 * Encodes a content length: one octet below 128, else a count and that many octets (X.690 §8.1.3).
 *
 * @throws {RangeError} when `contentBytes` is no integer from 0 to 2³² − 1.
 */
export function lengthOctets(contentBytes: number): Der {
  if (!Number.isInteger(contentBytes) || contentBytes < 0 || contentBytes > MAX_CONTENT_BYTES) {
    throw new RangeError(
      `Cannot encode DER length "${contentBytes}": an integer from 0 to ${MAX_CONTENT_BYTES} is needed`,
    );
  }
  if (contentBytes < 0x80) return Uint8Array.of(contentBytes);
  const octets: number[] = [];
  // Division, not shifts: a shift would take lengths from 2³¹ on for negative.
  for (let rest = contentBytes; rest > 0; rest = Math.floor(rest / 0x100)) {
    octets.unshift(rest % 0x100);
  }
  return Uint8Array.of(0x80 | octets.length, ...octets);
}

/** Encodes a SEQUENCE of elements that are encoded already. */
export function sequence(...elements: readonly Der[]): Der {
  return element(TAG.sequence, ...elements);
}

/** Encodes a SET of one member; more members would have to be sorted (X.690 §11.6). */
export function setOfOne(member: Der): Der {
  return element(TAG.set, member);
}

/** Encodes a BOOLEAN; DER writes true as 0xff (X.690 §11.1). */
export function boolean(value: boolean): Der {
  return element(TAG.boolean, Uint8Array.of(value ? 0xff : 0x00));
}

/**
 * Encodes an INTEGER from its big-endian magnitude. Leading zeros are dropped and one is put back
 * where the highest bit would be read as a minus sign (X.690 §8.3).
 *
 * @throws {RangeError} when `magnitude` is empty.
 */
export function unsignedInteger(magnitude: Uint8Array): Der {
  if (magnitude.length === 0) {
    throw new RangeError(`Cannot encode INTEGER "": at least one octet is needed`);
  }
  let first = 0;
  while (first < magnitude.length - 1 && magnitude[first] === 0) first++;
  const digits = magnitude.subarray(first);
  const sign = digits[0]! >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return element(TAG.integer, sign, digits);
}

/** Encodes an OCTET STRING. */
export function octetString(bytes: Uint8Array): Der {
  return element(TAG.octetString, bytes);
}

/** Encodes a BIT STRING of whole octets: keys and signatures. */
export function bitString(bytes: Uint8Array): Der {
  return element(TAG.bitString, Uint8Array.of(0), bytes);
}

/**
 * Encodes a BIT STRING with named bits, such as KeyUsage: bit 0 is the highest of the first octet,
 * and zero bits at the end are left out (X.690 §11.2.2).
 *
 * @throws {RangeError} when a position is no integer from 0 to 255.
 */
export function namedBits(positions: readonly number[]): Der {
  for (const position of positions) {
    if (!Number.isInteger(position) || position < 0 || position > 0xff) {
      throw new RangeError(`Cannot encode bit "${position}": an integer from 0 to 255 is needed`);
    }
  }
  if (positions.length === 0) return bitString(new Uint8Array(0));
  const bitCount = Math.max(...positions) + 1;
  const octets = new Uint8Array(Math.ceil(bitCount / 8));
  for (const position of positions) octets[position >> 3]! |= 0x80 >> (position & 7);
  return element(TAG.bitString, Uint8Array.of(octets.length * 8 - bitCount), octets);
}

/** Encodes a UTF8String. */
export function utf8String(text: string): Der {
  return element(TAG.utf8String, textEncoder.encode(text));
}

/**
 * Encodes a certificate's time: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
 * Milliseconds are dropped: both forms end at the second.
 *
 * @throws {RangeError} outside the years 1950 to 9999.
 */
export function time(epochMs: number): Der {
  if (!(epochMs >= FIRST_UTC_TIME_MS && epochMs < FIRST_UNWRITABLE_TIME_MS)) {
    throw new RangeError(
      `Cannot encode time "${epochMs}": milliseconds in the years 1950 to 9999 are needed`,
    );
  }
  // 2049-12-31T23:59:59.000Z → 20491231235959Z
  const text = new Date(epochMs).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "") + "Z";
  return epochMs < FIRST_GENERALIZED_TIME_MS
    ? element(TAG.utcTime, textEncoder.encode(text.slice(2)))
    : element(TAG.generalizedTime, textEncoder.encode(text));
}

/** Encodes a context-specific tag around whole elements: `[number] EXPLICIT`, or a constructed IMPLICIT one. */
export function contextConstructed(tagNumber: number, ...elements: readonly Der[]): Der {
  return element(0xa0 | tagNumber, ...elements);
}

/** Encodes a context-specific tag in place of a primitive type's own: `[number] IMPLICIT`. */
export function contextPrimitive(tagNumber: number, content: Uint8Array): Der {
  return element(0x80 | tagNumber, content);
}

/**
 * Reads the one element that `bytes` consists of.
 *
 * @throws {SyntaxError} when it is cut short, not DER, or followed by anything.
 */
export function readElement(bytes: Der): DerElement {
  const read = readFirst(bytes);
  if (read.encoded.length !== bytes.length) {
    throw new SyntaxError(
      `Cannot read DER element: ${bytes.length - read.encoded.length} octets follow its end`,
    );
  }
  return read;
}

/**
 * Reads the elements that a constructed element's content consists of, in order.
 *
 * @throws {SyntaxError} when the last is cut short or any is not DER.
 */
export function readElements(content: Der): readonly DerElement[] {
  const elements: DerElement[] = [];
  let rest = content;
  while (rest.length > 0) {
    const read = readFirst(rest);
    elements.push(read);
    rest = rest.subarray(read.encoded.length);
  }
  return elements;
}

/**
 * Reads an INTEGER's content as its big-endian magnitude, without a sign octet.
 *
 * @throws {SyntaxError} when it is empty, negative, or longer than needed.
 */
export function readUnsignedInteger(content: Der): Der {
  const [first, second] = content;
  if (first === undefined) throw new SyntaxError("Cannot read INTEGER: it has no octets");
  if (first >= 0x80) throw new SyntaxError("Cannot read INTEGER: it is negative");
  if (first !== 0 || second === undefined) return content;
  if (second < 0x80) throw new SyntaxError("Cannot read INTEGER: it has a needless zero octet");
  return content.subarray(1);
}

/**
 * Reads a BIT STRING's content as its octets; bit 0 is the highest of the first.
 *
 * @throws {SyntaxError} when the count of unused bits is wrong or an unused bit is set.
 */
export function readBits(content: Der): Der {
  const [unusedBits] = content;
  const octets = content.subarray(1);
  if (unusedBits === undefined || unusedBits > 7 || (octets.length === 0 && unusedBits > 0)) {
    throw new SyntaxError("Cannot read BIT STRING: its count of unused bits is wrong");
  }
  if (((octets.at(-1) ?? 0) & ((1 << unusedBits) - 1)) !== 0) {
    throw new SyntaxError("Cannot read BIT STRING: an unused bit is set");
  }
  return octets;
}

/**
 * Reads a UTCTime or GeneralizedTime as epoch milliseconds.
 *
 * @throws {SyntaxError} for another tag, a form RFC 5280 §4.1.2.5 does not allow, or no real date.
 */
export function readTime(read: DerElement): number {
  const text = String.fromCharCode(...read.content);
  const match = read.tag === TAG.utcTime
    ? UTC_TIME_REGEXP.exec(text)
    : read.tag === TAG.generalizedTime
    ? GENERALIZED_TIME_REGEXP.exec(text)
    : undefined;
  if (!match) {
    throw new SyntaxError(`Cannot read time "${text}": it is no UTCTime or GeneralizedTime`);
  }
  const [yearOrTwoDigits, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const year = read.tag === TAG.generalizedTime
    ? yearOrTwoDigits
    : yearOrTwoDigits + (yearOrTwoDigits < 50 ? 2000 : 1900);
  const epochMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC carries 30 February over into March: only a real date is written back unchanged.
  const writtenBack = new Date(epochMs).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "") + "Z";
  if (!writtenBack.endsWith(text)) {
    throw new SyntaxError(`Cannot read time "${text}": there is no such date`);
  }
  return epochMs;
}

function readFirst(bytes: Der): DerElement {
  const [tag, firstLengthOctet] = bytes;
  if (tag === undefined || firstLengthOctet === undefined) {
    throw new SyntaxError("Cannot read DER element: it ends before its length");
  }
  if ((tag & 0x1f) === 0x1f) {
    throw new SyntaxError("Cannot read DER element: tag numbers above 30 are not supported");
  }
  const { headBytes, contentBytes } = readLength(bytes, firstLengthOctet);
  const end = headBytes + contentBytes;
  if (end > bytes.length) {
    throw new SyntaxError(
      `Cannot read DER element: ${bytes.length} of its ${end} octets are there`,
    );
  }
  return { tag, content: bytes.subarray(headBytes, end), encoded: bytes.subarray(0, end) };
}

function readLength(
  bytes: Der,
  firstLengthOctet: number,
): { readonly headBytes: number; readonly contentBytes: number } {
  if (firstLengthOctet < 0x80) return { headBytes: 2, contentBytes: firstLengthOctet };
  const octetCount = firstLengthOctet & 0x7f;
  const octets = bytes.subarray(2, 2 + octetCount);
  if (octetCount === 0 || octetCount > 4 || octets.length < octetCount) {
    throw new SyntaxError(
      "Cannot read DER element: its length is indefinite, too long or cut short",
    );
  }
  let contentBytes = 0;
  for (const octet of octets) contentBytes = contentBytes * 0x100 + octet;
  if (contentBytes < 0x80 || octets[0] === 0) {
    throw new SyntaxError("Cannot read DER element: its length is not in the shortest form");
  }
  return { headBytes: 2 + octetCount, contentBytes };
}
