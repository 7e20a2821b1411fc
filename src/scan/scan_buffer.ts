/**
 * The bytes that are scanned next, laid out in a kernel's memory: what is left of the stream before,
 * then the new piece, with room to read over both edges. Before them stand a prefilter's tables.
 *
 * One buffer serves all scanners of a program: scanning is synchronous, and nothing in it outlives a call.
 */
import { copyBytes } from "./copy_bytes.ts";
import { createScanKernel, growMemory, KERNEL_ROOM_AFTER } from "./scan_kernel.ts";

/** Bytes before the first one that may be read, whatever they hold. */
export const BUFFER_START = 4;

/** A buffer that grows with what is loaded into it. */
export class ScanBuffer {
  readonly kernel = createScanKernel();
  /** Loaded bytes begin at `BUFFER_START`. Made anew when the buffer grows or takes tables. */
  bytes: Uint8Array;
  /** The whole memory, tables included, four bytes at a time. */
  words: Int32Array;
  /** Whose tables stand in the memory. */
  #owner: object | undefined;

  constructor() {
    const { buffer } = this.kernel.memory;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
  }

  /**
   * Replaces the contents by the first `headLength` bytes of `head` and by `rest`; returns the index
   * after the last byte.
   */
  load(head: Uint8Array, rest: Uint8Array, headLength = head.length): number {
    const end = BUFFER_START + headLength + rest.length;
    if (end + KERNEL_ROOM_AFTER > this.bytes.length) this.#layOut(this.bytes.byteOffset, end);
    copyBytes(head, this.bytes, { from: 0, to: headLength, at: BUFFER_START });
    this.bytes.set(rest, BUFFER_START + headLength);
    return end;
  }

  /** Copies the bytes from index `from` to `to` to the beginning of `target`. */
  save(target: Uint8Array, from: number, to: number): void {
    copyBytes(this.bytes, target, { from, to, at: 0 });
  }

  /** Puts tables before the bytes, unless they stand there: `tables`, and room up to `tableBytes`. */
  holdTables(owner: object, tables: Uint8Array, tableBytes: number): void {
    if (this.#owner === owner) return;
    this.#owner = owner;
    const loaded = this.bytes.slice();
    this.#layOut(tableBytes, loaded.length);
    this.bytes.set(loaded);
    new Uint8Array(this.bytes.buffer).set(tables);
  }

  /** Has the bytes begin at an address, with room for `end` of them. */
  #layOut(address: number, end: number): void {
    const { memory } = this.kernel;
    growMemory(memory, address + end + KERNEL_ROOM_AFTER);
    this.bytes = new Uint8Array(memory.buffer, address);
    this.words = new Int32Array(memory.buffer);
  }
}
