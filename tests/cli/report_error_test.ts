/** One line for a person's mistake and the machine's refusals, a stack for ours. */
import assert from "node:assert/strict";
import { CaError } from "../../src/ca/ca_error.ts";
import { CommandError } from "../../src/cli/command_error.ts";
import { reportError } from "../../src/cli/report_error.ts";
import { OutputClosedError } from "../../src/cli/terminal.ts";
import { ConfigError } from "../../src/config.ts";
import { NotRunningError } from "../../src/control/control_client.ts";
import { AlreadyRunningError } from "../../src/control/control_server.ts";

Deno.test("`reportError()` writes one line and chooses the exit code", async (t) => {
  const needs = 'Cannot run "status": it has no';
  const cases: readonly (readonly [string, Error, 0 | 1 | 2, string])[] = [
    ["a config error", new ConfigError("Cannot a"), 2, "Cannot a"],
    ["a command error", new CommandError("Cannot b"), 1, "Cannot b"],
    ["a CA error", new CaError("Cannot c"), 1, "Cannot c"],
    ["not running", new NotRunningError("Cannot d"), 1, "Cannot d"],
    ["already running", new AlreadyRunningError("Cannot e"), 1, "Cannot e"],
    [
      "an error in our own words",
      new Error('Cannot load key "a": damaged'),
      1,
      'Cannot load key "a": damaged',
    ],
    ["a line feed in a name", new CommandError('Cannot "a\nb"'), 1, 'Cannot "a\\nb"'],
    [
      "a system error",
      new Deno.errors.PermissionDenied("Permission denied (os error 13)"),
      1,
      'Cannot run "status": Permission denied (os error 13)',
    ],
    [
      "no right to read",
      new Deno.errors.NotCapable(
        'Requires read access to "/a/b", run again with the --allow-read flag',
      ),
      1,
      `${needs} read access to "/a/b", add --allow-read=/a/b to the flags of deno`,
    ],
    [
      "no right to the socket",
      new Deno.errors.NotCapable(
        'Requires net access to "unix:/a/control.sock", run again with the --allow-net flag',
      ),
      1,
      `${needs} net access to "unix:/a/control.sock", add --allow-net=unix:/a/control.sock to the ` +
      "flags of deno",
    ],
    [
      "no right to a variable",
      new Deno.errors.NotCapable(
        'Requires env access to "CLAWSEC_MODE", run again with the --allow-env flag',
      ),
      1,
      `${needs} env access to "CLAWSEC_MODE", add --allow-env=CLAWSEC_* to the flags of deno`,
    ],
    [
      "no right to anything of a kind",
      new Deno.errors.NotCapable("Requires sys access, run again with the --allow-sys flag"),
      1,
      `${needs} sys access to anything, add --allow-sys to the flags of deno`,
    ],
    [
      "a right that Deno words otherwise",
      new Deno.errors.NotCapable("Something else"),
      1,
      'Cannot run "status": Something else',
    ],
  ];
  for (const [reason, error, exitCode, line] of cases) {
    await t.step(reason, () => {
      assert.deepEqual(reportError(error, "status"), { text: `${line}\n`, exitCode });
    });
  }
});

Deno.test("`reportError()` says nothing when the reader is gone", () => {
  assert.deepEqual(reportError(new OutputClosedError(), "rules"), { text: "", exitCode: 0 });
});

Deno.test("`reportError()` shows the stack of a bug", () => {
  for (const error of [new TypeError("x is undefined"), "a string"]) {
    const { text, exitCode } = reportError(error, "status");
    assert.equal(exitCode, 1);
    assert.match(
      text,
      /^Cannot run "status": this is a bug in ClawSec Monitor, please report it\n/,
    );
  }
  assert.match(reportError(new TypeError("x"), "status").text, /\n {4}at .*report_error_test/);
});
