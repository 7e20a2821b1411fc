/**
 * One pass over the bytes that finds the anchors of every rule at once.
 *
 * At each byte the three that stand there are looked up, without regard to case, in a table of
 * fingerprints; each anchor has left one, of its rarest neighbours. An entry says which bytes may come
 * fourth, so that thousands of anchors let few places pass. Those are compared with the anchors
 * themselves. So the cost of a byte hardly depends on how many anchors there are. Plain JavaScript on
 * words of four bytes: the same loop in WebAssembly measured a third faster, which wasn't worth its
 * weight. Skipping (Wu-Manber, two bytes a step) doesn't pay: many anchors have three or four bytes.
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

const SLOT_BYTES = 3;
/** Slots of the table, four bytes each: 256 KB, which a near cache holds; 3,500 anchors fill a twentieth. */
const TABLE_BITS = 16;
/** An entry of the table that lets every fourth byte pass. */
const ANY_BYTE = -1;
/**
 * Knuth's multiplier, moved up by a byte: the product loses the word's fourth byte, and no two words
 * of three bytes have the same one.
 */
const MULTIPLIER = 0x3779b100;
/** Makes ASCII letters lower case, and some other bytes equal that the comparison tells apart. */
const FOLD = 0x20202020;
/** Frequent bytes of JSON, HTML and English, the most frequent first. */
const COMMON_BYTES = ` etasnoirl"cpdhu./,\nm-fg>0<:b1=yv2w354678k9_'x;)({}jqz`;

/** Words of source code, HTML, JSON and English: what they are made of says little. */
const COMMON_WORDS = [
  `<div class="text-align: center"> <li><a href="https://www.github.com/content/index.html">`,
  `<span style="width: height: color: background: font-size: border: margin: position: display`,
  ` the this that with from and you your have which when what will should would other more about`,
  ` file document object group string path utils form version internal require config browser`,
  ` source user name link line comment table lock check local python javascript package response`,
  ` call token request model function return const import export default type error false true null`,
  ` undefined params base64 aaaa 0000 sign view build under agent part render server service system`,
  ` create description properties parameter message output input value number image encoding json`,
  ` date time update status language application/json test data process thread method struct trace`,
  ` parse compile install project module component generation repository address account information`,
  ` jump tomorrow pack back block being listening working network testing output leaf under- order-`,
  ` format estimated light collection access author crypto printing simple close normal all these`,
  ` must just word here where image specific buffer gradient connection cloud form web path/ token_`,
].join("").toLowerCase();
const COMMON_QUADS: ReadonlySet<string> = new Set(
  Array.from({ length: COMMON_WORDS.length }, (_, index) => COMMON_WORDS.slice(index, index + 4)),
);
/** How much rarer by its letters a common quad must be to be preferred. */
const COMMON_QUAD_PENALTY = 1e5;

/** By byte how rare it is: rank in `COMMON_BYTES`, the first 2. */
const RANKS = Float64Array.from({ length: 256 }, (_, byte) => {
  const rank = COMMON_BYTES.indexOf(String.fromCharCode(byte));
  return (rank < 0 ? COMMON_BYTES.length : rank) + 2;
});

/** `A` to `Z` as `a` to `z`, other bytes as they are. */
const LOWER = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
);

/** What anchors left in the table, by fingerprint: numbers side by side, those of a slot in a row. */
class Fingerprints {
  readonly anchors: Int32Array;
  /** Where in the anchor the fingerprint stands. */
  readonly offsets: Int32Array;
  /** Where the anchor's bytes begin in `bytes`, and how many they are. */
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** Of all anchors. */
  readonly bytes: Uint8Array;
  /** By slot list, its first fingerprint; one more at the end. */
  readonly lists: Int32Array;

  /** `lists`: the anchors of each slot list; `offsets`: by anchor. */
  constructor(
    anchors: readonly Uint8Array[],
    offsets: readonly number[],
    lists: readonly (readonly number[])[],
  ) {
    this.bytes = Uint8Array.from(anchors.flatMap((bytes) => [...bytes]));
    const startOf: number[] = [];
    anchors.reduce((start, { length }, anchor) => (startOf[anchor] = start) + length, 0);
    const inOrder = lists.flat();
    this.anchors = Int32Array.from(inOrder);
    this.offsets = Int32Array.from(inOrder, (anchor) => offsets[anchor]!);
    this.starts = Int32Array.from(inOrder, (anchor) => startOf[anchor]!);
    this.lengths = Int32Array.from(inOrder, (anchor) => anchors[anchor]!.length);
    let first = 0;
    this.lists = Int32Array.from([...lists, []], ({ length }) => (first += length) - length);
  }
}

/** The anchors of a rule set, ready to be looked for. */
export class Prefilter {
  /** The longest anchor, bytes. */
  readonly maxAnchorBytes: number;
  readonly #anchors: readonly Uint8Array[];
  /** By slot, one bit for each value of a fourth byte's lower five bits, which have no case. */
  readonly #fourths = new Int32Array(1 << TABLE_BITS);
  /** By slot, the number of its list in `#fingerprints`; 0 is the empty one. */
  readonly #lists = new Uint16Array(1 << TABLE_BITS);
  readonly #fingerprints: Fingerprints;
  /** The words in which something was found, by index. */
  #suspects = new Int32Array(0);
  #hits = { count: 0, anchors: new Int32Array(256), positions: new Int32Array(256) };

