/**
 * Base64, base32 and hexadecimal digits → bytes, and where the bytes are text.
 *
 * At which digit encoded text begins isn't known (`/path/c2stYW50…`), so a row of digits can be read
 * in several ways, "lanes": four for base64, eight for base32, two for hexadecimal. In the right one
 * each digit holds bits that are what they are in text, in another by chance only; one look-up a
 * digit tells for four lanes at once. Images, hashes and identifiers are so told apart undecoded.
 *
 * Invariant: text of eight bytes or more is seen, whichever digit it begins at.
 */
import type { ByteSink } from "./byte_sink.ts";
import { BASE32_VALUES, BASE64_VALUES, HEX_VALUES } from "./encoding_alphabets.ts";
import type { UnitRatio } from "./offset_map.ts";

/** Lanes that one counter holds: a byte each. */
const LANES_A_PASS = 4;
/** Rows as short hold nothing but the text. */
const SHORT_ROW_DIGITS = 64;

/** Digits `from` to `to` of a row. */
export interface DigitRange {
  readonly from: number;
  readonly to: number;
}

interface DigitCodingSpec {
  readonly name: string;
  readonly values: Uint8Array;
  readonly bitsPerDigit: number;
  /** Digits that hold whole bytes; a power of two. */
  readonly groupDigits: number;
  /** Digits in a row that look like text by no accident, in a short row and in a long one. */
  readonly textDigits: { readonly short: number; readonly long: number };
}

/** One alphabet. */
export class DigitCoding {
  /** As it stands in a finding's `encoding`. */
  readonly name: string;
  /** Byte → digit, or `NO_DIGIT`. */
  readonly values: Uint8Array;
  /** Digits of a group, and the number of lanes. */
  readonly lanes: number;
  readonly ratio: UnitRatio;
  /** A row of fewer digits holds nothing worth looking at. */
  readonly minDigits: number;
  readonly #bitsPerDigit: number;
  readonly #textDigits: { readonly short: number; readonly long: number };
  /** By pass, place modulo `lanes` and byte: 0xff in each byte whose lane may hold text there. */
  readonly #masks: readonly Int32Array[];

  constructor({ name, values, bitsPerDigit, groupDigits, textDigits }: DigitCodingSpec) {
    this.name = name;
    this.values = values;
    this.lanes = groupDigits;
    this.ratio = { decodedUnit: groupDigits * bitsPerDigit / 8, encodedUnit: groupDigits };
    this.minDigits = textDigits.short;
    this.#bitsPerDigit = bitsPerDigit;
    this.#textDigits = textDigits;
    const passes = Math.ceil(groupDigits / LANES_A_PASS);
    this.#masks = Array.from({ length: passes }, (_, pass) => this.#masksOf(pass * LANES_A_PASS));
  }

  /** By place modulo `lanes` and byte: 0xff in each byte whose lane, of the first four, may hold text. */
  get textMasks(): Int32Array {
    return this.#masks[0]!;
  }

  /**
   * Tells in which lanes text stands: bit n for the lane whose groups begin at places n, n + `lanes`, ….
   * May over-report. `place` is the place in the row of the digit `from`.
   */
  textLanes(digits: Uint8Array, { from, to }: DigitRange, place: number): number {
    const { short, long } = this.#textDigits;
    const needed = to - from <= SHORT_ROW_DIGITS ? short : long;
    let lanes = 0;
    const range = { from, to, place, needed };
    for (let pass = 0; pass < this.#masks.length; pass++) {
      lanes |= this.#textLanesOf(this.#masks[pass]!, digits, range) << pass * LANES_A_PASS;
    }
    return lanes;
  }

  /** Appends what the digits stand for; bits that make no whole byte are dropped. */
  decode(digits: Uint8Array, { from, to }: DigitRange, sink: ByteSink): void {
    const values = this.values;
    const bitsPerDigit = this.#bitsPerDigit;
    let bits = 0;
    let count = 0;
    for (let at = from; at < to; at++) {
      bits = bits << bitsPerDigit | values[digits[at]!]!;
      count += bitsPerDigit;
      if (count < 8) continue;
      count -= 8;
      sink.put(bits >>> count & 0xff);
    }
  }

