/**
 * The loops that every byte goes through, in WebAssembly (source: scan_kernel.as), each instance
 * with a memory of its own: tables first, then the bytes to look at.
 *
 * Whoever grows the memory makes its views anew: growing detaches them.
 */
import { SCAN_KERNEL_CODE } from "./scan_kernel_code.ts";

/** WebAssembly counts memory in pages. */
const PAGE_BYTES = 65_536;

/** Bytes before and after those asked about that the loops may read, whatever they hold. */
export const KERNEL_ROOM_BEFORE = 8;
export const KERNEL_ROOM_AFTER = 96;

/** What the loops need of the tables of anchors: addresses and sizes, bytes. */
export const ANCHOR_TABLES = {
  /** 32-bit fields at the beginning. */
  fields: { next: 0, entriesAt: 8, hitsAt: 12, maxHits: 16, candidatesAt: 20 },
  slotBits: 15,
  /** By slot a byte, bits for the values of a fourth byte's lower three. */
  filterAt: 1_024,
  /** By a hash of a fingerprint's word, a bit. */
  secondFilterAt: 1_024 + 32_768,
  secondFilterBits: 17,
  /** By slot, 32 bits, the number of its first entry; entry 0 is none. */
  firstEntriesAt: 1_024 + 32_768 + 16_384,
  /** Entries, which anchors' bytes and hits follow. */
  entriesAt: 1_024 + 32_768 + 16_384 + 131_072,
  entryBytes: 24,
  /** Bytes of the text filtered in one go, each of which may become a candidate of 32 bits. */
  chunkBytes: 2_048,
} as const;

/** What the loops need of the tables of digits. */
export const DIGIT_TABLES = {
  /** By place modulo four and byte, 32 bits: the masks of base64's lanes. */
  masksAt: 1_024,
  /** By byte: 1, a hexadecimal digit; 2, one of base32. */
  alphabetsAt: 1_024 + 4_096,
  end: 1_024 + 4_096 + 256,
} as const;

/** The functions of scan_kernel.as; described there. */
interface KernelExports {
  findAnchors(
    bytes: number,
    at: number,
    last: number,
    floor: number,
    from: number,
    to: number,
  ): number;
  nextRow(from: number, to: number): number;
  nextPair(from: number, to: number): number;
  /** 1: yes. */
  holdsMarker(from: number, to: number): number;
}

/** One instance, with its memory. */
export interface ScanKernel extends KernelExports {
  readonly memory: WebAssembly.Memory;
}

let compiled: WebAssembly.Module | undefined;

/** Makes an instance whose memory is one page. */
export function createScanKernel(): ScanKernel {
  compiled ??= new WebAssembly.Module(Uint8Array.fromBase64(SCAN_KERNEL_CODE));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const { findAnchors, nextRow, nextPair, holdsMarker } = exports as unknown as KernelExports;
  return { memory, findAnchors, nextRow, nextPair, holdsMarker };
}

/** Grows the memory to at least `bytes`, and by half at least; true: views are to be made anew. */
export function growMemory(memory: WebAssembly.Memory, bytes: number): boolean {
  const present = memory.buffer.byteLength;
  if (bytes <= present) return false;
  memory.grow(Math.ceil((Math.max(bytes, 1.5 * present) - present) / PAGE_BYTES));
  return true;
}
