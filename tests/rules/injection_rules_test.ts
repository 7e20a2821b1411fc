/** The rules of commands, files and words, run by the engine that runs them in the proxy. */
import assert from "node:assert/strict";
import { INJECTION_RULES } from "../../src/rules/injection_rules.ts";
import type { Direction, Rule } from "../../src/scan/rule.ts";
import { compileRules, type RuleSet } from "../../src/scan/rule_set.ts";
import { scanText } from "../support/scan_text.ts";

const RULE_SETS = new Map<Rule, RuleSet>(
  INJECTION_RULES.map((rule) => [rule, compileRules([rule])]),
);

function severitiesOf(rule: Rule, text: string, direction: Direction): string[] {
  return scanText(RULE_SETS.get(rule)!, text, { direction }).map(({ severity }) => severity);
}

Deno.test("`INJECTION_RULES` finds every example in each direction of its rule", () => {
  for (const rule of INJECTION_RULES) {
    for (const direction of rule.directions) {
      for (const example of rule.examples) {
        const found = severitiesOf(rule, example, direction);
        assert.notDeepEqual(found, [], `${rule.id} misses ${example}`);
      }
    }
  }
});

Deno.test("`INJECTION_RULES` finds no non-example above `info`", () => {
  for (const rule of INJECTION_RULES) {
    for (const direction of rule.directions) {
      for (const example of rule.nonExamples) {
        const found = severitiesOf(rule, example, direction).filter((level) => level !== "info");
        assert.deepEqual(found, [], `${rule.id} finds ${example}`);
      }
    }
  }
});

Deno.test("`INJECTION_RULES` keeps the labels of the original", () => {
  const labels = new Set(INJECTION_RULES.map(({ pattern }) => pattern));
  const kept = [
    "unix_sensitive",
    "dotenv_file",
    "pipe_to_shell",
    "shell_exec",
    "reverse_shell",
    "destructive_rm",
    "prompt_injection",
    "hidden_unicode",
  ];
  assert.deepEqual(kept.filter((label) => !labels.has(label)), []);
});
