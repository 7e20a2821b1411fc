/**
 * A rule that a person has written → the `Rule` that it means.
 *
 * Plain data, so that it can be given to a data worker, which needs no schema for it
 * (`user_rule_schema.ts`); there `ruleOfUser()` adds what is code.
 */
import type { Rule } from "../scan/rule.ts";
import { shannonEntropy } from "./entropy.ts";

/** A rule without code. Can be cloned. */
export type UserRule = Omit<Rule, "verify"> & {
  /** Bits a character that a secret has at least; less is no finding. Undefined: any will do. */
  readonly minEntropy: number | undefined;
};

/** Makes the rule that the scanner takes. */
export function ruleOfUser(userRule: UserRule): Rule {
  const { minEntropy, ...rule } = userRule;
  if (minEntropy === undefined) return rule;
  return {
    ...rule,
    verify: ({ secret }) => shannonEntropy(secret) < minEntropy ? "drop" : rule.severity,
  };
}
