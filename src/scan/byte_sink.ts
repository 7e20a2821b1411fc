/** Bytes appended one by one or in blocks → one growing buffer, emptied and used again. */

/** Below it a loop is quicker than the call that copies a block (about 50 ns). */
const SHORT_COPY_BYTES = 24;

/** Taken at the first byte: a sink that stays empty costs nothing. */
const FIRST_BYTES = 2_048;
/** Nothing at all. */
export const NO_BYTES: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** Buffers that emptied sinks gave back, so that each message doesn't take new ones. */
const FREE: Uint8Array<ArrayBuffer>[] = [];
const MAX_FREE = 16;
/** Larger ones aren't kept. */
const MAX_FREE_BYTES = 131_072;

/** A growing row of bytes. Its bound is the caller's: whoever fills it empties it. */
export class ByteSink {
  #bytes: Uint8Array<ArrayBuffer> = NO_BYTES;
  #length = 0;

  /** Bytes that stand in it. */
  get length(): number {
    return this.#length;
  }

  /** The bytes; valid until the next call of another method. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Appends one byte. */
  put(byte: number): void {
    if (this.#length >= this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  /** Appends the bytes `from` to `to` of `source`. */
  append(source: Uint8Array, from: number, to: number): void {
    const count = to - from;
    if (this.#length + count > this.#bytes.length) this.#reserve(count);
    if (count > SHORT_COPY_BYTES) {
      this.#bytes.set(source.subarray(from, to), this.#length);
    } else {
      for (let at = 0; at < count; at++) this.#bytes[this.#length + at] = source[from + at]!;
    }
    this.#length += count;
  }

  /**
   * Appends the bytes `from` to `to` of `source`, but none from the first `stop` on; returns where it
   * stopped. Quicker than a search and a copy where stops are a line apart.
   */
  appendUntil(
    source: Uint8Array,
    { from, to }: { readonly from: number; readonly to: number },
    stop: number,
  ): number {
    if (this.#length + to - from > this.#bytes.length) this.#reserve(to - from);
    const bytes = this.#bytes;
    let length = this.#length;
    let at = from;
    for (; at < to; at++) {
      const byte = source[at]!;
      if (byte === stop) break;
      bytes[length++] = byte;
    }
    this.#length = length;
    return at;
  }

  /** Appends a character as UTF-8; a lone surrogate in the three bytes it would have (WTF-8). */
  putCodePoint(codePoint: number): void {
    if (codePoint < 0x80) return this.put(codePoint);
    if (codePoint < 0x800) {
      this.put(0xc0 | codePoint >> 6);
      return this.put(0x80 | codePoint & 0x3f);
    }
    if (codePoint < 0x10000) {
      this.put(0xe0 | codePoint >> 12);
    } else {
      this.put(0xf0 | codePoint >> 18 & 0x07);
      this.put(0x80 | codePoint >> 12 & 0x3f);
    }
    this.put(0x80 | codePoint >> 6 & 0x3f);
    this.put(0x80 | codePoint & 0x3f);
  }

  /** Puts `by` for every `byte` among the last `count` bytes. */
  replace(count: number, byte: number, by: number): void {
    const last = this.bytes.subarray(this.#length - count);
    for (let at = last.indexOf(byte); at >= 0; at = last.indexOf(byte, at + 1)) last[at] = by;
  }

  /** Empties it; what {@link bytes} returned is another's from now on. */
  clear(): void {
    this.#length = 0;
    const { length } = this.#bytes;
    if (length === 0 || length > MAX_FREE_BYTES || FREE.length === MAX_FREE) return;
    FREE.push(this.#bytes);
    this.#bytes = NO_BYTES;
  }

  #reserve(count: number): void {
    const needed = Math.max(FIRST_BYTES, this.#bytes.length * 2, this.#length + count);
    const free = FREE.pop();
    const grown = free !== undefined && free.length >= needed ? free : new Uint8Array(needed);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
