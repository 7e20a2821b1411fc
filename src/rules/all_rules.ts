/** Every rule that is on without being asked for, in one list. */
import type { Rule } from "../scan/rule.ts";
import { AI_RULES } from "./ai_rules.ts";
import { CLOUD_RULES } from "./cloud_rules.ts";
import { CODE_HOST_RULES } from "./code_host_rules.ts";

/** Ids are unique over the whole list. */
export const ALL_RULES: readonly Rule[] = [
  ...AI_RULES,
  ...CLOUD_RULES,
  ...CODE_HOST_RULES,
];
