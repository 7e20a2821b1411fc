/** The SSH watcher of the real program, with an `ss` of ours first on its PATH. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startClawsec } from "../support/start_clawsec.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { waitFor } from "../support/wait_for.ts";

const HEADER = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process";
const line = (peer: string) =>
  `ESTAB 0 0 192.0.2.10:50122 ${peer}:22 users:(("ssh",pid=4711,fd=3))`;

Deno.test({
  name: "the program reports a new SSH connection once, and neither old ones nor known hosts",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = await temporaryDirectory();
    const table = join(directory.path, "table");
    const count = join(directory.path, "count");
    const show = (...lines: readonly string[]) =>
      Deno.writeTextFile(table, [HEADER, ...lines, ""].join("\n"));
    await show(line("198.51.100.1"));
    // `cat` by its path: the watcher gives its programs no environment.
    await Deno.writeTextFile(
      join(directory.path, "ss"),
      `#!/bin/sh\n/bin/cat ${table}\necho >> ${count}\n`,
      { mode: 0o755 },
    );
    await using clawsec = await startClawsec({
      config: {
        enable_ssh_watcher: true,
        ssh_poll_interval: 0.1,
        ssh_known_hosts: ["203.0.113.9"],
      },
      env: { PATH: `${directory.path}:${Deno.env.get("PATH")}` },
    });
    const polls = async () => (await Deno.readTextFile(count).catch(() => "")).length;
    await waitFor(async () => await polls() > 0, { what: "the first look at the socket table" });
    await show(line("198.51.100.1"), line("203.0.113.9"), line("198.51.100.2"));
    const [threat] = await clawsec.waitForThreats(1);
    assert.equal(threat?.threat_type, "SSH_CONNECT");
    assert.equal(threat?.protocol, "ssh");
    assert.equal(threat?.direction, "outbound");
    assert.equal(threat?.dest, "198.51.100.2:22");
    assert.match(threat?.snippet ?? "", /ssh/);
    const now = await polls();
    await waitFor(async () => await polls() > now + 2, { what: "more looks at the table" });
    assert.equal((await clawsec.threats()).length, 1);
  },
});
