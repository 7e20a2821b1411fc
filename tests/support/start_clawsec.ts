/**
 * The real program as a child, with the rights a task of `deno.json` gives it and no others: the flags are read
 * from there, so that a test fails where the task's rights do not suffice.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import project from "../../deno.json" with { type: "json" };
import { askControl, NotRunningError } from "../../src/control/control_client.ts";
import type { MonitorStatus } from "../../src/control/control_protocol.ts";
import type { RequestRecord } from "../../src/threats/request_log.ts";
import type { Threat } from "../../src/threats/threat.ts";
import { temporaryDirectory } from "./temporary_directory.ts";
import { waitFor } from "./wait_for.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Draining takes 10 s at most; then it must be over. */
const STOP_DEADLINE_MS = 15_000;

/** How a program ended. */
export interface ProgramOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a monitor is started with. */
export interface StartClawsecOptions {
  /** Content of the configuration file; `log_dir` and `proxy_port: 0` are added. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** After `start`. */
  readonly args?: readonly string[];
  /** Added to the environment, from which `CLAWSEC_*` was removed. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it keeps its files: two starts after each other. @default a temporary directory */
  readonly logDir?: string;
}

/** A monitor that runs. Stopped, and its files removed, when disposed of. */
export interface RunningClawsec extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** For `HTTP_PROXY` and `curl -x`. */
  readonly proxyUrl: string;
  readonly logDir: string;
  readonly configFile: string;
  /** Certificate to trust. */
  readonly caFile: string;
  /** What it said on stderr so far. */
  readonly stderr: string;
  /** Lines of `threats.jsonl`, oldest first. */
  threats(): Promise<Threat[]>;
  /** Waits until there are `count` threats at least. */
  waitForThreats(count: number): Promise<Threat[]>;
  /** Lines of `requests.jsonl`, oldest first. */
  requests(): Promise<RequestRecord[]>;
  /** Waits until there are `count` requests at least. */
  waitForRequests(count: number): Promise<RequestRecord[]>;
  status(): Promise<MonitorStatus>;
  /** Runs another command on the same configuration: `["threats", "--limit", "5"]`. */
  run(args: readonly string[]): Promise<ProgramOutput>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<ProgramOutput>;
  /** Sends SIGKILL: a crash. */
  kill(): Promise<ProgramOutput>;
}

/** Starts the monitor and waits until it answers on its control socket. */
export async function startClawsec(options: StartClawsecOptions = {}): Promise<RunningClawsec> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  const logDir = options.logDir ?? join(directory.path, "log");
  const configFile = join(directory.path, "clawsec.jsonc");
  const config = { log_dir: logDir, proxy_port: 0, enable_ssh_watcher: false, ...options.config };
  await Deno.writeTextFile(configFile, JSON.stringify(config));
  const args = ["--config", configFile, ...options.args ?? []];
  const child = stack.use(new Child(taskCommand("start", args, options.env)));
  const { pid, address } = await waitForStatus(child, logDir);
  const owned = stack.move();
  const inLogDir = (name: string) => join(logDir, name);
  return {
    pid,
    port: address.port,
    proxyUrl: `http://127.0.0.1:${address.port}`,
    logDir,
    configFile,
    caFile: inLogDir("ca.crt"),
    get stderr() {
      return child.stderr;
    },
    threats: () => readLines<Threat>(inLogDir("threats.jsonl")),
    waitForThreats: (count) => waitForLines<Threat>(inLogDir("threats.jsonl"), count),
    requests: () => readLines<RequestRecord>(inLogDir("requests.jsonl")),
    waitForRequests: (count) => waitForLines<RequestRecord>(inLogDir("requests.jsonl"), count),
    status: () => status(logDir),
    run: ([command = "", ...rest]) =>
      runClawsec([command, "--config", configFile, ...rest], options.env),
    stop: () => child.end("SIGTERM"),
    kill: () => child.end("SIGKILL"),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Runs any command of the program to its end, with the rights of the task `start`. */
export async function runClawsec(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramOutput> {
  const { words, options } = taskCommand("start", [], env);
  // The task ends with the command `start`; its place is taken by `args`.
  const [program = "", ...flags] = words.slice(0, -1);
  const { code, stdout, stderr } = await new Deno.Command(program, {
    ...options,
    args: [...flags, ...args],
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

interface TaskCommand {
  readonly words: readonly string[];
  readonly options: Deno.CommandOptions;
}

/** What `deno task name …args` runs, without the shell: the tasks quote nothing. */
function taskCommand(
  name: keyof typeof project.tasks,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): TaskCommand {
  const task = project.tasks[name];
  const [program, ...words] = (typeof task === "string" ? task : task.command).split(" ");
  if (program !== "deno" || /["'$&|;]/.test(words.join(" "))) {
    throw new Error(`Cannot run task "${name}": it needs a shell, must be one deno command`);
  }
  const inherited = Object.entries(Deno.env.toObject())
    .filter(([variable]) => !variable.startsWith("CLAWSEC_"));
  return {
    words: [Deno.execPath(), ...words, ...args],
    options: {
      cwd: PROJECT_ROOT,
      clearEnv: true,
      env: { ...Object.fromEntries(inherited), ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    },
  };
}

/** A process whose output is collected. Killed when disposed of, unless it has ended. */
class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  stdout = "";
  stderr = "";
  /** Undefined while it runs. */
  code: number | undefined;

  constructor({ words: [program = "", ...args], options }: TaskCommand) {
    this.#process = new Deno.Command(program, { ...options, args }).spawn();
    this.#reading = Promise.all([
      collect(this.#process.stdout, (text) => this.stdout += text),
      collect(this.#process.stderr, (text) => this.stderr += text),
      this.#process.status.then(({ code }) => this.code = code),
    ]);
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<ProgramOutput> {
    if (this.code === undefined) this.#process.kill(signal);
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), STOP_DEADLINE_MS);
    const startMs = performance.now();
    await this.#reading;
    clearTimeout(timer);
    if (performance.now() - startMs >= STOP_DEADLINE_MS) {
      throw new Error(
        `Waited ${STOP_DEADLINE_MS} ms for the program to end, in vain\n${this.stderr}`,
      );
    }
    return { code: this.code ?? -1, stdout: this.stdout, stderr: this.stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGTERM");
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  take: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}

async function waitForStatus(child: Child, logDir: string): Promise<MonitorStatus> {
  return await waitFor(async () => {
    if (child.code !== undefined) {
      throw new Error(
        `Cannot start the program: it ended with code ${child.code}\n${child.stderr}`,
      );
    }
    try {
      return await status(logDir);
    } catch (error) {
      // While it starts nobody listens or answers; when its start fails, the socket closes unanswered.
      const isStarting = error instanceof NotRunningError || child.code !== undefined ||
        error instanceof Deno.errors.TimedOut ||
        error instanceof Error && error.message.includes("it is none to");
      if (isStarting) return undefined;
      throw error;
    }
  }, { what: "the program to answer on its control socket" });
}

async function status(logDir: string): Promise<MonitorStatus> {
  const answer = await askControl(join(logDir, "control.sock"), "status");
  if (answer.ok && answer.command === "status") return answer.status;
  throw new Error(`Cannot ask for the status: ${JSON.stringify(answer)}`);
}

/** Parses strictly: a line that is no JSON fails the test. */
async function readLines<T>(path: string): Promise<T[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

function waitForLines<T>(path: string, count: number): Promise<T[]> {
  return waitFor(async () => {
    const lines = await readLines<T>(path);
    return lines.length >= count ? lines : undefined;
  }, { what: `${count} lines in ${path}` });
}
