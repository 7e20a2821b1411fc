/**
 * One pass over the bytes that finds the anchors of every rule at once.
 *
 * At each byte the three that stand there are looked up, without regard to case, in a table of
 * fingerprints; each anchor has left one, of its three rarest neighbours. What the table knows is
 * compared with the anchor itself. So the cost of a byte doesn't depend on how many anchors there
 * are. Plain JavaScript on words of four bytes: the same loop in WebAssembly measured a third
 * faster, which wasn't worth its weight. Skipping (Wu-Manber, two bytes a step) doesn't pay: a
 * third of the anchors have three or four bytes.
 *
 * Invariant: wherever an anchor stands, it is reported.
 */
import type { ScanBuffer } from "./scan_buffer.ts";

/** Where to look. */
export interface PrefilterRange {
  /** Anchors that begin before aren't reported. */
  readonly floor: number;
  /** Anchors that end at `from` or before aren't reported. */
  readonly from: number;
  /** The index after the last byte. */
  readonly to: number;
}

/** The anchors found by one pass: parallel arrays of which the first `count` elements are valid. */
export interface AnchorHits {
  readonly count: number;
  /** The anchor's number. */
  readonly anchors: Int32Array;
  /** The index of the anchor's first byte. */
  readonly positions: Int32Array;
}

const FINGERPRINT_BYTES = 3;
/** Slots of the table: 64 KB, which a near cache holds; 500 anchors use less than one in a hundred. */
const TABLE_BITS = 16;
/**
 * Knuth's multiplier, moved up by a byte: the product loses the word's fourth byte, and no two words
 * of three bytes have the same one.
 */
const MULTIPLIER = 0x3779b100;
/** Makes ASCII letters lower case, and some other bytes equal that the comparison tells apart. */
const FOLD = 0x20202020;
/** Frequent bytes of JSON, HTML and English, the most frequent first. */
const COMMON_BYTES = ` etasnoirl"cpdhu./,\nm-fg>0<:b1=yv2w354678k9_'x;)({}jqz`;

/** What an anchor left in the table. */
interface Fingerprint {
  readonly anchor: number;
  /** Where in the anchor the three bytes stand. */
  readonly offset: number;
}

/** The anchors of a rule set, ready to be looked for. */
export class Prefilter {
  /** The longest anchor, bytes. */
  readonly maxAnchorBytes: number;
  readonly #anchors: readonly Uint8Array[];
  readonly #used = new Uint8Array(1 << TABLE_BITS);
  readonly #fingerprints = new Map<number, readonly Fingerprint[]>();
  /** The words in which something was found, by index. */
  #suspects = new Int32Array(0);
  #hits = { count: 0, anchors: new Int32Array(256), positions: new Int32Array(256) };

