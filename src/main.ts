/**
 * ClawSec Monitor: words of the command line → a command → an exit code. And the map of the house:
 *
 * ```
 * accept    net/accept_clients.ts   a client's connection, in a data worker (proxy/data_worker.ts)
 * parse     http1/, http2/          bytes → request heads and bodies; ambiguity is an error
 * decide    proxy/decide.ts         forward | intercept | tunnel | refuse
 *           proxy/intercept.ts      CONNECT: TLS with a leaf of our CA (ca/), then served again
 * scan      scan/, rules/           bytes → findings, through every coding, in both directions
 * forward   proxy/forward.ts        to the origin and back, byte for byte (net/dial.ts)
 * log       threats/                findings → masked threats → threats.jsonl, by way of monitor.ts
 * ```
 *
 * `monitor.ts` builds all of it and has the rights; `ssh/` watches what does not come through the
 * proxy; `control/` answers `status`, `stop` and `reload`; `cli/` is one file a command. `config.ts` says what
 * can be set, `log.ts` what is told. `src/README.md` says why.
 */
import { VERSION } from "./control/version.ts";
import type { Command } from "./cli/parse_args.ts";
import type { ExitCode } from "./cli/report_error.ts";
import { PROCESS_TERMINAL, type Terminal } from "./cli/terminal.ts";
import type { MonitorOptions } from "./monitor.ts";
import type { EarlyWorker } from "./proxy/early_worker.ts";

/** Runs what `args` ask for and resolves to the exit code. Prints to `terminal` only. */
export async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  using early = args[0] === "start" ? await beginWorker() : undefined;
  const { parseArgs } = await import("./cli/parse_args.ts");
  const parsed = parseArgs(args, VERSION);
  try {
    switch (parsed.kind) {
      case "text":
        terminal.out(parsed.text);
        return 0;
      case "wrong":
        terminal.err(`Cannot run "clawsec ${args.join(" ")}": ${parsed.reason}\n`);
        return 2;
      case "command":
        return await run(parsed.command, terminal, early);
      default:
        return parsed satisfies never;
    }
  } catch (error) {
    const { reportError } = await import("./cli/report_error.ts");
    const { text, exitCode } = reportError(error, args[0] ?? "");
    terminal.err(text);
    return exitCode;
  }
}

/** Half of what a start takes is loading the worker's modules: that begins before all else. */
async function beginWorker(): Promise<EarlyWorker> {
  const { EarlyWorker } = await import("./proxy/early_worker.ts");
  return new EarlyWorker();
}

/** Each command is loaded when it is asked for: `clawsec status` need not wait for the rules. */
async function run(
  command: Command,
  terminal: Terminal,
  early: EarlyWorker | undefined,
): Promise<ExitCode> {
  switch (command.kind) {
    case "start": {
      const [{ start }, { Monitor }] = await Promise.all([
        import("./cli/start.ts"),
        import("./monitor.ts"),
      ]);
      const createWorker = early && (() => early.take());
      const startMonitor = (options: MonitorOptions) => Monitor.start({ ...options, createWorker });
      await start(command, { terminal, startMonitor });
      return 0;
    }
    case "stop":
      await (await import("./cli/stop.ts")).stop(command, terminal);
      return 0;
    case "status":
      return await (await import("./cli/status.ts")).status(command, terminal) ? 0 : 1;
    case "reload":
      await (await import("./cli/reload.ts")).reload(command, terminal);
      return 0;
    case "doctor":
      return await (await import("./cli/doctor.ts")).doctor(command, terminal) ? 0 : 1;
    case "health":
      await (await import("./cli/health.ts")).health(command, terminal);
      return 0;
    case "threats":
      await (await import("./cli/threats.ts")).threats(command, terminal);
      return 0;
    case "ca":
      await (await import("./cli/ca.ts")).ca(command, terminal);
      return 0;
    case "env":
      await (await import("./cli/env.ts")).env(command, terminal);
      return 0;
    case "scan":
      return (await (await import("./cli/scan.ts")).scan(command, terminal)).hasFindings ? 3 : 0;
    case "rules":
      await (await import("./cli/rules.ts")).rules(command, terminal);
      return 0;
    default:
      return command satisfies never;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args, PROCESS_TERMINAL));
