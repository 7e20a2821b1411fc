/**
 * Bytes read from a peer and not yet parsed: one growable buffer, filled at its tail, consumed at
 * its head.
 *
 * A socket reads straight into the buffer (`reserve()`, `commit()`), and parsers hand out views of
 * it, so a body byte is not copied on its way through. The price is the one invariant callers must
 * keep: a view is valid until the next `reserve()` or `append()`.
 *
 * The queue has no limit of its own. Whoever fills it parses before reading on, and every parser
 * refuses a head, a chunk line or a trailer section above its limit.
 */

/** First allocation: more than most heads. A connection that waits costs this much. */
const INITIAL_BYTES = 4_096;

/**
 * An empty queue gives its buffer back when it is larger than this, one TLS record, and than two of
 * the reads now asked for: one burst must not cost memory for ever.
 */
const MAX_IDLE_BYTES = 16_384;

const EMPTY = new Uint8Array(0);

/** A first-in, first-out buffer of bytes. */
export class ByteQueue {
  /**
   * How many unread bytes the parser at work has searched in vain, so that its next call goes on
   * there: a head that arrives byte by byte is searched once. Any `take()` or `skip()` clears it.
   */
  scanned = 0;

  #buffer: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;

  /** The number of unread bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Gives all the writable space at the tail, `minBytes` or more; `commit()` says what was filled. */
  reserve(minBytes: number): Uint8Array {
    const length = this.#end - this.#start;
    if (length === 0) {
      this.#start = 0;
      this.#end = 0;
      const kept = Math.max(MAX_IDLE_BYTES, 2 * minBytes);
      if (this.#buffer.length > kept) this.#buffer = EMPTY;
    }
    if (this.#buffer.length - this.#end < minBytes) this.#makeRoom(length, minBytes);
    return this.#buffer.subarray(this.#end);
  }

  /**
   * Marks the first `count` bytes of the reserved space as unread.
   *
   * @throws {RangeError} when more than the reserved space is committed.
   */
  commit(count: number): void {
    if (count < 0 || count > this.#buffer.length - this.#end) {
      const room = this.#buffer.length - this.#end;
      throw new RangeError(`Cannot commit ${count} bytes: ${room} are reserved`);
    }
    this.#end += count;
  }

  /** Copies `bytes` to the tail. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length).set(bytes);
    this.#end += bytes.length;
  }

  /** Views all unread bytes without consuming them. */
  peek(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /**
   * Consumes `count` bytes and views them.
   *
   * @throws {RangeError} when fewer are unread.
   */
  take(count: number): Uint8Array {
    const start = this.#start;
    this.skip(count);
    return this.#buffer.subarray(start, start + count);
  }

  /**
   * Consumes `count` bytes unseen.
   *
   * @throws {RangeError} when fewer are unread.
   */
  skip(count: number): void {
    if (count < 0 || count > this.length) {
      throw new RangeError(`Cannot consume ${count} bytes: ${this.length} are unread`);
    }
    this.#start += count;
    this.scanned = 0;
  }

  #makeRoom(length: number, minBytes: number): void {
    const needed = length + minBytes;
    // Bytes move only when as many were consumed since the last move, otherwise the buffer
    // doubles: either way the cost of all moves together stays linear, even when a caller that
    // always reserves 16 KiB gets one byte a read.
    if (needed <= this.#buffer.length && this.#start >= length) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    } else {
      const grown = new Uint8Array(Math.max(INITIAL_BYTES, needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
    }
    this.#start = 0;
    this.#end = length;
  }
}
