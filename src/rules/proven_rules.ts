/**
 * What `tests/rules/proven_rules_test.ts` shows of the project's own rules, so that a start need not
 * examine more than a thousand of them.
 */
import type { ProvenRules } from "../scan/rule.ts";
import { ALL_RULES } from "./all_rules.ts";
import { OPTIONAL_RULES } from "./optional_rules.ts";

/** Rules with a match that does not begin with an anchor: what precedes it has to be held back. */
const INNER_ANCHORS: ReadonlySet<string> = new Set([
  "azure_devops_pat",
  "azure_entra_refresh_token",
  "azure_identifiable_key",
  "azure_identifiable_secret",
  "concealment",
  "defense_evasion",
  "destructive_rm",
  "environment_dump",
  "escaped_command",
  "false_authority",
  "fork_bomb",
  "google_oauth_client_id",
  "kernel_crash",
  "look_alike_letters",
  "mailchimp_api_key",
  "maxmind_licence_key",
  "netcat_exec",
  "newrelic_key",
  "path_traversal",
  "persona_jailbreak",
  "php_socket_shell",
  "pipedream_webhook",
  "private_key_jwk",
  "private_key_pem",
  "private_key_putty",
  "reverse_shell_tool",
  "shell_command_string",
  "shell_into_netcat",
  "shell_of_download",
  "shell_rc_append",
  "ssh_directory",
  "ssh_key_file",
  "ssh_key_inject",
  "ssh_pubkey",
  "stream_wrapper",
  "sudoers_write",
  "tool_poisoning",
  "twitter_bearer_token",
  "unicode_tags",
  "unix_account_glob",
  "variation_selectors",
  "wallet_phrase",
  "web_shell",
  "zero_width_in_word",
  "zero_width_run",
]);

const RULES: ReadonlySet<unknown> = new Set([...ALL_RULES, ...OPTIONAL_RULES]);

/** The project's rules, all of them. */
export const PROVEN_RULES: ProvenRules = {
  has: (rule) => RULES.has(rule),
  innerAnchors: INNER_ANCHORS,
  maxBehind: 256,
};
