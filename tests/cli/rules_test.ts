/** `clawsec rules`: every rule, as a table and as JSON. */
import assert from "node:assert/strict";
import { CommandError } from "../../src/cli/command_error.ts";
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
  const withHomes = printed.find(({ homes }) => homes !== undefined);
  assert.deepEqual(Object.keys(withHomes!), [
    "id",
    "pattern",
    "type",
    "severity",
    "directions",
    "anchors",
    "homes",
    "description",
    "source",
  ]);
});

Deno.test("`rules()` explains the rules of a pattern, and one by its id", async () => {
  await using directory = await commandDirectory();
  const terminal = new CapturedTerminal();
  await rules(directory.command("rules", "ai_api_key"), terminal);
  const ids = ALL_RULES.filter(({ pattern }) => pattern === "ai_api_key").map(({ id }) => id);
  const printed = Array.from(terminal.printed.matchAll(/^rule +(.*)$/gm), ([, id]) => id);
  assert.deepEqual(printed, ids);
  assert.match(terminal.printed, /^at home at +api\.anthropic\.com \(/m);
});

Deno.test("`rules()` knows no rule that is not there", async () => {
  await using directory = await commandDirectory();
  await assert.rejects(rules(directory.command("rules", "nope"), new CapturedTerminal()), {
    name: CommandError.name,
    message: 'Cannot explain rule "nope": there is none with this id or pattern, see clawsec rules',
  });
});

Deno.test("`rules()` prints the schema of a rules_file", async () => {
  await using directory = await commandDirectory();
  const terminal = new CapturedTerminal();
  await rules(directory.command("rules", "--schema"), terminal);
  const schema = JSON.parse(terminal.printed) as { readonly properties: object };
  assert.ok("rules" in schema.properties);
});

Deno.test("`rules()` lists a person's own among the others, or says what is wrong with them", async () => {
  const rule = {
    id: "corp_token",
    type: "EXFIL",
    severity: "high",
    anchors: ["corp-"],
    regexp: "corp-[a-z0-9]{20}",
    max_length: 25,
    description: "A token of ours.",
    examples: ["corp-" + "zq7vnf3tkx9blw2rcj5y"],
  };
  const path = await Deno.makeTempFile({ suffix: ".jsonc" });
  await using directory = await commandDirectory({ rules_file: path });
  await Deno.writeTextFile(path, JSON.stringify({ rules: [rule] }));
  const terminal = new CapturedTerminal();
  await rules(directory.command("rules", "corp_token"), terminal);
  assert.match(terminal.printed, /^finds +A token of ours\.$/m);
  await Deno.writeTextFile(path, JSON.stringify({ rules: [{ ...rule, examples: ["corp-1"] }] }));
  await assert.rejects(rules(directory.command("rules"), terminal), { name: "ConfigError" });
  await Deno.remove(path);
});
