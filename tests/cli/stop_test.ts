/** `clawsec stop` with and without a monitor. */
import assert from "node:assert/strict";
import { stop } from "../../src/cli/stop.ts";
import { CapturedTerminal, commandDirectory, serveControl } from "./command_fixture.ts";

Deno.test("`stop()` returns when the monitor has gone", async () => {
  await using directory = await commandDirectory();
  await using _server = await serveControl(directory.logDir);
  const terminal = new CapturedTerminal();
  await stop(directory.command("stop"), terminal);
  assert.equal(terminal.printed, "ClawSec Monitor has stopped\n");
  await assert.rejects(Deno.stat(`${directory.logDir}/control.sock`), Deno.errors.NotFound);
});

Deno.test("`stop()` says that nothing runs", async () => {
  await using directory = await commandDirectory();
  await assert.rejects(stop(directory.command("stop"), new CapturedTerminal()), {
    name: "NotRunningError",
    message: `Cannot reach monitor on "${directory.logDir}/control.sock": none is running there`,
  });
});
