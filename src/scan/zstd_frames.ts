/**
 * The frames of Zstandard (RFC 8878 §3.1) → whether the bytes so far end with a whole one.
 *
 * The decoder says nothing at the end of a body that breaks off within a frame. Reads lengths only and
 * trusts the decoder to refuse what is no frame.
 */

/** First bytes of a frame; skippable ones differ in the lowest four bits. RFC 8878 §3.1.1, §3.1.2. */
const MAGIC = 0xfd2fb528;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const SKIPPABLE_SIZE_BYTES = 4;
const RLE_BLOCK = 1;
/** Sizes of fields by their flags. RFC 8878 §3.1.1.1.1. */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/** What the next bytes are. */
type Field =
  | "magic"
  | "descriptor"
  | "header_rest"
  | "block_header"
  | "block"
  | "checksum"
  | "skippable_size"
  | "skipped";

/** Follows the frames of one body. */
export class ZstdFrames {
  #field: Field = "magic";
  #fieldBytesLeft = MAGIC_BYTES;
  /** The field's bytes so far, little-endian; the last four of a longer one. */
  #value = 0;
  #hasChecksum = false;
  #isLastBlock = false;

  /** Whether no frame is under way. True before the first byte. */
  get isComplete(): boolean {
    return this.#field === "magic" && this.#fieldBytesLeft === MAGIC_BYTES;
  }

  /** Reads the next bytes of the body. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(this.#fieldBytesLeft, bytes.length - at);
      if (this.#field === "block" || this.#field === "skipped") at += count;
      else {for (const to = at + count; at < to; at++) {
          this.#value = readNext(this.#value, bytes[at]!);
        }}
      this.#fieldBytesLeft -= count;
      while (this.#fieldBytesLeft === 0) this.#next();
    }
  }

  #next(): void {
    const value = this.#value;
    this.#value = 0;
    switch (this.#field) {
      case "magic":
        return value === MAGIC
          ? this.#expect("descriptor", 1)
          : this.#expect("skippable_size", SKIPPABLE_SIZE_BYTES);
      case "descriptor": {
        const descriptor = value >>> 24;
        const isSingleSegment = (descriptor & 0x20) !== 0;
        this.#hasChecksum = (descriptor & 0x04) !== 0;
        const contentSize = CONTENT_SIZE_BYTES[descriptor >> 6]!;
        const sizeBytes = isSingleSegment ? Math.max(1, contentSize) : 1 + contentSize;
        return this.#expect("header_rest", DICTIONARY_ID_BYTES[descriptor & 3]! + sizeBytes);
      }
      case "header_rest":
        return this.#expect("block_header", BLOCK_HEADER_BYTES);
      case "block_header": {
        const header = value >>> 8;
        this.#isLastBlock = (header & 1) === 1;
        return this.#expect("block", (header >> 1 & 3) === RLE_BLOCK ? 1 : header >> 3);
      }
      case "block":
        if (!this.#isLastBlock) return this.#expect("block_header", BLOCK_HEADER_BYTES);
        return this.#hasChecksum
          ? this.#expect("checksum", CHECKSUM_BYTES)
          : this.#expect("magic", MAGIC_BYTES);
      case "skippable_size":
        return this.#expect("skipped", value);
      case "checksum":
      case "skipped":
        return this.#expect("magic", MAGIC_BYTES);
      default:
        this.#field satisfies never;
    }
  }

  #expect(field: Field, byteCount: number): void {
    this.#field = field;
    this.#fieldBytesLeft = byteCount;
  }
}

/** Shifts a byte in from the top, so that four of them stand little-endian. */
function readNext(value: number, byte: number): number {
  return (value >>> 8 | byte << 24) >>> 0;
}
