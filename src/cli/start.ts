/**
 * `clawsec start`: runs the monitor in the foreground until it is asked to end.
 *
 * Order of things, undone backwards: log_dir, log, control socket (which makes it the only one),
 * signals, monitor, PID file. The control socket goes nearly last, so that `clawsec stop` returns when
 * the rest is gone. A second signal ends the process at once.
 */
import { join } from "node:path";
import { prepareLogDir } from "../ca/log_dir.ts";
import type { Config } from "../config.ts";
import type { ControlAnswer, ControlCommand, MonitorStatus } from "../control/control_protocol.ts";
import { ControlServer } from "../control/control_server.ts";
import { VERSION } from "../control/version.ts";
import { createLog, type Log } from "../log.ts";
import type { UserRule } from "../rules/user_rule.ts";
import { proxyUrl } from "./agent_environment.ts";
import { writeCaBundle } from "./ca_bundle.ts";
import { CommandError } from "./command_error.ts";
import { controlSocketPath } from "./control_socket_path.ts";
import { ExitSignals } from "./exit_signals.ts";
import { invocation } from "./invocation.ts";
import { collectKnownSecrets, type KnownSecrets } from "./known_secret_sources.ts";
import { loadSettings, type Settings, unknownNames } from "./load_settings.ts";
import { type CommandOf, settingsOf } from "./parse_args.ts";
import { PidFile } from "./pid_file.ts";
import { quoteWord } from "./quote_word.ts";
import type { Terminal } from "./terminal.ts";

/** What Deno says of a name that has no address: an error of no kind of its own. */
const UNKNOWN_HOST_REGEXP = /^failed to lookup address information/;

/** The configuration and what it points to, checked. */
export interface MonitorSettings {
  readonly config: Config;
  readonly userRules: readonly UserRule[];
  /** Undefined: none are named. */
  readonly knownSecrets: KnownSecrets | undefined;
}

/** What `start` needs of a monitor. Disposing drains it. */
export interface RunningMonitor extends AsyncDisposable {
  /** Where the proxy listens, its real port. */
  readonly address: { readonly host: string; readonly port: number };
  status(): MonitorStatus;
  /** All or nothing; resolves to the settings that hold only from the next start on. */
  reload(settings: MonitorSettings): Promise<readonly string[]>;
}

/** What `start` is handed. */
export interface StartOptions {
  readonly terminal: Terminal;
  readonly startMonitor: (
    options: MonitorSettings & { readonly log: Log },
  ) => Promise<RunningMonitor>;
}

/**
 * Starts the monitor and resolves when it has ended.
 *
 * @throws {ConfigError} for a mistake in the configuration.
 * @throws {CaError} if `log_dir` or the CA in it cannot be used.
 * @throws {AlreadyRunningError} if a monitor runs on the same `log_dir`.
 * @throws {CommandError} if the address cannot be listened on.
 */
export async function start(command: CommandOf<"start">, options: StartOptions): Promise<void> {
  const { terminal, startMonitor } = options;
  const source = { path: command.config, flags: settingsOf(command) };
  const settings = await loadSettings(source);
  const { config } = settings;
  const logDir = await prepareLogDir(config.logDir);
  const socketPath = controlSocketPath(logDir);
  const pidPath = join(logDir, "monitor.pid");
  const asked = Promise.withResolvers<void>();
  /** Whoever asks while the monitor starts waits for it. */
  const ready = Promise.withResolvers<RunningMonitor>();
  // Nobody may be waiting; `start` itself throws the same error.
  ready.promise.catch(() => undefined);

  using log = createLog({ level: config.logLevel, logDir, stderr: (line) => terminal.err(line) });

  async function answer(asking: ControlCommand): Promise<ControlAnswer> {
    if (asking === "stop") {
      log.info("Stopping: asked by clawsec stop");
      return { ok: true, command: asking };
    }
    const monitor = await ready.promise;
    if (asking === "status") return { ok: true, command: asking, status: monitor.status() };
    const ignored = await monitor.reload(await withKnownSecrets(await loadSettings(source), log));
    return { ok: true, command: asking, ignored };
  }

  function onAnswered(answered: ControlAnswer): void {
    if (answered.ok && answered.command === "stop") asked.resolve();
  }

  let signals = 0;
  function onSignal(): void {
    if (++signals === 1) {
      log.info("Stopping: asked by a signal; a second one ends at once");
      return asked.resolve();
    }
    log.warning("Stopping at once: what is in flight is cut off");
    log.flush();
    removeTraces([pidPath, socketPath]);
    Deno.exit(1);
  }

  await using _control = await ControlServer.listen(socketPath, { answer, onAnswered, log });
  using _signals = new ExitSignals(onSignal);
  using _reload = new ReloadSignal(() => reloadOrLog(() => answer("reload"), log));
  using _pidFile = await PidFile.write(pidPath, Deno.pid);
  const all = await withKnownSecrets(settings, log);
  await using monitor = await startMonitor({ ...all, log }).catch((error) => {
    ready.reject(error);
    throw listenError(error, config);
  });
  ready.resolve(monitor);
  await announce(monitor, { config, logDir, command, terminal, log });
  await asked.promise;
}

