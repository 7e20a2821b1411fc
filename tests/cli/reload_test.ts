/** `clawsec reload`: asks, and tells what holds only from the next start on. */
import assert from "node:assert/strict";
import { reload } from "../../src/cli/reload.ts";
import { CapturedTerminal, commandDirectory, serveControl } from "./command_fixture.ts";

Deno.test("`reload()` has the monitor reload and names what it cannot", async () => {
  await using directory = await commandDirectory();
  await using _control = await serveControl(directory.logDir);
  const terminal = new CapturedTerminal();
  await reload(directory.command("reload"), terminal);
  assert.equal(terminal.printed, "ClawSec Monitor has loaded its configuration anew\n");
  assert.equal(terminal.errors, "These hold from the next start on: workers\n");
});

Deno.test("`reload()` fails where no monitor runs", async () => {
  await using directory = await commandDirectory();
  await assert.rejects(reload(directory.command("reload"), new CapturedTerminal()), {
    name: "NotRunningError",
  });
});
