/**
 * A rule → what is wrong with it, found by using it: it is compiled, and its examples are run through the
 * scanner. For rules that people write; the project's own are proved by tests.
 */
import { backtrackingFlaw } from "./backtracking.ts";
import type { Rule } from "./rule.ts";
import { compileRules, type RuleSet } from "./rule_set.ts";
import { scanBytes } from "./scanner.ts";

/** Examples are quoted in messages up to so many characters. */
const MAX_QUOTED_CHARS = 40;

/** Says what is wrong with `rule`, in words that may follow its name; undefined: nothing. */
export function ruleFlaw(rule: Rule): string | undefined {
  let ruleSet: RuleSet;
  try {
    ruleSet = compileRules([rule]);
    const flaw = backtrackingFlaw(rule.regexp);
    if (flaw !== undefined) return `its regexp may backtrack without end: ${flaw}`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return error.message.replace(/^Cannot compile rule "[^"]*": /, "");
  }
  const missed = rule.examples.find((text) => !isFound(ruleSet, rule, text));
  if (missed !== undefined) return `it does not find its example ${quote(missed)}`;
  const found = rule.nonExamples.find((text) => isFound(ruleSet, rule, text));
  if (found !== undefined) return `it finds its non-example ${quote(found)}`;
}

function isFound(ruleSet: RuleSet, rule: Rule, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  return rule.directions.some((direction) =>
    scanBytes(ruleSet, bytes, { direction }).some(({ severity }) => severity !== "info")
  );
}

function quote(text: string): string {
  const isLong = text.length > MAX_QUOTED_CHARS;
  return JSON.stringify(isLong ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text);
}
