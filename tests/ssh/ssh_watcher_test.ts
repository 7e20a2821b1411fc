import assert from "node:assert/strict";
import type { Log } from "../../src/log.ts";
import { KnownHosts } from "../../src/ssh/known_hosts.ts";
import { type CommandRunner, SshWatcher } from "../../src/ssh/ssh_watcher.ts";
import type { Threat } from "../../src/threats/threat.ts";

const NOW_MS = 1_771_508_519_587;

interface WatchOptions {
  /** What each program prints at each poll; a program that is not named is not there. */
  readonly programs: Readonly<Record<string, readonly (string | Error)[]>>;
  readonly known?: readonly string[];
}

function watch(
  { programs, known = [] }: WatchOptions,
  wait?: (ms: number, signal: AbortSignal) => Promise<void>,
) {
  const threats: Threat[] = [];
  const warnings: string[] = [];
  const ran: string[] = [];
  const polls: Record<string, number> = {};
  const run: CommandRunner = (name, args) => {
    ran.push([name, ...args].join(" "));
    const outputs = programs[name];
    if (outputs === undefined) return Promise.reject(new Deno.errors.NotFound(name));
    const poll = polls[name] ?? 0;
    polls[name] = poll + 1;
    const output = outputs[Math.min(poll, outputs.length - 1)] ?? "";
    return output instanceof Error ? Promise.reject(output) : Promise.resolve(output);
  };
  const ignore = () => {};
  const log: Log = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warning: (line) => void warnings.push(line),
  };
  const watcher = new SshWatcher({
    pollIntervalMs: 5_000,
    knownHosts: new KnownHosts(known, {
      resolve: () => Promise.reject(new Error("no names here")),
      now: () => 0,
      onUnresolved: ignore,
    }),
    log,
    onThreat: (threat) => void threats.push(threat),
    fingerprint: (text) => `print of ${text}`,
    run,
    now: () => NOW_MS,
    ...(wait === undefined ? {} : { wait }),
  });
  return { watcher, threats, warnings, ran };
}

type Row = readonly [local: string, remote: string, process?: string];

function ss(...rows: readonly Row[]): string {
  return rows.map(([local, remote, process = ""]) => `ESTAB 0 0 ${local} ${remote} ${process}`)
    .join("\n");
}

const AT_START = ["192.0.2.10:50000", "192.0.2.1:22"] as const;
const NEW = ["192.0.2.10:50001", "203.0.113.9:22", 'users:(("ssh",pid=42,fd=3))'] as const;

Deno.test("`SshWatcher` reports a new connection, with all fields of a threat", async () => {
  const { watcher, threats } = watch({ programs: { ss: [ss(AT_START), ss(AT_START, NEW)] } });
  await watcher.poll();
  await watcher.poll();
  assert.deepEqual(threats, [{
    direction: "outbound",
    protocol: "ssh",
    threat_type: "SSH_CONNECT",
    pattern: "ssh_connect",
    snippet: "New SSH connection 192.0.2.10:50001 -> 203.0.113.9:22 by ssh (pid 42)",
    source: "192.0.2.10",
    dest: "203.0.113.9:22",
    timestamp: "2026-02-19T13:41:59.587000+00:00",
    severity: "medium",
    action: "logged",
    location: "socket_table",
    fingerprint: "print of 203.0.113.9:22",
    request_id: "",
  }]);
});

Deno.test("`SshWatcher` reports a connection once while it lasts, and again when it comes back", async () => {
  const tables = [ss(), ss(NEW), ss(NEW), ss(), ss(NEW)];
  const { watcher, threats } = watch({ programs: { ss: tables } });
  const counts: number[] = [];
  for (const _ of tables) {
    await watcher.poll();
    counts.push(threats.length);
  }
  assert.deepEqual(counts, [0, 1, 1, 1, 2]);
});

Deno.test("`SshWatcher` takes connections to one host that appear together as one", async () => {
  const second = ["192.0.2.10:50002", "203.0.113.9:22"] as const;
  const { watcher, threats } = watch({ programs: { ss: [ss(), ss(NEW, second)] } });
  await watcher.poll();
  await watcher.poll();
  assert.deepEqual(threats.map(({ dest }) => dest), ["203.0.113.9:22"]);
});

Deno.test("`SshWatcher` is silent of listed hosts, hosts of the start, and those who connect to us", async () => {
  const again = ["192.0.2.10:50009", "192.0.2.1:22"] as const;
  const inbound = ["192.0.2.10:22", "203.0.113.50:51000"] as const;
  const { watcher, threats } = watch({
    programs: { ss: [ss(AT_START), ss(again, NEW, inbound)] },
    known: ["203.0.113.0/24"],
  });
  await watcher.poll();
  await watcher.poll();
  assert.deepEqual(threats, []);
});

