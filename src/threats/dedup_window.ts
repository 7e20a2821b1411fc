/**
 * Threats → the threats worth a line: the same (pattern, dest, direction, severity) once a window. Pure:
 * the time is handed in.
 *
 * A different secret to the same place is no duplicate; at most 20 distinct ones a window and place are
 * let through. Severity belongs to the place, so that a key seen at home (`info`) does not hide the
 * same key leaking to the same host (`critical`).
 *
 * Invariant: every threat is either let through or counted, and each count leaves exactly once: with the next
 * record of that place (`suppressed`), through `onEvicted`, or through `drain()`.
 */
import type { Direction, Severity } from "../scan/rule.ts";
import type { Threat } from "./threat.ts";

/** Distinct secrets let through per window and place: a dump of keys is evident from twenty. */
const MAX_DISTINCT = 20;
/** Places remembered: some 300 bytes each, so 3 MB; beyond it the longest unchanged goes first. */
const MAX_PLACES = 10_000;

/** Threats kept back that no written record tells of. */
export interface SuppressedCount {
  readonly pattern: string;
  readonly dest: string;
  readonly direction: Direction;
  readonly severity: Severity;
  readonly suppressed: number;
}

/** How a `DedupWindow` works; `windowMs` 0 lets everything through. */
export interface DedupWindowOptions {
  readonly windowMs: number;
  /** @default {20} */
  readonly maxDistinct?: number;
  /** @default {10_000} */
  readonly maxPlaces?: number;
  /** Told of the count of a place that had to be forgotten; only where it is not 0. */
  readonly onEvicted?: (count: SuppressedCount) => void;
}

/** Decides which threats are written. */
export class DedupWindow {
  readonly #windowMs: number;
  readonly #maxDistinct: number;
  readonly #maxPlaces: number;
  readonly #onEvicted: ((count: SuppressedCount) => void) | undefined;
  /** In order of when each window began, oldest first. */
  readonly #places = new Map<string, Place>();

  constructor(options: DedupWindowOptions) {
    this.#windowMs = options.windowMs;
    this.#maxDistinct = options.maxDistinct ?? MAX_DISTINCT;
    this.#maxPlaces = options.maxPlaces ?? MAX_PLACES;
    this.#onEvicted = options.onEvicted;
  }

  /**
   * Returns the record to write, with the number of those the last window kept back, or undefined
   * where the threat is a duplicate. `nowMs` never goes back.
   */
  admit(threat: Threat, nowMs: number): Threat | undefined {
    const key = JSON.stringify([threat.pattern, threat.dest, threat.direction, threat.severity]);
    const place = this.#places.get(key);
    if (place === undefined || nowMs - place.startMs >= this.#windowMs) {
      const suppressed = place?.suppressed ?? 0;
      this.#places.delete(key);
      this.#places.set(key, {
        startMs: nowMs,
        threat,
        fingerprints: new Set([threat.fingerprint]),
        suppressed: 0,
      });
      this.#evict();
      return suppressed === 0 ? threat : { ...threat, suppressed };
    }
    if (
      place.fingerprints.has(threat.fingerprint) || place.fingerprints.size >= this.#maxDistinct
    ) {
      place.suppressed++;
      return undefined;
    }
    place.fingerprints.add(threat.fingerprint);
    return threat;
  }

  /** Hands out every pending count and forgets all places: at shutdown, for the operational log. */
  drain(): SuppressedCount[] {
    const counts = [...this.#places.values()].filter(({ suppressed }) => suppressed > 0).map(
      countOf,
    );
    this.#places.clear();
    return counts;
  }

  #evict(): void {
    for (const [key, place] of this.#places) {
      if (this.#places.size <= this.#maxPlaces) return;
      this.#places.delete(key);
      if (place.suppressed > 0) this.#onEvicted?.(countOf(place));
    }
  }
}

interface Place {
  readonly startMs: number;
  /** The first of the window: names the place. */
  readonly threat: Threat;
  readonly fingerprints: Set<string>;
  suppressed: number;
}

function countOf({ threat, suppressed }: Place): SuppressedCount {
  const { pattern, dest, direction, severity } = threat;
  return { pattern, dest, direction, severity, suppressed };
}
