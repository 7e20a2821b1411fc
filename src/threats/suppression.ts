/**
 * The setting `suppress` → whether a finding is one that is known to be harmless, and how often each
 * entry has said so. Pure: the time is handed in.
 *
 * An entry that never matches, or no longer does, is not harmless itself: it hides the day when
 * something else comes to match it. `suppressionReports()` names those for `clawsec status`.
 */
import type { SuppressionConfig } from "../config.ts";
import {
  checkedDestinationPattern,
  type DestinationPattern,
  matchesDestination,
} from "../config/destination_pattern.ts";

const DAY_MS = 86_400_000;

/** What a suppression may speak of. */
export interface SuppressionSubject {
  readonly pattern: string;
  /** Id of the rule. */
  readonly rule: string;
  /** The origin; lower case, IPv6 without brackets. */
  readonly dest: { readonly host: string; readonly port: number };
  readonly location: string;
  /** Computed only where an entry asks for it. */
  readonly fingerprint: () => string;
}

/** How an entry of `suppress` does. */
export interface SuppressionReport {
  readonly suppression: SuppressionConfig;
  /** Findings it has suppressed since the configuration was loaded. */
  readonly hits: number;
  /** `unused`: it holds, and has never matched. */
  readonly state: "used" | "unused" | "expired";
}

interface CompiledSuppression {
  readonly config: SuppressionConfig;
  readonly dest: DestinationPattern | undefined;
  /** Undefined: it has no end. */
  readonly endMs: number | undefined;
}

/** Judges findings by the entries of `suppress`, and counts. */
export class Suppressions {
  readonly #entries: readonly CompiledSuppression[];
  readonly #hits: number[];

  /** @throws {RangeError} for a `dest` or `until` that is none; the configuration has checked them */
  constructor(suppress: readonly SuppressionConfig[]) {
    this.#entries = suppress.map((config) => ({
      config,
      dest: config.dest === undefined ? undefined : checkedDestinationPattern(config.dest),
      endMs: endOf(config),
    }));
    this.#hits = suppress.map(() => 0);
  }

  /** By entry, in the order of the configuration: findings it has suppressed. */
  get hits(): readonly number[] {
    return [...this.#hits];
  }

  /** Returns the first entry that suppresses the finding, and counts it. Undefined: none does. */
  match(subject: SuppressionSubject, nowMs: number): SuppressionConfig | undefined {
    const index = this.#entries.findIndex((entry) => matches(entry, subject, nowMs));
    if (index < 0) return undefined;
    this.#hits[index]!++;
    return this.#entries[index]!.config;
  }
}

/** Says how each entry does; `hits` are those of `Suppressions`, summed over the workers. */
export function suppressionReports(
  suppress: readonly SuppressionConfig[],
  hits: readonly number[],
  nowMs: number,
): readonly SuppressionReport[] {
  return suppress.map((suppression, index) => {
    const count = hits[index] ?? 0;
    const isOver = hasEnded(endOf(suppression), nowMs);
    const state = isOver ? "expired" : count > 0 ? "used" : "unused";
    return { suppression, hits: count, state };
  });
}

function matches(
  { config, dest, endMs }: CompiledSuppression,
  subject: SuppressionSubject,
  nowMs: number,
): boolean {
  const { pattern, location, fingerprint } = config;
  if (hasEnded(endMs, nowMs)) return false;
  if (pattern !== undefined && pattern !== subject.pattern && pattern !== subject.rule) {
    return false;
  }
  if (dest !== undefined && !matchesDestination(dest, subject.dest)) return false;
  if (location !== undefined && !matchesLocation(location, subject.location)) return false;
  return fingerprint === undefined || fingerprint === subject.fingerprint();
}

function matchesLocation(pattern: string, location: string): boolean {
  return pattern.endsWith("*") ? location.startsWith(pattern.slice(0, -1)) : location === pattern;
}

function hasEnded(endMs: number | undefined, nowMs: number): boolean {
  return endMs !== undefined && nowMs >= endMs;
}

/** `until` names the last day, in UTC, so that all machines agree on the end. */
function endOf({ until }: SuppressionConfig): number | undefined {
  if (until === undefined) return undefined;
  const startMs = Date.parse(until);
  if (Number.isNaN(startMs)) throw new RangeError(`Cannot read date "${until}"`);
  return startMs + DAY_MS;
}
