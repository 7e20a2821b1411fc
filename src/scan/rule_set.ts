/**
 * Rules → what the scanners of a worker share. Rules are checked at start-up, but for those that tests
 * have proved; what a scanner needs of one is compiled when an anchor of it is first seen.
 *
 * A bad rule is a `TypeError` here and never an error while bytes are scanned.
 */
import type { KnownSecretIndex } from "./known_secret_scanner.ts";
import type { Direction, ProvenRules, Rule } from "./rule.ts";
import { ruleLead, type RuleShape, ruleShape } from "./rule_shape.ts";
import { type OrderedRule, ScanProgram } from "./scan_program.ts";

/** Rules, checked and compiled; shared by every scanner of a worker. Immutable. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly programs: Readonly<Record<Direction, ScanProgram>>;
  /** Values that must not leave; undefined: none are known. */
  readonly knownSecrets?: KnownSecretIndex;
}

/** Any rule has to be examined. */
const NONE_PROVEN: ProvenRules = { has: () => false, innerAnchors: new Set(), maxBehind: 0 };

/**
 * Checks and compiles `rules`; of those that are proven, only what has to be known beforehand.
 *
 * @throws {TypeError} A rule breaks its contract; the message names the rule and the reason.
 */
export function compileRules(
  rules: readonly Rule[],
  proven: ProvenRules = NONE_PROVEN,
): RuleSet {
  const ids = new Set<string>();
  for (const { id } of rules) {
    if (ids.has(id)) throw new TypeError(`Cannot compile rule "${id}": its id is used twice`);
    ids.add(id);
  }
  let maxBehind = proven.maxBehind;
  const ordered = rules.map((rule, order): OrderedRule => {
    if (proven.has(rule)) return provenRule(rule, order, proven);
    const shape = ruleShape(rule);
    maxBehind = Math.max(maxBehind, shape.behind);
    const { lead } = shape;
    return { rule, order, lead: lead && (() => lead), shape: () => shape };
  });
  const programFor = (direction: Direction) =>
    new ScanProgram(
      ordered.filter(({ rule }) => rule.directions.includes(direction)),
      maxBehind,
    );
  return Object.freeze({
    rules,
    programs: Object.freeze({
      outbound: programFor("outbound"),
      inbound: programFor("inbound"),
    }),
  });
}

function provenRule(rule: Rule, order: number, { innerAnchors }: ProvenRules): OrderedRule {
  let shape: RuleShape | undefined;
  return {
    rule,
    order,
    lead: innerAnchors.has(rule.id) ? () => ruleLead(rule) : undefined,
    shape: () => shape ??= ruleShape(rule),
  };
}
