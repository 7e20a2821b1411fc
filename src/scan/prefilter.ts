/**
 * One pass over the bytes that finds the anchors of every rule at once.
 *
 * At each byte the four that stand there are looked up, without regard to case, in a filter of
 * fingerprints that a near cache holds; each anchor has left one, of its rarest neighbours. The few places
 * that pass are compared with the anchors themselves. So the cost of a byte hardly depends on how many
 * anchors there are. The loop is the kernel's, sixteen bytes a step.
 * Skipping (Wu-Manber, two bytes a step) doesn't pay: many anchors have three or four bytes.
 *
 * Invariant: wherever an anchor stands, it is reported.
 */
import { type AnchorTables, anchorTables } from "./anchor_tables.ts";
import type { ScanBuffer } from "./scan_buffer.ts";
import { ANCHOR_TABLES } from "./scan_kernel.ts";

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

/** Bytes of a fingerprint, where an anchor has so many. */
const FINGERPRINT_BYTES = 4;
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

/** The anchors of a rule set, ready to be looked for. */
export class Prefilter {
  /** The longest anchor, bytes. */
  readonly maxAnchorBytes: number;
  readonly #lengths: Int32Array;
  readonly #tables: AnchorTables;
  #hits = { count: 0, anchors: new Int32Array(256), positions: new Int32Array(256) };

  /** `anchors` are lower case, three bytes or longer, one character a byte. */
  constructor(anchors: readonly string[]) {
    this.#lengths = Int32Array.from(anchors, ({ length }) => length);
    this.maxAnchorBytes = this.#lengths.reduce((max, length) => Math.max(max, length), 0);
    this.#tables = anchorTables(anchors, anchors.map(rarestOffset));
  }

  /**
   * Finds the anchors in a range of the buffer: by their end, of two that end together the longer
   * first. What is returned is valid until the next call. The buffer's views may be made anew.
   */
  scan(buffer: ScanBuffer, { floor, from, to }: PrefilterRange): AnchorHits {
    const { image, byteLength, hitsAt } = this.#tables;
    buffer.holdTables(this, image, byteLength);
    const { kernel, words, bytes: { byteOffset } } = buffer;
    this.#hits.count = 0;
    let next = Math.max(floor, from - this.maxAnchorBytes);
    while (next < to) {
      const count = kernel.findAnchors(byteOffset, next, to, floor, from, to);
      for (let index = 0; index < count; index++) {
        const hit = (hitsAt >> 2) + 2 * index;
        this.#hit(words[hit]!, words[hit + 1]!);
      }
      next = words[ANCHOR_TABLES.fields.next >> 2]!;
    }
    this.#sortHits();
    return this.#hits;
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
    const endOf = (index: number) => positions[index]! + this.#lengths[anchors[index]!]!;
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

/** Returns where the bytes that stand in the table are taken from: four, where there are four. */
function rarestOffset(anchor: string): number {
  const length = Math.min(anchor.length, FINGERPRINT_BYTES);
  let best = 0;
  let bestRarity = 0;
  for (let offset = 0; offset + length <= anchor.length; offset++) {
    let rarity = 1;
    for (let at = offset; at < offset + length; at++) rarity *= RANKS[anchor.charCodeAt(at)]!;
    if (rarity <= bestRarity) continue;
    if (COMMON_QUADS.has(anchor.slice(offset, offset + length))) rarity /= COMMON_QUAD_PENALTY;
    if (rarity > bestRarity) [best, bestRarity] = [offset, rarity];
  }
  return best;
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
