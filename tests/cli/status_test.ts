/** `clawsec status`, for a person and as JSON, with and without a monitor. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { status, statusText } from "../../src/cli/status.ts";
import { sampleThreat } from "../threats/sample.ts";
import {
  CapturedTerminal,
  commandDirectory,
  SAMPLE_STATUS,
  serveControl,
} from "./command_fixture.ts";

Deno.test("`status()` asks the monitor that runs", async () => {
  await using directory = await commandDirectory();
  await using _server = await serveControl(directory.logDir);
  const terminal = new CapturedTerminal();
  assert.equal(await status(directory.command("status", "--json"), terminal), true);
  assert.deepEqual(JSON.parse(terminal.printed), SAMPLE_STATUS);
});

Deno.test("`status()` says that none runs, with the last five threats on the disk", async () => {
  await using directory = await commandDirectory();
  const lines = [1, 2, 3, 4, 5, 6, 7].map((id) =>
    `${JSON.stringify(sampleThreat({ request_id: String(id) }))}\n`
  );
  await Deno.writeTextFile(join(directory.logDir, "threats.jsonl"), lines.join(""));
  const terminal = new CapturedTerminal();
  assert.equal(await status(directory.command("status", "--json"), terminal), false);
  const { running, lastThreats } = JSON.parse(terminal.printed);
  assert.equal(running, false);
  assert.deepEqual(
    lastThreats.map((threat: { request_id: string }) => threat.request_id),
    ["7", "6", "5", "4", "3"],
  );
});

Deno.test("`statusText()` tells a person where it runs and what it has counted", () => {
  const threat = sampleThreat({ dest: "evil.example:443", snippet: "x\x1b[2J\ny" });
  const lines = statusText({ ...SAMPLE_STATUS, lastThreats: [threat] }, "/tmp/clawsec").split("\n");
  assert.deepEqual(lines.slice(0, 5), [
    "ClawSec Monitor 0.0.0 runs on 127.0.0.1:9999 (pid 4711)",
    "since 2026-02-19T13:41:59.587Z, mode monitor, TLS is decrypted",
    "  connections  3 (1 open)",
    "  requests     4",
    "  tunnels      2 decrypted, 0 blind",
  ]);
  assert.equal(lines.at(-3), "last threats:");
  assert.match(lines.at(-2)!, / evil\.example:443 x\\x1b\[2J\\ny$/);
});

Deno.test("`statusText()` tells that nothing runs and nothing was found", () => {
  assert.equal(
    statusText({ running: false, lastThreats: [] }, "/tmp/clawsec"),
    "ClawSec Monitor does not run on /tmp/clawsec\nno threats\n",
  );
});

Deno.test("`statusText()` tells what was not seen, and which suppressions do nothing", () => {
  const host = { intercepted: 1, tunnelled: 0, undecodable: 0, scannedBytes: 9, unscannedBytes: 0 };
  const suppression = { pattern: "jwt", dest: "a.example", reason: "a test", until: "2026-01-31" };
  const lines = statusText({
    ...SAMPLE_STATUS,
    coverage: [
      { host: "pinned.example", ...host, tunnelled: 2, unscannedBytes: 70 },
      { host: "seen.example", ...host },
    ],
    suppressions: [
      { suppression, hits: 3, state: "expired" },
      { suppression, hits: 2, state: "used" },
      { suppression: { fingerprint: "0123456789abcdef", reason: "b" }, hits: 0, state: "unused" },
    ],
  }, "/tmp/clawsec").split("\n");
  assert.deepEqual(lines.slice(lines.indexOf("not all was seen of:")), [
    "not all was seen of:",
    "  pinned.example: 2 blind and 1 decrypted tunnels, 0 undecodable bodies, 9 bytes scanned and 70 not",
    "suppressions that do nothing:",
    "  suppress[0] jwt a.example (a test) ended after 2026-01-31, 3 findings",
    "  suppress[2] 0123456789abcdef (b) has never matched, 0 findings",
    "no threats",
    "",
  ]);
});
