/**
 * Findings of several views of the same bytes → each thing found once.
 *
 * A key beside an escape stands in the bytes and in the text without escapes; of the findings of one
 * rule and one secret whose bytes overlap, the first is kept. The same secret further on is another
 * finding: it has to be redacted too.
 */
import type { Finding } from "./finding.ts";

/** Findings remembered; beyond it the oldest are forgotten, and may be reported twice. */
const MAX_REMEMBERED = 256;

/** Places remembered of one secret: what views find late was found in the bytes a window before. */
const MAX_PLACES = 64;

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Remembers what one message was found to hold. */
export class RepeatedFindings {
  /** By rule and secret, where it stood, the newest last; made at the first finding. */
  #places: Map<string, Place[]> | undefined;

  /**
   * Returns those of `found` that weren't reported before, in stream order. Of those found at once, the
   * one reached by the fewest decodings is kept.
   */
  fresh(found: Finding[]): Finding[] {
    if (found.length === 0) return found;
    return found.toSorted((a, b) => levelsOf(a) - levelsOf(b))
      .filter((finding) => this.#isFresh(finding))
      .sort((a, b) => a.start - b.start || a.end - b.end);
  }

  #isFresh({ rule, secret, start, end }: Finding): boolean {
    this.#places ??= new Map();
    const key = `${rule.id}\0${secret}`;
    const places = this.#places.get(key) ?? [];
    const known = places.findIndex((place) => start < place.end && place.start < end);
    this.#places.delete(key);
    this.#places.set(key, places);
    if (known >= 0) {
      const place = places[known]!;
      places[known] = { start: Math.min(start, place.start), end: Math.max(end, place.end) };
    } else if (places.push({ start, end }) > MAX_PLACES) places.shift();
    if (this.#places.size > MAX_REMEMBERED) this.#places.delete(this.#places.keys().next().value!);
    return known < 0;
  }
}

/** Decodings that a finding was reached by. */
function levelsOf({ encoding }: Finding): number {
  return encoding === undefined ? 0 : encoding.split(">").length;
}
