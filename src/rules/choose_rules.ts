/** Which rules are on: all that are not optional, the optional ones that were asked for, a person's own. */
import type { Rule } from "../scan/rule.ts";
import { ALL_RULES } from "./all_rules.ts";
import { OPTIONAL_RULES } from "./optional_rules.ts";
import { ruleOfUser, type UserRule } from "./user_rule.ts";

/** What a person has asked for. */
export interface RuleChoice {
  /** Ids or patterns of optional rules. */
  readonly enableRules: readonly string[];
  readonly userRules: readonly UserRule[];
}

/**
 * Lists the rules to look for.
 *
 * @throws {RangeError} for a name in `enableRules` that no optional rule has
 */
export function chooseRules({ enableRules, userRules }: RuleChoice): readonly Rule[] {
  const isNamed = (name: string) => ({ id, pattern }: Rule) => id === name || pattern === name;
  const unknown = enableRules.find((name) => !OPTIONAL_RULES.some(isNamed(name)));
  if (unknown !== undefined) {
    const known = OPTIONAL_RULES.map(({ id }) => id).join(", ");
    throw new RangeError(`Cannot enable rule "${unknown}": optional rules are ${known}`);
  }
  const enabled = OPTIONAL_RULES.filter((rule) => enableRules.some((name) => isNamed(name)(rule)));
  return [...ALL_RULES, ...enabled, ...userRules.map(ruleOfUser)];
}
