/**
 * Rules → what the scanners of a worker share: checked once, at start-up.
 *
 * A bad rule is a `TypeError` here and never an error while bytes are scanned.
 */
import { type Direction, type Rule, SEVERITIES } from "./rule.ts";
import { Prefilter } from "./prefilter.ts";

/** One rule as a scanner uses it. */
export interface CompiledRule {
  readonly rule: Rule;
  /** Place in the list of rules: the earlier of two equal rules wins. */
  readonly order: number;
  /** The rule's regexp with `g` and `d`; whoever uses it sets `lastIndex` first. */
  readonly search: RegExp;
}

/** The rules of one direction. */
export interface ScanProgram {
  readonly rules: readonly CompiledRule[];
  readonly prefilter: Prefilter;
  /** Indices into `rules`, by anchor number. */
  readonly rulesOfAnchor: readonly (readonly number[])[];
  /** The longest match of any rule, bytes. */
  readonly maxMatchBytes: number;
}

/** Rules, checked and compiled; shared by every scanner of a worker. Immutable. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly programs: Readonly<Record<Direction, ScanProgram>>;
}

/**
 * Checks and compiles `rules`.
 *
 * @throws {TypeError} A rule breaks its contract; the message names the rule and the reason.
 */
export function compileRules(rules: readonly Rule[]): RuleSet {
  const ids = new Set<string>();
  for (const rule of rules) {
    const flaw = ids.has(rule.id) ? "its id is used twice" : flawOf(rule);
    if (flaw !== undefined) throw new TypeError(`Cannot compile rule "${rule.id}": ${flaw}`);
    ids.add(rule.id);
  }
  return Object.freeze({
    rules,
    programs: Object.freeze({
      outbound: compileProgram(rules, "outbound"),
      inbound: compileProgram(rules, "inbound"),
    }),
  });
}

function compileProgram(rules: readonly Rule[], direction: Direction): ScanProgram {
  const compiled: CompiledRule[] = [];
  const byAnchor = new Map<string, number[]>();
  rules.forEach((rule, order) => {
    if (!rule.directions.includes(direction)) return;
    const { source, flags } = rule.regexp;
    for (const anchor of new Set(rule.anchors)) {
      byAnchor.set(anchor, [...byAnchor.get(anchor) ?? [], compiled.length]);
    }
    compiled.push({ rule, order, search: new RegExp(source, `${flags.replace("d", "")}dg`) });
  });
  return Object.freeze({
    rules: compiled,
    prefilter: new Prefilter([...byAnchor.keys()]),
    rulesOfAnchor: [...byAnchor.values()],
    maxMatchBytes: compiled.reduce((max, { rule }) => Math.max(max, rule.maxLength), 0),
  });
}

/** Says what is wrong with `rule`; undefined: nothing. */
function flawOf(rule: Rule): string | undefined {
  if (!/^[a-z][a-z0-9_]*$/.test(rule.id)) return "its id is not snake_case";
  if (!SEVERITIES.includes(rule.severity)) return `its severity "${rule.severity}" is unknown`;
  if (rule.directions.length === 0) return "it has no direction";
  if (rule.anchors.length === 0) return "it has no anchor";
  for (const anchor of rule.anchors) {
    if (anchor.length < 3) return `its anchor "${anchor}" is shorter than 3 bytes`;
    if (/[A-Z]/.test(anchor)) return `its anchor "${anchor}" is not lower case`;
    if (/[^\0-\xff]/.test(anchor)) return `its anchor "${anchor}" is not one character a byte`;
    if (anchor.length > rule.maxLength) return `its anchor "${anchor}" is longer than maxLength`;
  }
  if (!Number.isSafeInteger(rule.maxLength) || rule.maxLength <= 0) {
    return `its maxLength ${rule.maxLength} is not a positive integer`;
  }
  if (/[gyuv]/.test(rule.regexp.flags)) {
    return `its regexp has the flags "${rule.regexp.flags}", of which g, y, u and v are not allowed`;
  }
  if (rule.regexp.test("")) return "its regexp matches the empty text";
  return undefined;
}