interface Announcement {
  readonly config: Config;
  readonly logDir: string;
  readonly command: CommandOf<"start">;
  readonly terminal: Terminal;
  readonly log: Log;
}

/** Says, in one line, where the proxy is and how an agent is pointed at it. */
async function announce(monitor: RunningMonitor, announcement: Announcement): Promise<void> {
  const { config, logDir, command, terminal, log } = announcement;
  const caFile = join(logDir, "ca.crt");
  const { path, systemRoots } = await writeCaBundle(caFile);
  if (systemRoots === undefined) {
    log.warning(`No file of system roots was found: "${path}" holds the proxy's CA alone`);
  }
  const url = proxyUrl(monitor.address);
  const file = command.config === undefined ? "" : ` --config ${quoteWord(command.config, "sh")}`;
  log.info(`ClawSec Monitor ${VERSION} listens on ${url}, mode ${config.mode}`);
  terminal.out(
    `ClawSec Monitor ${VERSION} on ${url}, mode ${config.mode}, CA ${caFile}; ` +
      `point an agent at it: eval "$(${invocation("env")}${file})"\n`,
  );
}

/** Turns an error of the operating system about the address into what a person can do about it. */
function listenError(error: unknown, { proxyHost, proxyPort }: Config): unknown {
  const state = error instanceof Deno.errors.AddrInUse
    ? "the port is taken, choose another with --port"
    : error instanceof Deno.errors.AddrNotAvailable
    ? "this machine has no such address, choose another with --host"
    : error instanceof Deno.errors.PermissionDenied && proxyPort > 0 && proxyPort < 1024
    ? "ports below 1024 are for root, choose another with --port"
    : error instanceof Error && UNKNOWN_HOST_REGEXP.test(error.message)
    ? "no such name is known, choose another with --host"
    : undefined;
  if (state === undefined) return error;
  const host = proxyHost.includes(":") ? `[${proxyHost}]` : proxyHost;
  return new CommandError(`Cannot listen on "${host}:${proxyPort}": ${state}`, { cause: error });
}

/** Adds what takes a log to collect, and warns of what does nothing. */
async function withKnownSecrets(settings: Settings, log: Log): Promise<MonitorSettings> {
  const { config, userRules, rules } = settings;
  for (const text of await unknownNames(settings)) log.warning(text);
  const onWarning = (text: string) => log.warning(text);
  const { env, files } = config.knownSecrets;
  const knownSecrets = env.length + files.length === 0
    ? undefined
    : await collectKnownSecrets(config.knownSecrets, { rules: await rules(), onWarning });
  return { config, userRules, knownSecrets };
}

/** Whoever sent a signal reads the log; a mistake leaves what was there. */
async function reloadOrLog(reload: () => Promise<ControlAnswer>, log: Log): Promise<void> {
  try {
    const answer = await reload();
    if (answer.ok && answer.command === "reload" && answer.ignored.length > 0) {
      log.warning(`These hold from the next start on: ${answer.ignored.join(", ")}`);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error(`The configuration was not loaded anew, the old one goes on: ${reason}`);
  }
}

/** Calls `onSignal` at SIGHUP, which Windows does not have. */
class ReloadSignal implements Disposable {
  readonly #onSignal: () => void;

  constructor(onSignal: () => Promise<void>) {
    // `onSignal` rejects never.
    this.#onSignal = () => void onSignal();
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", this.#onSignal);
  }

  [Symbol.dispose](): void {
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", this.#onSignal);
  }
}

function removeTraces(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      Deno.removeSync(path);
    } catch {
      // The process ends now; what it leaves blocks no start.
    }
  }
}