Deno.test("`SshWatcher` uses netstat where ss is not there, and does not look for ss again", async () => {
  const row = "tcp 0 0 192.0.2.10:50001 203.0.113.9:22 ESTABLISHED";
  const { watcher, threats, ran, warnings } = watch({ programs: { netstat: ["", row] } });
  await watcher.poll();
  await watcher.poll();
  assert.deepEqual(threats.map(({ snippet }) => snippet), [
    "New SSH connection 192.0.2.10:50001 -> 203.0.113.9:22",
  ]);
  assert.deepEqual(ran, ["ss -tnp", "netstat -tn", "netstat -tn"]);
  assert.deepEqual(warnings, []);
});

Deno.test("`SshWatcher` warns once where neither program is there, and rests", async () => {
  const { watcher, warnings, ran } = watch({ programs: {} });
  await watcher.poll();
  watcher.start();
  await watcher.poll();
  await watcher[Symbol.asyncDispose]();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /neither ss nor netstat/);
  assert.deepEqual(ran, ["ss -tnp", "netstat -tn"]);
});

Deno.test("`SshWatcher` does not take a failed poll for an empty table", async () => {
  const broken = new Error("it ended with code 1");
  const { watcher, threats, warnings } = watch({
    programs: { ss: [ss(AT_START), ss(NEW), broken, broken, ss(NEW), broken] },
  });
  for (let poll = 0; poll < 6; poll++) await watcher.poll();
  assert.equal(threats.length, 1);
  assert.deepEqual(warnings, [
    'Cannot read the socket table with "ss": it ended with code 1',
    'Cannot read the socket table with "ss": it ended with code 1',
  ], "one warning each time it begins to fail");
});

Deno.test("`SshWatcher` polls until it is disposed of", async () => {
  const polled = Promise.withResolvers<void>();
  let waits = 0;
  const { watcher, ran } = watch({ programs: { ss: [""] } }, (ms, signal) => {
    assert.equal(ms, 5_000);
    if (++waits < 3) return Promise.resolve();
    polled.resolve();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  });
  watcher.start();
  await polled.promise;
  await watcher[Symbol.asyncDispose]();
  assert.deepEqual(ran, ["ss -tnp", "ss -tnp", "ss -tnp"]);
});

/** A watcher that runs real programs, with `script` as `ss` where one is given. */
async function watchPrograms(
  script: string | undefined,
  act: (watcher: SshWatcher) => Promise<void>,
): Promise<string[]> {
  const warnings: string[] = [];
  const directory = await Deno.makeTempDir();
  const path = Deno.env.get("PATH") ?? "";
  try {
    if (script !== undefined) {
      await Deno.writeTextFile(`${directory}/ss`, script, { mode: 0o755 });
      Deno.env.set("PATH", directory);
    }
    await using watcher = new SshWatcher({
      pollIntervalMs: 5_000,
      knownHosts: new KnownHosts([], {
        resolve: () => Promise.resolve([]),
        now: () => 0,
        onUnresolved: () => {},
      }),
      log: { debug() {}, info() {}, warning: (line) => void warnings.push(line), error() {} },
      onThreat: () => {},
      fingerprint: String,
      // Only the one that hangs is to reach it.
      timeoutMs: script?.includes("sleep") ? 200 : 30_000,
    });
    await act(watcher);
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(directory, { recursive: true });
  }
  return warnings;
}

Deno.test("`SshWatcher` runs the real program where there is one", async () => {
  const warnings = await watchPrograms(undefined, (watcher) => watcher.poll());
  assert.deepEqual(warnings.filter((line) => !line.includes("neither")), []);
});

const BAD_PROGRAMS: readonly { reason: string; script: string; warning: RegExp | undefined }[] = [
  { reason: "hangs", script: "#!/bin/sh\nexec /bin/sleep 600\n", warning: /longer than 200 ms/ },
  { reason: "fails", script: "#!/bin/sh\nexit 3\n", warning: /ended with code 3/ },
  { reason: "prints without end", script: "#!/bin/sh\nexec /usr/bin/yes\n", warning: undefined },
];

for (const { reason, script, warning } of BAD_PROGRAMS) {
  Deno.test(`\`SshWatcher\` survives a program that ${reason}`, async () => {
    const warnings = await watchPrograms(script, (watcher) => watcher.poll());
    assert.equal(warnings.length, warning === undefined ? 0 : 1);
    if (warning !== undefined) assert.match(warnings[0] ?? "", warning);
  });
}

Deno.test("`SshWatcher` ends the program that runs when it is disposed of", async () => {
  const script = "#!/bin/sh\nexec /bin/sleep 600\n";
  const warnings = await watchPrograms(script, (watcher) => {
    watcher.start();
    return Promise.resolve();
  });
  assert.deepEqual(warnings, []);
});
