/** `clawsec rules`: what the monitor looks for. */
import { ALL_RULES } from "../rules/all_rules.ts";
import type { Rule } from "../scan/rule.ts";
import { loadConfig } from "./load_config.ts";
import type { CommandOf } from "./parse_args.ts";
import type { Terminal } from "./terminal.ts";

/** Prints every rule: a table, or with `--json` one array. */
export async function rules(command: CommandOf<"rules">, terminal: Terminal): Promise<void> {
  // No setting changes the rules; a mistake in them is still not passed over.
  await loadConfig({ path: command.config });
  terminal.out(
    command.json ? `${JSON.stringify(ALL_RULES.map(ruleRecord))}\n` : rulesTable(ALL_RULES),
  );
}

function ruleRecord({ id, pattern, type, severity, directions, description, source }: Rule) {
  return { id, pattern, type, severity, directions, description, source };
}

function rulesTable(all: readonly Rule[]): string {
  const rows = [
    ["RULE", "PATTERN", "TYPE", "SEVERITY", "DESCRIPTION"],
    ...all.map((rule) => [rule.id, rule.pattern, rule.type, rule.severity, rule.description]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`)
    .join("");
}