  /** `anchors` are lower case, three bytes or longer, one character a byte. */
  constructor(anchors: readonly string[]) {
    this.#anchors = anchors.map((text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
    this.maxAnchorBytes = anchors.reduce((max, { length }) => Math.max(max, length), 0);
    const offsets = anchors.map(rarestOffset);
    const lists: number[][] = [[]];
    this.#anchors.forEach((bytes, anchor) => {
      const offset = offsets[anchor]!;
      const slot = slotAt(bytes, offset);
      const fourth = bytes[offset + SLOT_BYTES];
      this.#fourths[slot]! |= fourth === undefined ? ANY_BYTE : 1 << fourth;
      this.#lists[slot] ||= lists.push([]) - 1;
      lists[this.#lists[slot]!]!.push(anchor);
    });
    this.#fingerprints = new Fingerprints(this.#anchors, offsets, lists);
  }

  /**
   * Finds the anchors in a range of the buffer: by their end, of two that end together the longer
   * first. What is returned is valid until the next call.
   */
  scan({ bytes, words }: ScanBuffer, range: PrefilterRange): AnchorHits {
    const { floor, from, to } = range;
    const first = Math.max(floor, from - this.maxAnchorBytes);
    const count = this.#suspectWords(words, first >> 2, (to + 3) >> 2);
    const hits = this.#hits;
    hits.count = 0;
    for (let index = 0; index < count; index++) {
      const at = this.#suspects[index]! << 2;
      for (let offset = 0; offset < 4; offset++) {
        const slot = slotAt(bytes, at + offset);
        if ((this.#fourths[slot]! >>> bytes[at + offset + SLOT_BYTES]! & 1) === 0) continue;
        this.#confirm(bytes, range, { at: at + offset, slot });
      }
    }
    this.#sortHits();
    return hits;
  }

  /** The loop that every byte goes through: lists the words in which a fingerprint begins. */
  #suspectWords(words: Int32Array, from: number, to: number): number {
    if (this.#suspects.length < words.length) this.#suspects = new Int32Array(words.length);
    const suspects = this.#suspects;
    const fourths = this.#fourths;
    let count = 0;
    let word = words[from]!;
    let folded = word | FOLD;
    for (let index = from; index < to; index++) {
      const next = words[index + 1]!;
      const nextFolded = next | FOLD;
      // A shift takes the lower five bits of its count.
      const found =
        fourths[Math.imul(folded, MULTIPLIER) >>> (32 - TABLE_BITS)]! >>> (word >>> 24) |
        fourths[Math.imul(folded >>> 8, MULTIPLIER) >>> (32 - TABLE_BITS)]! >>> next |
        fourths[Math.imul(folded >>> 16 | nextFolded << 16, MULTIPLIER) >>> (32 - TABLE_BITS)]! >>>
          (next >>> 8) |
        fourths[Math.imul(folded >>> 24 | nextFolded << 8, MULTIPLIER) >>> (32 - TABLE_BITS)]! >>>
          (next >>> 16);
      if ((found & 1) !== 0) suspects[count++] = index;
      word = next;
      folded = nextFolded;
    }
    return count;
  }

  #confirm(
    bytes: Uint8Array,
    { floor, from, to }: PrefilterRange,
    { at, slot }: { readonly at: number; readonly slot: number },
  ): void {
    const { anchors, offsets, starts, lengths, bytes: anchorBytes, lists } = this.#fingerprints;
    const list = this.#lists[slot]!;
    const last = lists[list + 1]!;
    for (let index = lists[list]!; index < last; index++) {
      const length = lengths[index]!;
      const start = starts[index]!;
      const position = at - offsets[index]!;
      // Its two ends first: most places are ruled out there.
      if (LOWER[bytes[position + length - 1]!] !== anchorBytes[start + length - 1]) continue;
      if (LOWER[bytes[position]!] !== anchorBytes[start]) continue;
      const end = position + length;
      if (position < floor || end > to || end <= from) continue;
      let same = 1;
      while (same < length && LOWER[bytes[position + same]!] === anchorBytes[start + same]) same++;
      if (same === length) this.#hit(anchors[index]!, position);
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

/** Returns where the bytes that stand in the table are taken from: four, where there are four. */
function rarestOffset(anchor: string): number {
  const length = Math.min(anchor.length, SLOT_BYTES + 1);
  let best = 0;
  let bestRarity = 0;
  for (let offset = 0; offset + length <= anchor.length; offset++) {
    const isCommon = COMMON_QUADS.has(anchor.slice(offset, offset + length));
    let rarity = isCommon ? 1 / COMMON_QUAD_PENALTY : 1;
    for (let at = offset; at < offset + length; at++) rarity *= RANKS[anchor.charCodeAt(at)]!;
    if (rarity > bestRarity) [best, bestRarity] = [offset, rarity];
  }
  return best;
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
