/** `clawsec start` around a monitor that does nothing: what it is given, and how it is asked. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type MonitorSettings, start } from "../../src/cli/start.ts";
import { ConfigError } from "../../src/config.ts";
import { askControl } from "../../src/control/control_client.ts";
import type { ControlAnswer } from "../../src/control/control_protocol.ts";
import { waitFor } from "../support/wait_for.ts";
import {
  CapturedTerminal,
  type CommandDirectory,
  commandDirectory,
  SAMPLE_STATUS,
} from "./command_fixture.ts";

/** Remembers what it was given. */
class IdleMonitor implements AsyncDisposable {
  readonly address = SAMPLE_STATUS.address;
  readonly given: MonitorSettings[] = [];
  isDisposed = false;

  status() {
    return SAMPLE_STATUS;
  }

  reload(settings: MonitorSettings) {
    this.given.push(settings);
    return Promise.resolve(["workers"]);
  }

  [Symbol.asyncDispose]() {
    this.isDisposed = true;
    return Promise.resolve();
  }
}

async function ask(directory: CommandDirectory, command: "stop" | "reload") {
  return await askControl(join(directory.logDir, "control.sock"), command, {
    ...(command === "stop" ? { closeTimeoutMs: 5_000 } : {}),
  });
}

/** Starts, hands the running monitor to `use`, and stops. */
async function whileStarted(
  directory: CommandDirectory,
  use: (monitor: IdleMonitor) => Promise<void>,
): Promise<IdleMonitor> {
  // What `announce()` puts into the bundle.
  await Deno.writeTextFile(join(directory.logDir, "ca.crt"), "CA\n");
  const monitor = new IdleMonitor();
  const terminal = new CapturedTerminal();
  const running = start(directory.command("start"), {
    terminal,
    startMonitor: ({ log: _, ...settings }) => {
      monitor.given.push(settings);
      return Promise.resolve(monitor);
    },
  });
  try {
    await waitFor(() => terminal.printed.includes("point an agent at it"), { what: "the start" });
    await use(monitor);
  } finally {
    await ask(directory, "stop");
    await running;
  }
  return monitor;
}

Deno.test("`start()` gives the monitor its settings and disposes of it when asked to stop", async () => {
  const secrets = await Deno.makeTempFile();
  await Deno.writeTextFile(secrets, "API_KEY=abcdefgh-12345\nTOKEN=short\n");
  await using directory = await commandDirectory({
    known_secrets: { files: [secrets] },
    mode: "block",
  });
  const monitor = await whileStarted(directory, async () => {
    assert.match(await Deno.readTextFile(join(directory.logDir, "monitor.pid")), /^\d+\n$/);
  });
  const [settings] = monitor.given;
  assert.equal(settings!.config.mode, "block");
  assert.deepEqual(settings!.userRules, []);
  assert.match(settings!.knownSecrets!.set.sources[0]!.name, /^API_KEY in /);
  assert.ok(monitor.isDisposed);
  const log = await Deno.readTextFile(join(directory.logDir, "clawsec.log"));
  assert.match(log, /Known secret "TOKEN in [^"]*" is not looked for: it is shorter than 8 bytes/);
  assert.ok(!log.includes("abcdefgh"));
  await Deno.remove(secrets);
});

Deno.test("`start()` reloads all or nothing", async () => {
  await using directory = await commandDirectory();
  const monitor = await whileStarted(directory, async () => {
    const settings = { log_dir: directory.logDir, proxy_port: 0, mode: "block" };
    await Deno.writeTextFile(directory.configFile, JSON.stringify(settings));
    const answer: ControlAnswer = await ask(directory, "reload");
    assert.deepEqual(answer, { ok: true, command: "reload", ignored: ["workers"] });
    await Deno.writeTextFile(directory.configFile, JSON.stringify({ ...settings, mode: "off" }));
    const refused: ControlAnswer = await ask(directory, "reload");
    assert.ok(!refused.ok && refused.error.includes('mode is "off"'));
    await Deno.writeTextFile(directory.configFile, JSON.stringify(settings));
  });
  assert.deepEqual(monitor.given.map(({ config }) => config.mode), ["monitor", "block"]);
});

Deno.test("`start()` refuses a mistake before it touches anything", async () => {
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
    [{ mode: "off" }, /mode is "off"/],
    [{ enable_rules: ["nope"] }, /^Cannot use enable_rules: Cannot enable rule "nope"/],
    [
      { upstream_ca_file: "/nope.pem" },
      /^Cannot read upstream_ca_file "\/nope.pem": no such file$/,
    ],
    [{ upstream_ca_file: "/etc/hostname" }, /it holds no PEM certificate, must hold some$/],
    [{ rules_file: "/nope.jsonc" }, /^Cannot read rules file "\/nope.jsonc": no such file$/],
  ];
  for (const [settings, message] of cases) {
    await using directory = await commandDirectory(settings);
    const starting = start(directory.command("start"), {
      terminal: new CapturedTerminal(),
      startMonitor: () => assert.fail("started"),
    });
    await assert.rejects(starting, (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(Array.from(Deno.readDirSync(directory.logDir)), []);
  }
});

Deno.test("`start()` says what is wrong with the address", async () => {
  const cases: readonly (readonly [Error, RegExp])[] = [
    [new Deno.errors.AddrInUse("x"), /: the port is taken, choose another with --port$/],
    [new Deno.errors.AddrNotAvailable("x"), /: this machine has no such address, choose another/],
    [
      new Error("failed to lookup address information: Name or service not known"),
      /: no such name is known, choose another with --host$/,
    ],
  ];
  for (const [error, message] of cases) {
    await using directory = await commandDirectory();
    const starting = start(directory.command("start"), {
      terminal: new CapturedTerminal(),
      startMonitor: () => Promise.reject(error),
    });
    await assert.rejects(starting, { name: "CommandError", message });
  }
});
