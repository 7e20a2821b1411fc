/** `clawsec threats`: newest first, filtered, followed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { threats } from "../../src/cli/threats.ts";
import type { Threat } from "../../src/threats/threat.ts";
import { sampleThreat } from "../threats/sample.ts";
import { waitFor } from "../support/wait_for.ts";
import { CapturedTerminal, type CommandDirectory, commandDirectory } from "./command_fixture.ts";

async function append(directory: CommandDirectory, ...written: readonly Threat[]): Promise<void> {
  const text = written.map((threat) => `${JSON.stringify(threat)}\n`).join("");
  await Deno.writeTextFile(join(directory.logDir, "threats.jsonl"), text, { append: true });
}

async function ids(
  directory: CommandDirectory,
  ...options: readonly string[]
): Promise<readonly string[]> {
  const terminal = new CapturedTerminal();
  await threats(directory.command("threats", ...options), terminal);
  return printedIds(terminal);
}

function printedIds({ printed }: CapturedTerminal): readonly string[] {
  return printed.split("\n").filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as Threat).request_id);
}

Deno.test("`threats()` prints nothing before there is a log", async () => {
  await using directory = await commandDirectory();
  assert.deepEqual(await ids(directory), []);
});

Deno.test("`threats()` prints what passes the options, newest first", async () => {
  await using directory = await commandDirectory();
  await append(
    directory,
    sampleThreat({ request_id: "1", pattern: "a", direction: "outbound", severity: "high" }),
    sampleThreat({ request_id: "2", pattern: "b", direction: "inbound", severity: "low" }),
    sampleThreat({ request_id: "3", pattern: "a", direction: "inbound", severity: "high" }),
  );
  assert.deepEqual(await ids(directory), ["3", "2", "1"]);
  assert.deepEqual(await ids(directory, "--limit", "2"), ["3", "2"]);
  assert.deepEqual(await ids(directory, "--limit", "0"), []);
  assert.deepEqual(await ids(directory, "--pattern", "a"), ["3", "1"]);
  assert.deepEqual(await ids(directory, "--direction", "inbound"), ["3", "2"]);
  assert.deepEqual(await ids(directory, "--severity", "low"), ["2"]);
  assert.deepEqual(await ids(directory, "--pattern", "a", "--direction", "outbound"), ["1"]);
});

Deno.test("`threats()` skips damaged lines and says how many", async () => {
  await using directory = await commandDirectory();
  await append(directory, sampleThreat({ request_id: "1" }));
  await Deno.writeTextFile(join(directory.logDir, "threats.jsonl"), "{torn\n", { append: true });
  const terminal = new CapturedTerminal();
  await threats(directory.command("threats"), terminal);
  assert.deepEqual(printedIds(terminal), ["1"]);
  assert.equal(terminal.errors, "1 damaged lines were skipped\n");
});

Deno.test("`threats()` follows: the last ones oldest first, then each new one", async () => {
  await using directory = await commandDirectory();
  await append(directory, ...["1", "2", "3"].map((id) => sampleThreat({ request_id: id })));
  const terminal = new CapturedTerminal();
  const done = threats(directory.command("threats", "--follow", "--limit", "2"), terminal);
  await waitFor(() => printedIds(terminal).length === 2, { what: "the last two" });
  await append(directory, sampleThreat({ request_id: "4" }));
  await waitFor(() => printedIds(terminal).length === 3, { what: "the new one" });
  Deno.kill(Deno.pid, "SIGTERM");
  await done;
  assert.deepEqual(printedIds(terminal), ["2", "3", "4"]);
});

Deno.test("`threats()` lists what block mode would have stopped", async () => {
  await using directory = await commandDirectory();
  const records = [
    sampleThreat({ request_id: "1", would: "blocked" }),
    sampleThreat({ request_id: "2" }),
    sampleThreat({ request_id: "3", would: "redacted" }),
  ];
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join("");
  await Deno.writeTextFile(join(directory.logDir, "threats.jsonl"), lines);
  const terminal = new CapturedTerminal();
  await threats(directory.command("threats", "--would-block"), terminal);
  const printed = terminal.printed.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(printed.map(({ request_id }) => request_id), ["3", "1"]);
  assert.deepEqual(
    printed.map(({ fingerprint }) => fingerprint),
    Array(2).fill("0123456789abcdef"),
  );
});
