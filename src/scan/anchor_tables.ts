/**
 * Anchors → the tables in which the kernel looks them up, as they stand in its memory.
 *
 * A fingerprint of four bytes has a slot by its first three; three bytes are one of which any may follow.
 */
import { ANCHOR_TABLES } from "./scan_kernel.ts";

const { fields, slotBits, filterAt, secondFilterAt, secondFilterBits, firstEntriesAt } =
  ANCHOR_TABLES;
const { entriesAt, entryBytes, chunkBytes } = ANCHOR_TABLES;

const SLOT_BYTES = 3;
/**
 * Knuth's multiplier, moved up by a byte: the product loses the word's fourth byte, and no two words
 * of three bytes have the same one.
 */
const MULTIPLIER = 0x3779b100;
/** Makes ASCII letters lower case, and some other bytes equal that the comparison tells apart. */
const FOLD = 0x20202020;
const SECOND_MULTIPLIER = 0x9e3779b1;
/** The mask of a fingerprint of four bytes, and of three. */
const WHOLE = 0xffffffff;
const THREE_BYTES = 0x00ffffff;
/** Hits there is room for, and those of one place beyond. */
const MAX_HITS = 256;
const HIT_BYTES = 8;

/** What is copied into a kernel's memory, from its first byte on. */
export interface AnchorTables {
  readonly image: Uint8Array;
  /** With the room for hits: of each its anchor's number and its index, 32 bits each. */
  readonly byteLength: number;
  readonly hitsAt: number;
}

/** Lays out anchors; `offsets`: by anchor, where in it its fingerprint stands. */
export function anchorTables(
  anchors: readonly string[],
  offsets: readonly number[],
): AnchorTables {
  const words = anchors.map((anchor, index) => wordAt(anchor, offsets[index]!));
  const slots = Map.groupBy(words.keys(), (anchor) => words[anchor]!.slot);
  const bytesAt = entriesAt + entryBytes * (1 + anchors.length);
  const hitsAt = align(bytesAt + anchors.reduce((sum, { length }) => sum + length, 0));
  const longest = Math.max(0, ...slots.values().map(({ length }) => length));
  const candidatesAt = hitsAt + HIT_BYTES * (MAX_HITS + 1 + longest);
  const image = new Uint8Array(hitsAt);
  const fields32 = new Uint32Array(image.buffer);
  fields32[fields.entriesAt >> 2] = entriesAt;
  fields32[fields.hitsAt >> 2] = hitsAt;
  fields32[fields.maxHits >> 2] = MAX_HITS;
  fields32[fields.candidatesAt >> 2] = candidatesAt;
  for (const { slot, fourth, word, mask } of words) {
    image[filterAt + slot]! |= fourth === undefined ? 0xff : 1 << (fourth & 7);
    const bit = Math.imul(mask === WHOLE ? word : word << 8, SECOND_MULTIPLIER) >>>
      (32 - secondFilterBits);
    image[secondFilterAt + (bit >> 3)]! |= 1 << (bit & 7);
  }
  // Entry 0 is no word.
  fields32[entriesAt >> 2] = 1;
  let number = 1;
  let text = bytesAt;
  for (const [slot, ofSlot] of slots) {
    fields32[(firstEntriesAt >> 2) + slot] = number;
    for (const [index, anchor] of ofSlot.entries()) {
      const { word, mask } = words[anchor]!;
      const letters = anchors[anchor]!;
      const entry = (entriesAt + entryBytes * number++) >> 2;
      fields32[entry] = word;
      fields32[entry + 1] = mask;
      fields32[entry + 2] = anchor;
      fields32[entry + 3] = text;
      fields32[entry + 4] = offsets[anchor]! | letters.length << 16;
      fields32[entry + 5] = index + 1 < ofSlot.length ? 1 : 0;
      for (let at = 0; at < letters.length; at++) image[text++] = letters.charCodeAt(at);
    }
  }
  return { image, byteLength: candidatesAt + 4 * (chunkBytes + 16), hitsAt };
}

/** A fingerprint as the kernel reads it. */
interface Fingerprint {
  readonly word: number;
  /** Its bits that count. */
  readonly mask: number;
  readonly slot: number;
  readonly fourth: number | undefined;
}

function wordAt(anchor: string, offset: number): Fingerprint {
  const hasFourth = anchor.length > offset + SLOT_BYTES;
  const mask = hasFourth ? WHOLE : THREE_BYTES;
  let word = 0;
  for (let at = 0; at < SLOT_BYTES + (hasFourth ? 1 : 0); at++) {
    word |= anchor.charCodeAt(offset + at) << 8 * at;
  }
  word |= FOLD & mask;
  const slot = Math.imul(word, MULTIPLIER) >>> (32 - slotBits);
  return { word, mask, slot, fourth: hasFourth ? word >>> 24 : undefined };
}

/** Up to a boundary of eight bytes. */
function align(address: number): number {
  return (address + 7) & ~7;
}
