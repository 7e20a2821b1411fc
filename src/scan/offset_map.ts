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

interface Segment {
  readonly decoded: number;
  readonly encoded: number;
  readonly ratio: UnitRatio;
}

/** The segments of one view, ascending; grows at the end, shrinks at the start. */
export class OffsetMap {
  #segments: Segment[] = [];
  /** By segment, the end of its source; undefined: where the next segment begins. */
  #stops: (number | undefined)[] = [];
  /** Segments before it are dead. */
  #first = 0;

  /** Says that the view's bytes from `decoded` on stand for the source's from `encoded` on. */
  begin(decoded: number, encoded: number, ratio: UnitRatio): void {
    this.#segments.push({ decoded, encoded, ratio });
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
    const segment = this.#segments[index];
    if (segment === undefined) return 0;
    const units = Math.floor((decoded - segment.decoded) / segment.ratio.decodedUnit);
    return Math.min(segment.encoded + units * segment.ratio.encodedUnit, this.#stopOf(index));
  }

  /** Returns where the source of the view's bytes before `decoded` ends. */
  endOf(decoded: number): number {
    const index = this.#find(decoded - 1);
    const segment = this.#segments[index];
    if (segment === undefined) return 0;
    const next = this.#segments[index + 1];
    if (next !== undefined && next.decoded <= decoded) return this.#stopOf(index);
    const units = Math.ceil((decoded - segment.decoded) / segment.ratio.decodedUnit);
    return Math.min(segment.encoded + units * segment.ratio.encodedUnit, this.#stopOf(index));
  }

  /** Forgets what stands before `decoded`. */
  forget(decoded: number): void {
    if (this.#segments.length - this.#first < 2) return;
    this.#first = Math.max(this.#first, this.#find(decoded));
    if (this.#first < COMPACT_AT) return;
    this.#segments = this.#segments.slice(this.#first);
    this.#stops = this.#stops.slice(this.#first);
    this.#first = 0;
  }

  #stopOf(index: number): number {
    return this.#stops[index] ?? this.#segments[index + 1]?.encoded ?? Infinity;
  }

  /** The last segment that begins at or before `decoded`, or the first one alive. */
  #find(decoded: number): number {
    let low = this.#first;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#segments[middle]!.decoded <= decoded) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
