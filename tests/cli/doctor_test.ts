/** `clawsec doctor` where nothing was ever started, and where a monitor runs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { doctor } from "../../src/cli/doctor.ts";
import type { Diagnosis } from "../../src/cli/diagnosis.ts";
import { CapturedTerminal, type CommandDirectory, commandDirectory } from "./command_fixture.ts";

async function diagnose(directory: CommandDirectory) {
  const terminal = new CapturedTerminal();
  const variables = join(directory.logDir, "variables");
  await Deno.writeTextFile(variables, "HTTPS_PROXY=http://127.0.0.1:1\n");
  const command = directory.command("doctor", "--json", "--shell-env", variables);
  const isWell = await doctor(command, terminal);
  return { isWell, diagnoses: JSON.parse(terminal.printed) as readonly Diagnosis[] };
}

function stateOf(diagnoses: readonly Diagnosis[], check: string): string | undefined {
  return diagnoses.find((each) => each.check === check)?.state;
}

Deno.test("`doctor()` tells that nothing runs and that this shell goes elsewhere", async () => {
  await using directory = await commandDirectory();
  const { isWell, diagnoses } = await diagnose(directory);
  assert.equal(isWell, false);
  assert.equal(stateOf(diagnoses, "log_dir"), "ok");
  assert.equal(stateOf(diagnoses, "CA"), "warning");
  assert.equal(stateOf(diagnoses, "monitor"), "failure");
  assert.equal(stateOf(diagnoses, "way"), "failure");
});

Deno.test("`doctor()` tells of a directory that lets others in, and of a damaged CA", async () => {
  await using directory = await commandDirectory();
  await Deno.chmod(directory.logDir, 0o755);
  await Deno.writeTextFile(join(directory.logDir, "ca.crt"), "no certificate");
  const { diagnoses } = await diagnose(directory);
  assert.equal(stateOf(diagnoses, "log_dir"), "failure");
  assert.equal(stateOf(diagnoses, "CA"), "failure");
});
