/**
 * Every rule about commands, files and words that attack an agent or its machine, in one list.
 *
 * The rules of credentials and keys have lists of their own; all_rules joins them with this one.
 */
import type { Rule } from "../scan/rule.ts";
import { AGENT_ERRAND_RULES } from "./agent_errand_rules.ts";
import { CREDENTIAL_FILE_RULES } from "./credential_file_rules.ts";
import { CREDENTIAL_READ_RULES } from "./credential_read_rules.ts";
import { DESTRUCTIVE_RULES } from "./destructive_rules.ts";
import { DISK_RULES } from "./disk_rules.ts";
import { FOREIGN_OVERRIDE_RULES } from "./foreign_override_rules.ts";
import { HIDDEN_UNICODE_RULES } from "./hidden_unicode_rules.ts";
import { PATH_TRAVERSAL_RULES } from "./path_traversal_rules.ts";
import { PERSISTENCE_RULES } from "./persistence_rules.ts";
import { PRIVILEGE_RULES } from "./privilege_rules.ts";
import { PROMPT_INJECTION_RULES } from "./prompt_injection_rules.ts";
import { REVERSE_SHELL_RULES } from "./reverse_shell_rules.ts";
import { REVERSE_SHELL_SCRIPT_RULES } from "./reverse_shell_script_rules.ts";
import { SENSITIVE_CONTENT_RULES } from "./sensitive_content_rules.ts";
import { SENSITIVE_PATH_RULES } from "./sensitive_path_rules.ts";
import { SHELL_EXEC_RULES } from "./shell_exec_rules.ts";
import { SHELL_RULES } from "./shell_rules.ts";

/** Ids are unique over the whole list. */
export const INJECTION_RULES: readonly Rule[] = [
  ...SHELL_RULES,
  ...SHELL_EXEC_RULES,
  ...REVERSE_SHELL_RULES,
  ...REVERSE_SHELL_SCRIPT_RULES,
  ...DESTRUCTIVE_RULES,
  ...DISK_RULES,
  ...PERSISTENCE_RULES,
  ...PRIVILEGE_RULES,
  ...SENSITIVE_PATH_RULES,
  ...PATH_TRAVERSAL_RULES,
  ...CREDENTIAL_FILE_RULES,
  ...CREDENTIAL_READ_RULES,
  ...SENSITIVE_CONTENT_RULES,
  ...HIDDEN_UNICODE_RULES,
  ...PROMPT_INJECTION_RULES,
  ...FOREIGN_OVERRIDE_RULES,
  ...AGENT_ERRAND_RULES,
];
