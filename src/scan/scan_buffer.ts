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

  /**
   * Replaces the contents by the first `headLength` bytes of `head` and by `rest`; returns the index
   * after the last byte.
   */
  load(head: Uint8Array, rest: Uint8Array, headLength = head.length): number {
    const end = BUFFER_START + headLength + rest.length;
    if (end + ROOM_AFTER > this.bytes.length) this.#grow(end + ROOM_AFTER);
    copy(head, this.bytes, { from: 0, to: headLength, at: BUFFER_START });
    this.bytes.set(rest, BUFFER_START + headLength);
    return end;
  }

  /** Copies the bytes from index `from` to `to` to the beginning of `target`. */
  save(target: Uint8Array, from: number, to: number): void {
    copy(this.bytes, target, { from, to, at: 0 });
  }

  #grow(neededBytes: number): void {
    const buffer = new ArrayBuffer(2 ** Math.ceil(Math.log2(neededBytes)));
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
  }
}

interface CopyRange {
  readonly from: number;
  readonly to: number;
  /** Where the first byte goes. */
  readonly at: number;
}

/** A view on the source costs as much as copying so many bytes one by one. */
const FEW_BYTES = 256;

function copy(source: Uint8Array, target: Uint8Array, { from, to, at }: CopyRange): void {
  if (to - from > FEW_BYTES) {
    target.set(source.subarray(from, to), at);
    return;
  }
  for (let index = from; index < to; index++) target[at + index - from] = source[index]!;
}
