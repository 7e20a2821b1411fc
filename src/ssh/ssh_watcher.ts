/**
 * The socket table, every few seconds → a threat for each new outbound SSH connection to a host that is neither
 * listed nor was connected to at start. SSH does not pass the proxy, so that watching is all there is: nothing is
 * blocked, and a connection shorter than the interval is not seen.
 *
 * The one file that runs programs: `ss -tnp`, else `netstat -tn`, with a deadline and a bound on
 * what they print. Neither there: one warning, and the watcher rests.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log.ts";
import { type Threat, threatTimestamp } from "../threats/threat.ts";
import { visibleText } from "../threats/visible_text.ts";
import type { KnownHosts } from "./known_hosts.ts";
import {
  formatEndpoint,
  isOutboundSsh,
  parseNetstat,
  parseSs,
  type TcpConnection,
} from "./socket_table.ts";

/** `ss` takes some 50 ms for 10,000 sockets; one that takes longer is stuck. */
const COMMAND_TIMEOUT_MS = 4_000;
/** Some 50,000 connections at 150 bytes a line. */
const MAX_OUTPUT_BYTES = 8_388_608;

const PROGRAMS = [
  { name: "ss", args: ["-tnp"], parse: parseSs },
  { name: "netstat", args: ["-tn"], parse: parseNetstat },
] as const;

/** Runs a program and returns what it printed; rejects with `Deno.errors.NotFound` if it is not there. */
export type CommandRunner = (
  name: string,
  args: readonly string[],
  signal: AbortSignal,
) => Promise<string>;

/** What an `SshWatcher` is made of. */
export interface SshWatcherOptions {
  readonly pollIntervalMs: number;
  readonly knownHosts: KnownHosts;
  readonly log: Log;
  readonly onThreat: (threat: Threat) => void;
  /** Keyed fingerprint of the destination, so that records of one host can be joined. */
  readonly fingerprint: (text: string) => string;
  /** @default runs the program, with a deadline and a bound on its output */
  readonly run?: CommandRunner;
  /** Deadline of one run. @default {4_000} */
  readonly timeoutMs?: number;
  /** Epoch milliseconds. @default {Date.now} */
  readonly now?: () => number;
  /** Resolves after `ms`, or at once when the signal aborts. @default a timer */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Watches for new SSH connections from `start()` until it is disposed of. */
export class SshWatcher implements AsyncDisposable {
  readonly #options: SshWatcherOptions;
  readonly #run: CommandRunner;
  readonly #stop = new AbortController();
  /** Programs not found are not looked for again. */
  #programs: readonly (typeof PROGRAMS)[number][] = PROGRAMS;
  /** Hosts connected to at start; undefined before the first table was read. */
  #hostsAtStart: ReadonlySet<string> | undefined;
  #open: ReadonlySet<string> = new Set();
  /** Programs whose failure was reported and that have not worked since. */
  readonly #failing = new Set<string>();
  #loop: Promise<void> | undefined;

  constructor(options: SshWatcherOptions) {
    this.#options = options;
    const timeoutMs = options.timeoutMs ?? COMMAND_TIMEOUT_MS;
    this.#run = options.run ??
      ((name, args, signal) => runCommand(name, args, { signal, timeoutMs }));
  }

  /** Begins to poll; connections of the first poll count as there at start. */
  start(): void {
    this.#loop ??= this.#pollForever();
  }

  /** Reads the socket table once and reports what is new. Never rejects. */
  async poll(): Promise<void> {
    const connections = await this.#readTable();
    if (connections === undefined) return;
    const outbound = connections.filter(isOutboundSsh);
    const fresh = outbound.filter((connection) => !this.#open.has(keyOf(connection)));
    this.#open = new Set(outbound.map(keyOf));
    if (this.#hostsAtStart === undefined) {
      this.#hostsAtStart = new Set(outbound.map(({ remote }) => remote.address));
      return;
    }
    // Several connections to one host that appear together are one event.
    const byHost = new Map(fresh.toReversed().map((each) => [each.remote.address, each]));
    for (const [address, connection] of byHost) {
      if (this.#hostsAtStart.has(address) || await this.#options.knownHosts.has(address)) continue;
      this.#options.onThreat(this.#threatOf(connection));
    }
  }

  /** Stops polling, ends a program that runs, and waits for both. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #pollForever(): Promise<void> {
    const { signal } = this.#stop;
    const wait = this.#options.wait ?? pause;
    while (!signal.aborted && this.#programs.length > 0) {
      await this.poll();
      await wait(this.#options.pollIntervalMs, signal);
    }
  }

  /** Undefined where no program could tell; that is reported once, not at each poll. */
  async #readTable(): Promise<TcpConnection[] | undefined> {
    for (const program of this.#programs) {
      try {
        const text = await this.#run(program.name, program.args, this.#stop.signal);
        this.#failing.delete(program.name);
        return program.parse(text);
      } catch (error) {
        if (this.#stop.signal.aborted) return undefined;
        this.#programFailed(program, error);
      }
    }
    return undefined;
  }

  #programFailed(program: (typeof PROGRAMS)[number], error: unknown): void {
    const { log } = this.#options;
    if (error instanceof Deno.errors.NotFound) {
      this.#programs = this.#programs.filter((other) => other !== program);
      if (this.#programs.length > 0) return;
      log.warning("Cannot watch SSH connections: neither ss nor netstat is there, one is needed");
      return;
    }
    if (this.#failing.has(program.name)) return;
    this.#failing.add(program.name);
    const reason = error instanceof Error ? error.message : String(error);
    log.warning(`Cannot read the socket table with "${program.name}": ${reason}`);
  }

  #threatOf({ local, remote, process: holder }: TcpConnection): Threat {
    const by = holder === undefined ? "" : ` by ${holder.name} (pid ${holder.pid})`;
    const dest = formatEndpoint(remote);
    return {
      direction: "outbound",
      protocol: "ssh",
      threat_type: "SSH_CONNECT",
      pattern: "ssh_connect",
      snippet: visibleText(`New SSH connection ${formatEndpoint(local)} -> ${dest}${by}`),
      source: local.address,
      dest,
      timestamp: threatTimestamp(this.#options.now?.() ?? Date.now()),
      severity: "medium",
      action: "logged",
      location: "socket_table",
      fingerprint: this.#options.fingerprint(dest),
      // SSH does not pass the proxy: there is no line of requests.jsonl to join.
      request_id: "",
    };
  }
}

function keyOf({ local, remote }: TcpConnection): string {
  return `${formatEndpoint(local)} ${formatEndpoint(remote)}`;
}

/** Reads a program's output with a deadline; more than 8 MiB are cut, and the program ended. */
async function runCommand(
  name: string,
  args: readonly string[],
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<string> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const child = new Deno.Command(name, {
    args: [...args],
    // Nothing of ours is the program's business, and netstat must not translate its states.
    clearEnv: true,
    env: { LC_ALL: "C" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    signal: deadline,
  }).spawn();
  const text = await readBounded(child.stdout);
  const { code } = await child.status;
  if (deadline.aborted) throw new Error(`it took longer than ${timeoutMs} ms`);
  if (code !== 0 && text.length < MAX_OUTPUT_BYTES) throw new Error(`it ended with code ${code}`);
  return text;
}

/** Cancelling the stream closes the pipe, at which the program ends by itself (SIGPIPE). */
async function readBounded(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder("latin1");
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MAX_OUTPUT_BYTES) break;
  }
  return text;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
