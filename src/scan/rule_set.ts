/**
 * Rules → what the scanners of a worker share: checked and compiled once, at start-up.
 *
 * A bad rule is a `TypeError` here and never an error while bytes are scanned.
 */
import type { KnownSecretIndex } from "./known_secret_scanner.ts";
import type { Direction, Rule } from "./rule.ts";
import { ruleShape } from "./rule_shape.ts";
import { ScanProgram } from "./scan_program.ts";

/** Rules, checked and compiled; shared by every scanner of a worker. Immutable. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly programs: Readonly<Record<Direction, ScanProgram>>;
  /** Values that must not leave; undefined: none are known. */
  readonly knownSecrets?: KnownSecretIndex;
}

/**
 * Checks and compiles `rules`.
 *
 * @throws {TypeError} A rule breaks its contract; the message names the rule and the reason.
 */
export function compileRules(rules: readonly Rule[]): RuleSet {
  const ids = new Set<string>();
  for (const { id } of rules) {
    if (ids.has(id)) throw new TypeError(`Cannot compile rule "${id}": its id is used twice`);
    ids.add(id);
  }
  const shapes = rules.map((rule, order) => ({ shape: ruleShape(rule), order }));
  const programFor = (direction: Direction) =>
    new ScanProgram(shapes.filter(({ shape }) => shape.rule.directions.includes(direction)));
  return Object.freeze({
    rules,
    programs: Object.freeze({
      outbound: programFor("outbound"),
      inbound: programFor("inbound"),
    }),
  });
}
