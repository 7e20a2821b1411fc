/**
 * Findings → one finding a leaked key: drops a finding that a better one covers.
 *
 * Of two findings of the same type whose secrets overlap, the lesser is dropped when it has the
 * same label, or stands within the other's match, or is an EXFIL finding of a rule graded lower. The
 * greater is the one of the higher severity (the rule's own or the verified one, whichever is higher:
 * a placeholder that a vendor's rule graded `info` still beats the generic rule); then the longer
 * secret; then the earlier rule.
 *
 * A pair is judged by itself, so the verdict on a finding needs only those that overlap it.
 */
import type { Finding } from "./finding.ts";
import { SEVERITIES } from "./rule.ts";

/** A finding and its rule's place in the list of rules. */
export interface RankedFinding {
  readonly finding: Finding;
  readonly order: number;
}

/** Tells whether `other` makes `candidate` superfluous. */
export function isCoveredBy(candidate: RankedFinding, other: RankedFinding): boolean {
  const a = candidate.finding;
  const b = other.finding;
  if (candidate === other || a.rule.type !== b.rule.type) return false;
  if (!secretsOverlap(a, b) || compareRank(candidate, other) >= 0) return false;
  if (a.rule.pattern === b.rule.pattern || (a.start >= b.start && a.end <= b.end)) return true;
  return a.rule.type === "EXFIL" && rank(a) < rank(b);
}

/**
 * Finds the findings, of a list ascending by start, that another one of them covers. Compares those
 * that overlap only: a body may hold ten thousand matches side by side.
 */
export function coveredAmong(findings: readonly RankedFinding[]): ReadonlySet<RankedFinding> {
  const covered = new Set<RankedFinding>();
  let open: readonly RankedFinding[] = [];
  for (const ranked of findings) {
    open = open.filter(({ finding }) => finding.end > ranked.finding.start);
    for (const other of open) {
      if (isCoveredBy(ranked, other)) covered.add(ranked);
      else if (isCoveredBy(other, ranked)) covered.add(other);
    }
    open = [...open, ranked];
  }
  return covered;
}

function secretsOverlap(a: Finding, b: Finding): boolean {
  const aStart = a.start + a.secretStart;
  const bStart = b.start + b.secretStart;
  return aStart < bStart + b.secret.length && bStart < aStart + a.secret.length;
}

function compareRank(a: RankedFinding, b: RankedFinding): number {
  return rank(a.finding) - rank(b.finding) ||
    a.finding.secret.length - b.finding.secret.length ||
    b.order - a.order;
}

function rank({ rule, severity }: Finding): number {
  return Math.max(SEVERITIES.indexOf(rule.severity), SEVERITIES.indexOf(severity));
}
