/** What the commands' tests share: a directory with a configuration, a terminal that remembers. */
import { join } from "node:path";
import { type Command, type CommandOf, parseArgs } from "../../src/cli/parse_args.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import type { MonitorStatus } from "../../src/control/control_protocol.ts";
import { ControlServer } from "../../src/control/control_server.ts";
import type { Log } from "../../src/log.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Keeps what was printed. */
export class CapturedTerminal implements Terminal {
  printed = "";
  errors = "";

  out(text: string): void {
    this.printed += text;
  }

  err(text: string): void {
    this.errors += text;
  }
}

/** A `log_dir` with a configuration file that names it. */
export interface CommandDirectory extends AsyncDisposable {
  readonly logDir: string;
  readonly configFile: string;
  /** Parses `args` with `--config` added. */
  command<Kind extends Command["kind"]>(kind: Kind, ...args: readonly string[]): CommandOf<Kind>;
}

/** Makes the directory; `settings` are added to the configuration. */
export async function commandDirectory(
  settings: Readonly<Record<string, unknown>> = {},
): Promise<CommandDirectory> {
  const directory = await temporaryDirectory();
  const configFile = join(directory.path, "clawsec.jsonc");
  const logDir = join(directory.path, "log");
  await Deno.mkdir(logDir, { mode: 0o700 });
  await Deno.writeTextFile(
    configFile,
    JSON.stringify({ log_dir: logDir, proxy_port: 0, ...settings }),
  );
  return {
    logDir,
    configFile,
    command<Kind extends Command["kind"]>(kind: Kind, ...args: readonly string[]) {
      const parsed = parseArgs([kind, "--config", configFile, ...args], "0.0.0");
      if (parsed.kind !== "command" || parsed.command.kind !== kind) {
        throw new Error(
          `Cannot parse "${kind} ${args.join(" ")}": it is ${JSON.stringify(parsed)}`,
        );
      }
      return parsed.command as CommandOf<Kind>;
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** Takes everything and keeps nothing. */
export const SILENT_LOG: Log = { debug() {}, info() {}, warning() {}, error() {} };

/** What a monitor that has done nothing yet tells. */
export const SAMPLE_STATUS: MonitorStatus = {
  running: true,
  pid: 4711,
  version: "0.0.0",
  startedAt: "2026-02-19T13:41:59.587Z",
  address: { host: "127.0.0.1", port: 9999 },
  mode: "monitor",
  mitm: true,
  counters: {
    connections: 3,
    activeConnections: 1,
    requests: 4,
    intercepted: 2,
    tunnelled: 0,
    threats: 1,
    suppressed: 5,
    blocked: 0,
    suppressedFindings: 0,
    undecodable: 0,
    droppedRequestRecords: 0,
    workerRestarts: 0,
    bytesOut: 100,
    bytesIn: 200,
    scannedBytes: 300,
    unscannedBytes: 0,
  },
  lastThreats: [],
  coverage: [],
  suppressions: [],
};

/** A control socket that answers with `status`, and ends itself when asked to stop. */
export async function serveControl(
  logDir: string,
  status: MonitorStatus = SAMPLE_STATUS,
): Promise<AsyncDisposable> {
  const server = await ControlServer.listen(join(logDir, "control.sock"), {
    answer: (command) => {
      if (command === "status") return Promise.resolve({ ok: true, command, status });
      if (command === "reload") {
        return Promise.resolve({ ok: true, command, ignored: ["workers"] });
      }
      // After the answer is on its way: the client waits for the end of its connection.
      setTimeout(() => void close(), 0);
      return Promise.resolve({ ok: true, command });
    },
    log: SILENT_LOG,
  });
  let closing: Promise<void> | undefined;
  const close = () => closing ??= server[Symbol.asyncDispose]();
  return { [Symbol.asyncDispose]: close };
}