  /** `anchors` are lower case, three bytes or longer, one character a byte. */
  constructor(anchors: readonly string[]) {
    this.#anchors = anchors.map((text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
    this.maxAnchorBytes = Math.max(0, ...anchors.map(({ length }) => length));
    this.#anchors.forEach((bytes, anchor) => {
      const offset = rarestOffset(bytes);
      const slot = slotAt(bytes, offset);
      this.#used[slot] = 1;
      this.#fingerprints.set(slot, [...this.#fingerprints.get(slot) ?? [], { anchor, offset }]);
    });
  }

  /**
   * Finds the anchors in a range of the buffer: by their end, of two that end together the longer
   * first. What is returned is valid until the next call.
   */
  scan({ bytes, words }: ScanBuffer, { floor, from, to }: PrefilterRange): AnchorHits {
    const first = Math.max(floor, from - this.maxAnchorBytes);
    const count = this.#suspectWords(words, first >> 2, (to + 3) >> 2);
    const hits = this.#hits;
    hits.count = 0;
    for (let index = 0; index < count; index++) {
      const at = this.#suspects[index]! << 2;
      for (let offset = 0; offset < 4; offset++) {
        this.#confirm(bytes, { floor, from, to }, at + offset);
      }
    }
    this.#sortHits();
    return hits;
  }

  /** The loop that every byte goes through: lists the words in which a fingerprint begins. */
  #suspectWords(words: Int32Array, from: number, to: number): number {
    if (this.#suspects.length < words.length) this.#suspects = new Int32Array(words.length);
    const suspects = this.#suspects;
    const used = this.#used;
    let count = 0;
    let word = words[from]! | FOLD;
    for (let index = from; index < to; index++) {
      const next = words[index + 1]! | FOLD;
      const found = used[Math.imul(word, MULTIPLIER) >>> (32 - TABLE_BITS)]! |
        used[Math.imul(word >>> 8, MULTIPLIER) >>> (32 - TABLE_BITS)]! |
        used[Math.imul(word >>> 16 | next << 16, MULTIPLIER) >>> (32 - TABLE_BITS)]! |
        used[Math.imul(word >>> 24 | next << 8, MULTIPLIER) >>> (32 - TABLE_BITS)]!;
      if (found !== 0) suspects[count++] = index;
      word = next;
    }
    return count;
  }

  #confirm(bytes: Uint8Array, { floor, from, to }: PrefilterRange, at: number): void {
    const slot = slotAt(bytes, at);
    if (this.#used[slot] === 0) return;
    for (const fingerprint of this.#fingerprints.get(slot)!) {
      const anchor = this.#anchors[fingerprint.anchor]!;
      const position = at - fingerprint.offset;
      const end = position + anchor.length;
      if (position < floor || end > to || end <= from) continue;
      if (standsAt(bytes, position, anchor)) this.#hit(fingerprint.anchor, position);
    }
  }

  #hit(anchor: number, position: number): void {
    const hits = this.#hits;
    if (hits.count === hits.anchors.length) {
      hits.anchors = doubled(hits.anchors);
      hits.positions = doubled(hits.positions);
    }
    hits.anchors[hits.count] = anchor;
    hits.positions[hits.count++] = position;
  }

  /** By insertion: the hits are all but in order. */
  #sortHits(): void {
    const { count, anchors, positions } = this.#hits;
    const endOf = (index: number) => positions[index]! + this.#anchors[anchors[index]!]!.length;
    for (let index = 1; index < count; index++) {
      const anchor = anchors[index]!;
      const position = positions[index]!;
      const end = endOf(index);
      let free = index;
      for (; free > 0; free--) {
        const before = endOf(free - 1);
        if (before < end || (before === end && positions[free - 1]! <= position)) break;
        anchors[free] = anchors[free - 1]!;
        positions[free] = positions[free - 1]!;
      }
      anchors[free] = anchor;
      positions[free] = position;
    }
  }
}

/** Returns the slot of the three bytes at `at`, as the loop over words computes it. */
function slotAt(bytes: Uint8Array, at: number): number {
  const word = FOLD | bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16;
  return Math.imul(word, MULTIPLIER) >>> (32 - TABLE_BITS);
}

function rarestOffset(bytes: Uint8Array): number {
  let best = 0;
  for (let offset = 1; offset + FINGERPRINT_BYTES <= bytes.length; offset++) {
    if (commonness(bytes, offset) < commonness(bytes, best)) best = offset;
  }
  return best;
}

/** Estimates how often the three bytes at `offset` occur; comparable only with itself. */
function commonness(bytes: Uint8Array, offset: number): number {
  return bytes.subarray(offset, offset + FINGERPRINT_BYTES).reduce((product, byte) => {
    const rank = COMMON_BYTES.indexOf(String.fromCharCode(byte));
    return product / (rank < 0 ? COMMON_BYTES.length + 2 : rank + 2);
  }, 1);
}

function standsAt(bytes: Uint8Array, position: number, anchor: Uint8Array): boolean {
  for (let index = 0; index < anchor.length; index++) {
    const byte = bytes[position + index]!;
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (folded !== anchor[index]) return false;
  }
  return true;
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
