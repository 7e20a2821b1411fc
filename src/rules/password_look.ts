/** Grades a password by its look, where a command's flag or a setting's name says that it is one. */
import type { RuleMatch, Verdict } from "../scan/rule.ts";
import { shannonEntropy } from "./entropy.ts";
import { isDemoPassword } from "./token_rules.ts";

/** Words that passwords of documentation and of test set-ups are made with. */
const WEAK_WORD_REGEXP =
  /pa(?:ss|55)[wp]?|p@ss|pwd|secret|admin|test|demo|example|1234|qwerty|letmein|welcome|foo|bar|hello|world|changeme|default|local|token|user|mysql|postgres|root|dev|s3cr/i;

/** A name, a path, a flag, a call or a type stands where the value would. */
const CODE_REGEXP =
  /^(?:[/~.-]|[A-Za-z_]\w{0,60}(?:\.\w|\(|\[|::|->)|[A-Z][A-Z0-9_]*$|[A-Za-z][a-z]{0,40}(?:[A-Z][a-z]+){1,6}$|@|!|(?:[Nn]ull|[Nn]one|[Tt]rue|[Ff]alse)$)/;

/** `$NAME`, `${name}`, `$(call)`, `{{name}}`, `a$name`: filled in later. */
const TEMPLATE_REGEXP = /^\$|\$[{(]|\{\{|\$[A-Za-z_]{3}/;

const CLASSES: readonly RegExp[] = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/];

/** Bits a character: what eight characters have of which two stand twice. */
const MIN_ENTROPY = 2.7;
const MIN_LENGTH = 6;

/**
 * Grades the secret of a match: a stand-in or a demonstration's is `info`, a weak or wordy one `low`,
 * one that was made to be hard to guess `medium`. Code that stands in its place is dropped.
 */
export function gradePassword({ secret }: Pick<RuleMatch, "secret">): Verdict {
  // A dollar within a password is one of its characters; at its beginning it names a variable.
  if (TEMPLATE_REGEXP.test(secret) || isDemoPassword(secret.replaceAll("$", ""))) return "info";
  if (isCode(secret)) return "drop";
  if (secret.length < MIN_LENGTH || WEAK_WORD_REGEXP.test(secret)) return "low";
  const classes = CLASSES.filter((regexp) => regexp.test(secret)).length;
  const isMixed = classes >= 2 && /[^A-Za-z_-]/.test(secret);
  return isMixed && shannonEntropy(secret) >= MIN_ENTROPY ? "medium" : "low";
}

function isCode(secret: string): boolean {
  return CODE_REGEXP.test(secret) && !/[0-9].*[0-9]/.test(secret);
}