  #textLanesOf(
    masks: Int32Array,
    digits: Uint8Array,
    { from, to, place, needed }: DigitRange & { readonly place: number; readonly needed: number },
  ): number {
    const group = this.lanes - 1;
    const shift = place - from;
    // Seven bits of each byte count; the eighth is set when the count reaches `needed`.
    const bias = (0x80 - needed) * 0x01010101;
    let counts = 0;
    let reachedAll = 0;
    for (let at = from; at < to; at++) {
      const mask = masks[(at + shift & group) << 8 | digits[at]!]!;
      counts = (counts + 0x01010101) & mask;
      const reached = (counts + bias) & 0x80808080;
      if (reached === 0) continue;
      reachedAll |= reached;
      // Counted on, it would run over into the next lane.
      counts &= ~((reached >>> 7) * 0xff);
    }
    return (reachedAll >>> 7 & 1) | (reachedAll >>> 14 & 2) | (reachedAll >>> 21 & 4) |
      (reachedAll >>> 28 & 8);
  }

  #masksOf(firstLane: number): Int32Array {
    const { lanes, values } = this;
    const masks = new Int32Array(lanes * 256);
    const count = Math.min(LANES_A_PASS, lanes - firstLane);
    for (let place = 0; place < lanes; place++) {
      for (let byte = 0; byte < 256; byte++) {
        let mask = 0;
        for (let lane = 0; lane < count; lane++) {
          const role = (place - firstLane - lane) & (lanes - 1);
          if (this.#mayBeText(values[byte]!, role)) mask |= 0xff << 8 * lane;
        }
        masks[place << 8 | byte] = mask;
      }
    }
    return masks;
  }

  /** Whether a digit may be number `role` of a group that encodes text: its bits of each byte fit. */
  #mayBeText(value: number, role: number): boolean {
    const bitsPerDigit = this.#bitsPerDigit;
    if (value >> bitsPerDigit !== 0) return false;
    const firstBit = role * bitsPerDigit;
    let left = bitsPerDigit;
    while (left > 0) {
      const bit = firstBit + bitsPerDigit - left;
      const count = Math.min(left, 8 - bit % 8);
      const part = value >> (left - count) & ((1 << count) - 1);
      if (bit % 8 === 0 && !TEXT_PREFIXES[count]!.has(part)) return false;
      left -= count;
    }
    return true;
  }
}

/**
 * By number of bits, what the first bits of a byte of text may be. Text is ASCII without the control
 * characters that no text holds; NUL counts, or UTF-16 would be missed.
 */
const TEXT_PREFIXES: readonly ReadonlySet<number>[] = Array.from(
  { length: 9 },
  (_, count) =>
    new Set([0x00, 0x09, 0x0a, 0x0d, ...printable()].map((byte) => byte >> (8 - count))),
);

function printable(): number[] {
  return Array.from({ length: 0x7f - 0x20 }, (_, index) => 0x20 + index);
}

/** RFC 4648 §4 and §5, RFC 2045 §6.8. */
export const BASE64 = new DigitCoding({
  name: "base64",
  values: BASE64_VALUES,
  bitsPerDigit: 6,
  groupDigits: 4,
  // 11 random digits look like text once in 800, 16 once in 16,000.
  textDigits: { short: 11, long: 16 },
});

/** RFC 4648 §6. */
export const BASE32 = new DigitCoding({
  name: "base32",
  values: BASE32_VALUES,
  bitsPerDigit: 5,
  groupDigits: 8,
  textDigits: { short: 13, long: 24 },
});

/** RFC 4648 §8, either case. */
export const HEX = new DigitCoding({
  name: "hex",
  values: HEX_VALUES,
  bitsPerDigit: 4,
  groupDigits: 2,
  textDigits: { short: 16, long: 16 },
});
