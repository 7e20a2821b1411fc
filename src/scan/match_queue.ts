/**
 * Regex matches in the order of their discovery → findings, verified and without covered ones.
 *
 * A match waits until the bytes that `verify` is shown are there, and until every match that
 * overlaps it is known: what is reported doesn't depend on how the stream was cut.
 */
import type { Finding } from "./finding.ts";
import { coveredAmong, type RankedFinding } from "./overlap.ts";
import type { Rule } from "./rule.ts";

/** Bytes on both sides of a match that a lookaround may read and that `verify` is shown. */
export const CONTEXT_BYTES = 64;

/** One regex match. */
export interface RawMatch {
  readonly rule: Rule;
  /** The rule's place in the list of rules. */
  readonly order: number;
  /** Stream offsets, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly secret: string;
  readonly secretStart: number;
  readonly groups: Readonly<Record<string, string | undefined>>;
}

/** What is known of the stream at one moment. */
export interface QueueView {
  /** Every match that begins below has been added. */
  readonly settled: number;
  /** The end of the bytes so far. */
  readonly end: number;
  readonly isOver: boolean;
  /** Returns the stream's text between two offsets, as far as it is held. */
  readonly text: (start: number, end: number) => string;
}

interface Entry {
  readonly match: RawMatch;
  /** Absent: the context isn't there yet. */
  readonly ranked?: RankedFinding;
}

/** Matches on their way to being findings. */
export class MatchQueue {
  #entries: Entry[] = [];
  /** Findings already decided that may still cover a waiting one. */
  #decided: readonly RankedFinding[] = [];
  /** The lowest offset of a waiting match; undefined: none waits. */
  #start: number | undefined;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** The lowest offset of a waiting match; undefined: none waits. */
  get start(): number | undefined {
    return this.#start;
  }

  add(match: RawMatch): void {
    this.#entries.push({ match });
    this.#start = Math.min(this.#start ?? match.start, match.start);
  }

  /** Removes and returns the findings that no further byte can change, in stream order. */
  take(view: QueueView): Finding[] {
    if (this.isEmpty) return [];
    const entries = this.#entries.flatMap((entry) => verified(entry, view))
      .sort((a, b) => a.match.start - b.match.start);
    const unverified = entries.filter(({ ranked }) => ranked === undefined);
    const meetsUnverified = overlapTest(unverified.map(({ match }) => match));
    const waiting: Entry[] = [];
    const ready: RankedFinding[] = [];
    for (const entry of entries) {
      const { match, ranked } = entry;
      const isKnown = ranked !== undefined && (view.isOver || match.end <= view.settled);
      if (isKnown && !meetsUnverified(match)) ready.push(ranked);
      else waiting.push(entry);
    }
    const known = [...this.#decided, ...ready];
    const covered = coveredAmong(
      [...known, ...waiting.flatMap(({ ranked }) => ranked ?? [])]
        .sort((a, b) => a.finding.start - b.finding.start),
    );
    const meetsWaiting = overlapTest(waiting.map(({ match }) => match));
    this.#entries = waiting;
    this.#start = waiting[0]?.match.start;
    this.#decided = known.filter(({ finding }) =>
      finding.end > view.settled || meetsWaiting(finding)
    );
    return ready.filter((ranked) => !covered.has(ranked)).sort(compareOrder)
      .map(({ finding }) => finding);
  }
}

/** Stream order; of two findings over the same bytes the earlier rule's comes first. */
function compareOrder(a: RankedFinding, b: RankedFinding): number {
  return a.finding.start - b.finding.start || a.finding.end - b.finding.end || a.order - b.order;
}

/** Some bytes of the stream, `end` exclusive. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Returns a function that tells whether a span overlaps one of `spans`, which ascend by start. */
function overlapTest(spans: readonly Span[]): (span: Span) => boolean {
  let longest = 0;
  const ends = spans.map(({ end }) => longest = Math.max(longest, end));
  return ({ start, end }) => {
    let below = 0;
    let above = spans.length;
    while (below < above) {
      const middle = (below + above) >> 1;
      if (spans[middle]!.start < end) below = middle + 1;
      else above = middle;
    }
    return below > 0 && ends[below - 1]! > start;
  };
}

/** Runs the rule's `verify` when its context is there; an empty list: the match is dropped. */
function verified(entry: Entry, { end, isOver, text }: QueueView): readonly Entry[] {
  const { match, ranked } = entry;
  if (ranked !== undefined || (!isOver && match.end + CONTEXT_BYTES > end)) return [entry];
  const { rule, order, start, secret, secretStart, groups } = match;
  const before = text(start - CONTEXT_BYTES, start);
  const after = text(match.end, match.end + CONTEXT_BYTES);
  const verdict = rule.verify?.({ text: match.text, secret, groups, before, after }) ??
    rule.severity;
  if (verdict === "drop") return [];
  const finding: Finding = {
    rule,
    severity: verdict,
    start,
    end: match.end,
    match: match.text,
    secret,
    secretStart,
    before,
    after,
  };
  return [{ match, ranked: { finding, order } }];
}
