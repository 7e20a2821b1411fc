/**
 * How bad a command is where it stands in a request to a language model.
 *
 * A prompt that explains `curl … | sh` is documentation; the same in a tool's result or in a call's
 * arguments is about to be read or run. The first is graded two steps milder, never dropped. What
 * can't be told apart stays as it is. Credentials aren't graded: prose is how they leak.
 */
import type { Finding } from "./finding.ts";
import { SEVERITIES, type Severity } from "./rule.ts";

/** Keys that a request to a model has near its beginning. */
const REQUEST_REGEXP = /^\s*\{[^]{0,4000}?"(?:model|messages|contents|system_instruction)"\s*:/;

/** Where a message of the conversation begins. Quotes of nested JSON are escaped, so they don't count. */
const ROLE_REGEXP = /(?<!\\)"role"\s*:\s*"(\w{1,32})"/g;

/** Roles of tools' results in OpenAI's form and the one before it. */
const TOOL_ROLES: ReadonlySet<string> = new Set(["tool", "function"]);

/** What stands before the text of a tool's result, or of a call's arguments, in its message. */
const TOOL_REGEXP =
  /(?<!\\)"(?:\w*tool_(?:result|use|calls)|function_call(?:_output)?|function(?:Call|Response)|tool(?:Use|Result)|arguments)"/;

const STEPS = 2;
/** Milder is only what is known to be harmless. */
const MILDEST: Severity = "low";

/** Tells whether a JSON body, by its first 4 KiB, is a request to a language model. */
export function isModelRequest(opening: string): boolean {
  return REQUEST_REGEXP.test(opening);
}

/**
 * Grades a finding in a request to a model. `before`: the body's text before the match, as far back as
 * is known; `isWhole`: it is all of it.
 */
export function gradeInRequest(
  { rule, severity }: Finding,
  { before, isWhole }: { readonly before: string; readonly isWhole: boolean },
): Severity {
  if (rule.type !== "INJECTION") return severity;
  const role = [...before.matchAll(ROLE_REGEXP)].at(-1);
  if (role === undefined && !isWhole) return severity;
  if (role !== undefined && TOOL_ROLES.has(role[1]!)) return severity;
  if (TOOL_REGEXP.test(before.slice(role?.index ?? 0))) return severity;
  const step = SEVERITIES.indexOf(severity);
  const floor = SEVERITIES.indexOf(MILDEST);
  return SEVERITIES[Math.max(Math.min(step, floor), step - STEPS)]!;
}
