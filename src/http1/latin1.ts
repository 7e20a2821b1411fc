/**
 * Bytes ⇄ text where one character stands for one byte (ISO 8859-1), the encoding of heads.
 *
 * Not `TextDecoder("latin1")`: by the Encoding Standard that label means windows-1252, which
 * turns 0x80 to 0x9f into other characters. Nearly every head is ASCII, and there UTF-8, for which
 * the runtime has a fast path both ways, is the same encoding.
 */

/**
 * Size of the blocks that encoded heads are cut from: allocating a typed array of 460 bytes took
 * 730 ns, a view on a block and `encodeInto()` together 100 ns. A block lives as long as a view.
 */
const BLOCK_BYTES = 32_768;

/** Longer texts get a buffer of their own, so that a block is never wasted on one. */
const MAX_SHARED_BYTES = 4_096;

/** Arguments `String.fromCharCode()` takes at once without exhausting the stack. */
const DECODE_STEP = 8_192;

const REPLACEMENT_REGEXP = /\ufffd/;

const utf8Decoder = new TextDecoder();
const utf8Encoder = new TextEncoder();

let block = new Uint8Array(BLOCK_BYTES);
let blockUsed = 0;

/** Decodes each byte to the character of its value; never fails. */
export function decodeLatin1(bytes: Uint8Array): string {
  const text = utf8Decoder.decode(bytes);
  // A valid multi-byte sequence makes the text shorter, an invalid byte leaves a U+FFFD.
  if (text.length === bytes.length && !REPLACEMENT_REGEXP.test(text)) return text;
  let decoded = "";
  for (let at = 0; at < bytes.length; at += DECODE_STEP) {
    // Not spread: that walks an iterator, and takes four times as long.
    decoded += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, at + DECODE_STEP));
  }
  return decoded;
}

/**
 * Encodes each character to the byte of its value.
 *
 * @throws {TypeError} for a character above U+00FF.
 */
export function encodeLatin1(text: string): Uint8Array {
  const bytes = allocateShared(text.length);
  // Every non-ASCII character takes two bytes or more, so the text fits only if it is ASCII.
  if (utf8Encoder.encodeInto(text, bytes).read === text.length) return bytes;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) {
      throw new TypeError(`Cannot encode character ${i} as latin1: it is above U+00FF`);
    }
    bytes[i] = code;
  }
  return bytes;
}

/** Allocates `length` bytes, small ones as a view on a shared block; their content is undefined. */
export function allocateShared(length: number): Uint8Array {
  if (length > MAX_SHARED_BYTES) return new Uint8Array(length);
  if (blockUsed + length > BLOCK_BYTES) {
    block = new Uint8Array(BLOCK_BYTES);
    blockUsed = 0;
  }
  const bytes = block.subarray(blockUsed, blockUsed + length);
  blockUsed += length;
  return bytes;
}
