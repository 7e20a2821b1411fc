/**
 * The bytes that are scanned next, laid out for the prefilter: what is left of the stream before,
 * then the new piece, on a boundary of four bytes, with room to read over both edges.
 *
 * One buffer serves all scanners of a program: scanning is synchronous, and nothing in it outlives a call.
 */

/** Bytes before the first one that may be read, whatever they hold. */
export const BUFFER_START = 4;
const ROOM_AFTER = 8;

/** A buffer that grows with what is loaded into it. */
export class ScanBuffer {
  /** Loaded bytes begin at `BUFFER_START`. */
  bytes = new Uint8Array(0);
  /** The same bytes, four at a time, in the machine's order. */
  words = new Int32Array(0);

  /** Replaces the contents; returns the index after the last byte. */
  load(head: Uint8Array, rest: Uint8Array): number {
    const end = BUFFER_START + head.length + rest.length;
    if (end + ROOM_AFTER > this.bytes.length) this.#grow(end + ROOM_AFTER);
    this.bytes.set(head, BUFFER_START);
    this.bytes.set(rest, BUFFER_START + head.length);
    return end;
  }

  #grow(neededBytes: number): void {
    const buffer = new ArrayBuffer(2 ** Math.ceil(Math.log2(neededBytes)));
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
  }
}
