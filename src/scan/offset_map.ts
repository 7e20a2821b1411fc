/**
 * Offsets in a decoded view → offsets in the bytes it was decoded from.
 *
 * A view is a row of segments; within one, every `decodedUnit` bytes of the view stand for
 * `encodedUnit` bytes of the source (base64: 3 and 4; plain text: 1 and 1). An escape needs no
 * segment: what it decodes to is the tail of the segment before it, which ends where the next begins.
 */

/** How many bytes of the source so many bytes of the view stand for. */
export interface UnitRatio {
  readonly decodedUnit: number;
  readonly encodedUnit: number;
}

/** Text copied as it is. */
export const IDENTITY: UnitRatio = { decodedUnit: 1, encodedUnit: 1 };

/** Dead segments are cut off when there are so many: rarely enough to cost nothing. */
const COMPACT_AT = 1024;

/** The segments of one view, ascending; grows at the end, shrinks at the start. */
export class OffsetMap {
  /** By segment, where it begins in the view and in the source: numbers side by side, not objects. */
  #decoded: number[] = [];
  #encoded: number[] = [];
  #ratios: UnitRatio[] = [];
  /** By segment, the end of its source; undefined: where the next segment begins. */
  #stops: (number | undefined)[] = [];
  /** Segments before it are dead. */
  #first = 0;

  /** Says that the view's bytes from `decoded` on stand for the source's from `encoded` on. */
  begin(decoded: number, encoded: number, ratio: UnitRatio): void {
    this.#decoded.push(decoded);
    this.#encoded.push(encoded);
    this.#ratios.push(ratio);
    this.#stops.push(undefined);
  }

  /** Says that the last segment's source ends at `encoded`: what follows is from elsewhere. */
  stop(encoded: number): void {
    const last = this.#stops.length - 1;
    if (last >= 0) this.#stops[last] ??= encoded;
  }

  /** Returns where the source of the view's byte `decoded` begins. */
  startOf(decoded: number): number {
    const index = this.#find(decoded);
    const ratio = this.#ratios[index];
    if (ratio === undefined) return 0;
    const units = Math.floor((decoded - this.#decoded[index]!) / ratio.decodedUnit);
    return Math.min(this.#encoded[index]! + units * ratio.encodedUnit, this.#stopOf(index));
  }

  /** Returns where the source of the view's bytes before `decoded` ends. */
  endOf(decoded: number): number {
    const index = this.#find(decoded - 1);
    const ratio = this.#ratios[index];
    if (ratio === undefined) return 0;
    const next = this.#decoded[index + 1];
    if (next !== undefined && next <= decoded) return this.#stopOf(index);
    const units = Math.ceil((decoded - this.#decoded[index]!) / ratio.decodedUnit);
    return Math.min(this.#encoded[index]! + units * ratio.encodedUnit, this.#stopOf(index));
  }

  /** Forgets what stands before `decoded`. */
  forget(decoded: number): void {
    if (this.#decoded.length - this.#first < 2) return;
    this.#first = Math.max(this.#first, this.#find(decoded));
    if (this.#first < COMPACT_AT) return;
    this.#decoded = this.#decoded.slice(this.#first);
    this.#encoded = this.#encoded.slice(this.#first);
    this.#ratios = this.#ratios.slice(this.#first);
    this.#stops = this.#stops.slice(this.#first);
    this.#first = 0;
  }

  #stopOf(index: number): number {
    return this.#stops[index] ?? this.#encoded[index + 1] ?? Infinity;
  }

  /** The last segment that begins at or before `decoded`, or the first one alive. */
  #find(decoded: number): number {
    let low = this.#first;
    let high = this.#decoded.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#decoded[middle]! <= decoded) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
