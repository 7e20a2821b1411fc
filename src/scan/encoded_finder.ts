/**
 * Bytes → where something encoded may stand, told by the kernel, sixteen bytes a step.
 *
 * One kernel serves every message: what is asked about is copied into its memory first. May over-report;
 * those who decode judge what it points at.
 */
import { copyBytes } from "./copy_bytes.ts";
import { BASE64 } from "./digit_coding.ts";
import type { RowLine } from "./digit_row.ts";
import { BASE32_VALUES, HEX_VALUES, NO_DIGIT } from "./encoding_alphabets.ts";
import {
  createScanKernel,
  DIGIT_TABLES,
  growMemory,
  KERNEL_ROOM_AFTER,
  KERNEL_ROOM_BEFORE,
  type ScanKernel,
} from "./scan_kernel.ts";

/** Where the bytes stand, and their neighbours around them. */
const BYTES_AT = (DIGIT_TABLES.end + KERNEL_ROOM_BEFORE + 15) & ~15;
/** Stands around the message: no escape goes on with it. */
const NO_NEIGHBOUR = 1;

/** Looks at one range of bytes at a time. */
export class EncodedFinder {
  readonly #kernel: ScanKernel = createScanKernel();
  #memory: Uint8Array;
  #loads = 0;
  /** What is added to an index to make it an address. */
  #shift = 0;
  #to = 0;

  constructor() {
    this.#memory = new Uint8Array(this.#kernel.memory.buffer);
    const masks = BASE64.textMasks;
    new Int32Array(this.#kernel.memory.buffer, DIGIT_TABLES.masksAt, masks.length).set(masks);
    for (let byte = 0; byte < 256; byte++) {
      const isHex = HEX_VALUES[byte] !== NO_DIGIT;
      const isBase32 = BASE32_VALUES[byte] !== NO_DIGIT;
      this.#memory[DIGIT_TABLES.alphabetsAt + byte] = (isHex ? 1 : 0) | (isBase32 ? 2 : 0);
    }
  }

  /** Takes a range to look at; returns a number by which to know whether it still has it. */
  load(bytes: Uint8Array, { from, to }: RowLine): number {
    const first = Math.max(0, from - KERNEL_ROOM_BEFORE);
    const last = Math.min(bytes.length, to + KERNEL_ROOM_BEFORE + 1);
    const shift = BYTES_AT - from;
    if (growMemory(this.#kernel.memory, shift + to + KERNEL_ROOM_AFTER)) {
      this.#memory = new Uint8Array(this.#kernel.memory.buffer);
    }
    const memory = this.#memory;
    copyBytes(bytes, memory, { from: first, to: last, at: first + shift });
    for (let index = from - KERNEL_ROOM_BEFORE; index < 0; index++) {
      memory[index + shift] = NO_NEIGHBOUR;
    }
    for (let index = last; index < to + KERNEL_ROOM_BEFORE + 1; index++) {
      memory[index + shift] = NO_NEIGHBOUR;
    }
    this.#shift = shift;
    this.#to = to + shift;
    return ++this.#loads;
  }

  /** Whether it has what it took when it returned `load`. */
  has(load: number): boolean {
    return this.#loads === load;
  }

  /**
   * Returns where the first row of digits from `from` on begins that may hold text, may go on in a next
   * line, is long, or ends with the range; or the range's end.
   */
  nextRow(from: number): number {
    return this.#kernel.nextRow(from + this.#shift, this.#to) - this.#shift;
  }

  /**
   * Returns where the first one of ` :,-` stands that two hexadecimal digits follow, and the same byte again
   * three and six bytes on; or the range's end.
   */
  nextPair(from: number): number {
    return this.#kernel.nextPair(from + this.#shift, this.#to) - this.#shift;
  }

  /** Whether an escape, UTF-16 or a row of hexadecimal pairs may stand in the range. */
  holdsMarker(): boolean {
    return this.#kernel.holdsMarker(BYTES_AT, this.#to) !== 0;
  }
}

let shared: EncodedFinder | undefined;

/** Returns the one that all use, by turns; made when first asked for. */
export function encodedFinder(): EncodedFinder {
  return shared ??= new EncodedFinder();
}
