/**
 * Grades a regex hit: placeholder → `info`, too regular → dropped, right checksum → one step up.
 *
 * A wrong checksum never drops a hit: many issuers changed theirs over time, and a mistyped key is
 * one edit away from a real one.
 */
import { SEVERITIES } from "../scan/rule.ts";
import type { RuleMatch, Severity, Verdict } from "../scan/rule.ts";
import { shannonEntropy } from "./entropy.ts";
import { isCounted, isHandTyped, isStandIn } from "./placeholder.ts";

/** How a rule's hits are graded. */
export interface GradeOptions {
  /** Of a hit that nothing speaks against. */
  readonly severity: Severity;
  /** Bits a character below which a hit is no credential. @default {0} */
  readonly minEntropy?: number;
  /** What the secret must contain besides matching: keeps identifiers and words out. */
  readonly needs?: RegExp;
  /**
   * The most a hit is graded that was typed by counting. Where form or vendor's name tell a key, it
   * may still be one: `medium`.
   * @default {"info"}
   */
  readonly counted?: Severity;
  /** The most a hit is graded most of whose characters stand in short runs: `abc123xyz`. */
  readonly handTyped?: Severity;
  /** Whether the secret's own check digits are right. */
  readonly checksum?: (secret: string) => boolean;
}

/** Makes a rule's `verify`. */
export function gradeSecret(options: GradeOptions): (match: RuleMatch) => Verdict {
  const { severity, minEntropy = 0, needs, checksum, counted = "info", handTyped } = options;
  return ({ secret }) => {
    if (isStandIn(secret)) return "info";
    if (isCounted(secret)) return milder(severity, counted);
    if (handTyped !== undefined && isHandTyped(secret)) return milder(severity, handTyped);
    if (needs !== undefined && !needs.test(secret)) return "drop";
    if (minEntropy > 0 && shannonEntropy(secret) < minEntropy) return "drop";
    return checksum?.(secret) === true ? oneStepUp(severity) : severity;
  };
}

/** The milder of two verdicts; what is dropped stays dropped. */
export function milder<Graded extends Verdict>(one: Graded, other: Severity): Graded | Severity {
  if (one === "drop") return one;
  return SEVERITIES.indexOf(one as Severity) < SEVERITIES.indexOf(other) ? one : other;
}

function oneStepUp(severity: Severity): Severity {
  return SEVERITIES[SEVERITIES.indexOf(severity) + 1] ?? severity;
}
