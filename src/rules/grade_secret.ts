/**
 * Grades a regex hit: placeholder → `info`, too regular → dropped, right checksum → one step up.
 *
 * A wrong checksum never drops a hit: many issuers changed theirs over time, and a mistyped key is
 * one edit away from a real one.
 */
import { SEVERITIES } from "../scan/rule.ts";
import type { RuleMatch, Severity, Verdict } from "../scan/rule.ts";
import { shannonEntropy } from "./entropy.ts";
import { isCounted, isStandIn } from "./placeholder.ts";

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
  /** Whether the secret's own check digits are right. */
  readonly checksum?: (secret: string) => boolean;
}

/** Makes a rule's `verify`. */
export function gradeSecret(options: GradeOptions): (match: RuleMatch) => Verdict {
  const { severity, minEntropy = 0, needs, checksum, counted = "info" } = options;
  return ({ secret }) => {
    if (isStandIn(secret)) return "info";
    if (isCounted(secret)) return milder(severity, counted);
    if (needs !== undefined && !needs.test(secret)) return "drop";
    if (minEntropy > 0 && shannonEntropy(secret) < minEntropy) return "drop";
    return checksum?.(secret) === true ? oneStepUp(severity) : severity;
  };
}

function milder(one: Severity, other: Severity): Severity {
  return SEVERITIES.indexOf(one) < SEVERITIES.indexOf(other) ? one : other;
}

function oneStepUp(severity: Severity): Severity {
  return SEVERITIES[SEVERITIES.indexOf(severity) + 1] ?? severity;
}
