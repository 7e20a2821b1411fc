/**
 * One pass over the bytes that finds the anchors of every rule at once.
 *
 * Every anchor leaves one fingerprint, four of its bytes without regard to case, in a table of
 * 65,536 slots; a position is a candidate when the four bytes there hash to a used slot, and a hit
 * when one of the slot's anchors really stands there. The cost of a byte doesn't depend on the number of anchors.
 *
 * Invariant: a position where an anchor stands is always reported.
 */

/** Receives each hit: the anchor's number and the offset of its first byte, ascending by end. */
export type AnchorSink = (anchor: number, position: number) => void;

interface Slot {
  readonly anchor: number;
  readonly bytes: Uint8Array;
}

const FINGERPRINT_BYTES = 4;
/** Knuth's multiplier: spreads four letters that differ in one bit over the whole table. */
const MULTIPLIER = 0x9e3779b1 | 0;

/** The anchors of a rule set, ready to be looked for. Immutable. */
export class Prefilter {
  /** The longest anchor, bytes. */
  readonly maxAnchorBytes: number;
  readonly #used = new Uint8Array(65_536);
  readonly #slots = new Map<number, Slot[]>();

  /** `anchors` are lower case, three bytes or longer, one character a byte. */
  constructor(anchors: readonly string[]) {
    this.maxAnchorBytes = anchors.reduce((max, anchor) => Math.max(max, anchor.length), 0);
    anchors.forEach((text, anchor) => this.#add(anchor, text));
  }

  /** Reports the anchors that end in `bytes[from, to)` and begin at `floor` or later. */
  scan(
    bytes: Uint8Array,
    { floor, from, to }: { readonly floor: number; readonly from: number; readonly to: number },
    sink: AnchorSink,
  ): void {
    const used = this.#used;
    let word = 0;
    // One byte more than there is: an anchor of three bytes may end the data.
    for (let at = Math.max(floor, from - this.maxAnchorBytes); at <= to; at++) {
      word = (word >>> 8) | ((at < to ? bytes[at]! : 0) << 24);
      const hash = Math.imul(word | 0x20202020, MULTIPLIER) >>> 16;
      if (used[hash] !== 0) this.#confirm(bytes, { floor, from, to }, hash, at - 3, sink);
    }
  }

  #confirm(
    bytes: Uint8Array,
    { floor, from, to }: { readonly floor: number; readonly from: number; readonly to: number },
    hash: number,
    position: number,
    sink: AnchorSink,
  ): void {
    for (const slot of this.#slots.get(hash) ?? []) {
      const end = position + slot.bytes.length;
      if (position < floor || end > to || end <= from) continue;
      if (standsAt(bytes, position, slot.bytes)) sink(slot.anchor, position);
    }
  }

  #add(anchor: number, text: string): void {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const lasts = bytes.length >= FINGERPRINT_BYTES
      ? [bytes[3]!]
      : Array.from({ length: 256 }, (_, byte) => byte);
    const hashes = new Set(lasts.map((last) => {
      const word = bytes[0]! | bytes[1]! << 8 | bytes[2]! << 16 | last << 24;
      return Math.imul(word | 0x20202020, MULTIPLIER) >>> 16;
    }));
    for (const hash of hashes) {
      this.#used[hash] = 1;
      this.#slots.set(hash, [...this.#slots.get(hash) ?? [], { anchor, bytes }]);
    }
  }
}

function standsAt(bytes: Uint8Array, position: number, anchor: Uint8Array): boolean {
  for (let index = 0; index < anchor.length; index++) {
    const byte = bytes[position + index]!;
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (folded !== anchor[index]) return false;
  }
  return true;
}
