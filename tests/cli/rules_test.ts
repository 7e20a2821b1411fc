/** `clawsec rules`: every rule, as a table and as JSON. */
import assert from "node:assert/strict";
import { rules } from "../../src/cli/rules.ts";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { CapturedTerminal, commandDirectory } from "./command_fixture.ts";

Deno.test("`rules()` prints a line a rule below a heading", async () => {
  await using directory = await commandDirectory();
  const terminal = new CapturedTerminal();
  await rules(directory.command("rules"), terminal);
  const [heading, ...lines] = terminal.printed.trimEnd().split("\n");
  assert.match(heading!, /^RULE +PATTERN +TYPE +SEVERITY +DESCRIPTION$/);
  assert.deepEqual(lines.map((line) => line.split(" ")[0]), ALL_RULES.map(({ id }) => id));
});

Deno.test("`rules()` prints JSON", async () => {
  await using directory = await commandDirectory();
  const terminal = new CapturedTerminal();
  await rules(directory.command("rules", "--json"), terminal);
  const printed = JSON.parse(terminal.printed) as readonly Record<string, unknown>[];
  assert.deepEqual(printed.map(({ id }) => id), ALL_RULES.map(({ id }) => id));
  assert.deepEqual(Object.keys(printed[0]!), [
    "id",
    "pattern",
    "type",
    "severity",
    "directions",
    "description",
    "source",
  ]);
});
