/**
 * The text of a person's own rules (`rules_file`, JSONC) → rules, checked; or what is wrong, and where.
 *
 * All or nothing: one mistake refuses the file, so that no rule is missing unnoticed. Reads no file and
 * runs no rule itself: what proves a rule is handed in.
 */
import { ConfigError, quoteText } from "../config/config_error.ts";
import { type ConfigFile, type ConfigFileEntry, readConfigFile } from "../config/config_file.ts";
import type { Rule } from "../scan/rule.ts";
import { ruleOfUser, type UserRule } from "./user_rule.ts";
import { readUserRule, USER_RULE_SCHEMA } from "./user_rule_schema.ts";

/** Its own, so that one file cannot slow down every message. */
export const MAX_USER_RULES = 500;

/** What a file of rules is judged by. */
export interface RulesFileOptions {
  /** Ids of the rules that there are already. */
  readonly takenIds: ReadonlySet<string>;
  /** Says what is wrong with a rule when it is used; undefined: nothing. */
  readonly flawOf: (rule: Rule) => string | undefined;
}

/**
 * Reads `{"rules": [{"id": …}, …]}`.
 *
 * @throws {ConfigError} at the first mistake, with its line, its rule and the reason
 */
export function readRulesFile(file: ConfigFile, options: RulesFileOptions): readonly UserRule[] {
  const what = "rules file";
  const entries = readConfigFile({ ...file, what });
  const unknown = entries.find(({ name }) => name !== "rules" && name !== "$schema");
  if (unknown !== undefined) {
    const name = quoteText(JSON.stringify(unknown.name));
    throw new ConfigError(`${unknown.nameAt}: unknown key ${name}, must be rules`);
  }
  const entry = entries.find(({ name }) => name === "rules");
  if (entry === undefined) {
    throw new ConfigError(`Cannot use ${what} "${file.path}": rules is missing, must be a list`);
  }
  const { value, valueAt } = entry;
  if (!Array.isArray(value) || value.length > MAX_USER_RULES) {
    throw new ConfigError(
      `${valueAt([])}: rules must be a list of at most ${MAX_USER_RULES} rules`,
    );
  }
  const takenIds = new Set(options.takenIds);
  return value.map((written, index) => {
    const rule = readRule(written, index, entry);
    const refuse = (flaw: string, field: string) =>
      new ConfigError(`${valueAt([index, field])}: rule "${rule.id}" is refused, ${flaw}`);
    if (takenIds.has(rule.id)) throw refuse("its id is taken by another rule", "id");
    takenIds.add(rule.id);
    const flaw = options.flawOf(ruleOfUser(rule));
    if (flaw !== undefined) throw refuse(flaw, fieldOfFlaw(flaw));
    return rule;
  });
}

function readRule(written: unknown, index: number, { valueAt }: ConfigFileEntry): UserRule {
  const { data, error } = USER_RULE_SCHEMA.safeParse(written);
  const issue = error?.issues[0];
  if (issue !== undefined) {
    const path = issue.path as (string | number)[];
    const item = path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("");
    const found = path.reduce<unknown>(
      (value, step) => (value as Record<string | number, unknown> | undefined)?.[step],
      written,
    );
    const quoted = quoteText(JSON.stringify(found) ?? "missing");
    throw new ConfigError(
      `${valueAt([index, ...path])}: rules[${index}]${item} is ${quoted}, must be ${issue.message}`,
    );
  }
  try {
    return readUserRule(data!);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ConfigError(
      `${valueAt([index, "regexp"])}: rule "${data!.id}" is refused, ${cause.message}`,
      { cause },
    );
  }
}

/** The field that a flaw speaks of, so that the line is that of the mistake. */
function fieldOfFlaw(flaw: string): string {
  const fields = [
    ["non-example", "non_examples"],
    ["example", "examples"],
    ["regexp", "regexp"],
    ["anchor", "anchors"],
  ] as const;
  return fields.find(([word]) => flaw.includes(word))?.[1] ?? "id";
}
