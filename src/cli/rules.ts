/** `clawsec rules`: what the monitor looks for; all of it, or one rule explained. */
import { rulesFileJsonSchema } from "../rules/user_rule_schema.ts";
import type { Rule } from "../scan/rule.ts";
import { CommandError } from "./command_error.ts";
import { loadSettings } from "./load_settings.ts";
import type { CommandOf } from "./parse_args.ts";
import { printable, type Terminal } from "./terminal.ts";

/**
 * Prints the rules that are on, those of `rules_file` among them: a table, with an ID what is known of it,
 * with `--json` one array; with `--schema` the JSON Schema of a `rules_file`.
 *
 * @throws {CommandError} if no rule has the ID, as its own or as its pattern
 * @throws {ConfigError} for a mistake in the configuration or in the rules
 */
export async function rules(command: CommandOf<"rules">, terminal: Terminal): Promise<void> {
  if (command.schema) {
    return terminal.out(`${JSON.stringify(rulesFileJsonSchema(), undefined, 2)}\n`);
  }
  const settings = await loadSettings({ path: command.config });
  const rules = await settings.rules();
  const { rule: name } = command;
  const chosen = name === undefined
    ? rules
    : rules.filter(({ id, pattern }) => id === name || pattern === name);
  if (chosen.length === 0) {
    throw new CommandError(
      `Cannot explain rule "${name}": there is none with this id or pattern, see clawsec rules`,
    );
  }
  if (command.json) return terminal.out(`${JSON.stringify(chosen.map(ruleRecord))}\n`);
  terminal.out(name === undefined ? rulesTable(chosen) : chosen.map(explanation).join("\n"));
}

function ruleRecord(rule: Rule) {
  const { id, pattern, type, severity, directions, anchors, homes, description, source } = rule;
  return { id, pattern, type, severity, directions, anchors, homes, description, source };
}

function explanation(rule: Rule): string {
  const homes = rule.homes?.map(({ host, headers }) => `${host} (${headers.join(", ")})`) ?? [];
  const rows: readonly (readonly [string, string])[] = [
    ["rule", rule.id],
    ["pattern", rule.pattern],
    ["type", rule.type],
    ["severity", rule.severity],
    ["directions", rule.directions.join(", ")],
    ["finds", rule.description],
    ["source", rule.source],
    ["anchors", rule.anchors.map((anchor) => JSON.stringify(anchor)).join(", ")],
    ["expression", String(rule.regexp)],
    ["at home at", homes.length === 0 ? "no host" : homes.join("; ")],
  ];
  return rows.map(([label, text]) => `${printable(`${label.padEnd(11)} ${text}`)}\n`).join("");
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
