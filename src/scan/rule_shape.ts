/**
 * A rule → what the engine knows of it before it has seen a byte: its automata, where its anchors
 * stand, how far around a match it looks. A rule that breaks its contract is refused here.
 */
import { anchorEntries, type AnchorEntry } from "./anchor_entries.ts";
import { type PositionAutomaton, positionAutomaton } from "./position_automaton.ts";
import { extentOf, type RegexpNode, regexpTree } from "./regexp_tree.ts";
import { type Rule, SEVERITIES } from "./rule.ts";

/** A rule and what was found out about it. */
export interface RuleShape {
  readonly rule: Rule;
  /** Most bytes before and after a match that decide on it. */
  readonly behind: number;
  readonly ahead: number;
  /** Walked from an anchor on: exact enough to turn most anchors away within a few bytes. */
  readonly forward: PositionAutomaton;
  /**
   * What may stand of a match before its first anchor ends: loops instead of counts, so that few
   * states arise. Undefined: a match begins with its anchor.
   */
  readonly lead: PositionAutomaton | undefined;
  /** By index of the rule's anchors: where in `forward` a match goes on. Undefined: nowhere. */
  readonly entries: readonly (AnchorEntry | undefined)[];
}

/** Bytes that an assertion may look at beyond a match: they are held back, like the match. */
const MAX_LOOK_BYTES = 1_024;
/**
 * Tells short and long repetitions apart. Twice as many copies turn a few more anchors away, but in a
 * rule with a gap before its token each place in the token may be the current one: ten times the states.
 */
const FORWARD_LIMITS = { maxCopies: 8, maxOptional: 8 } as const;
const LEAD_LIMITS = { maxCopies: 2, maxOptional: 2 } as const;

/**
 * Examines `rule`.
 *
 * @throws {TypeError} The rule breaks its contract; the message says how.
 */
export function ruleShape(rule: Rule): RuleShape {
  const flaw = dataFlaw(rule);
  if (flaw !== undefined) throw flawed(rule, flaw);
  const tree = readTree(rule);
  const { min, max, behind, ahead } = extentOf(tree);
  if (min === 0) throw flawed(rule, "its regexp matches the empty text");
  if (max > rule.maxLength) {
    const found = max === Infinity ? "without a limit" : `up to ${max} bytes`;
    throw flawed(rule, `its regexp matches ${found}, its maxLength is ${rule.maxLength}`);
  }
  if (Math.max(behind, ahead) > MAX_LOOK_BYTES) {
    throw flawed(rule, `its regexp looks more than ${MAX_LOOK_BYTES} bytes around a match`);
  }
  const forward = positionAutomaton(tree, FORWARD_LIMITS);
  const { anchors, maxLength } = rule;
  const { entries, missed } = anchorEntries(forward, { anchors, maxLength });
  const shown = missed.find((text) => rule.regexp.test(text));
  if (shown !== undefined) {
    throw flawed(
      rule,
      `its regexp matches ${JSON.stringify(shown)}, which has none of its anchors`,
    );
  }
  const hasLead = entries.some((entry) => entry !== undefined && entry.maxBefore > 0);
  return {
    rule,
    behind,
    ahead,
    forward,
    lead: hasLead ? leadOf(tree, rule) : undefined,
    entries,
  };
}

/**
 * The `lead` of a rule of which it is known that some match does not begin with an anchor, without
 * the rest of its shape.
 *
 * @throws {TypeError} The rule's regexp cannot be read.
 */
export function ruleLead(rule: Rule): PositionAutomaton {
  return leadOf(readTree(rule), rule);
}

function leadOf(tree: RegexpNode, { anchors, maxLength }: Rule): PositionAutomaton {
  const { sets, follow, first } = positionAutomaton(tree, LEAD_LIMITS);
  const { lead } = anchorEntries({ sets, follow, first, last: [] }, { anchors, maxLength });
  const numberOf = new Map(lead.map((position, number) => [position, number]));
  const kept = (positions: readonly number[]) =>
    positions.flatMap((position) => numberOf.get(position) ?? []);
  return {
    sets: lead.map((position) => sets[position]!),
    follow: lead.map((position) => kept(follow[position]!)),
    first: kept(first),
    last: [],
  };
}

function readTree(rule: Rule): RegexpNode {
  try {
    return regexpTree(rule.regexp);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new TypeError(`Cannot compile rule "${rule.id}": ${cause.message}`, { cause });
  }
}

function flawed(rule: Rule, flaw: string): TypeError {
  return new TypeError(`Cannot compile rule "${rule.id}": ${flaw}`);
}

/** Says what is wrong with the rule's plain data; undefined: nothing. */
function dataFlaw(rule: Rule): string | undefined {
  if (!/^[a-z][a-z0-9_]*$/.test(rule.id)) return "its id is not snake_case";
  if (!SEVERITIES.includes(rule.severity)) return `its severity "${rule.severity}" is unknown`;
  if (rule.directions.length === 0) return "it has no direction";
  if (!Number.isSafeInteger(rule.maxLength) || rule.maxLength <= 0) {
    return `its maxLength ${rule.maxLength} is not a positive integer`;
  }
  if (/[gyuv]/.test(rule.regexp.flags)) {
    return `its regexp has the flags "${rule.regexp.flags}", of which g, y, u and v are not allowed`;
  }
  if (rule.anchors.length === 0) return "it has no anchor";
  return rule.anchors.map(anchorFlaw).find((flaw) => flaw !== undefined);
}

function anchorFlaw(anchor: string): string | undefined {
  if (anchor.length < 3) return `its anchor "${anchor}" is shorter than 3 bytes`;
  if (/[A-Z]/.test(anchor)) return `its anchor "${anchor}" is not lower case`;
  if (/[^\0-\xff]/.test(anchor)) return `its anchor "${anchor}" is not one character a byte`;
  return undefined;
}
