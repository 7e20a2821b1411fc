/**
 * The monitor's end of `control.sock`: request lines → answers, for whoever may enter `log_dir`.
 *
 * Also what makes a monitor the only one on its `log_dir`: `control.lock` is held as long as it
 * runs. The kernel lets go of it when the process dies, however it dies, so that a socket file found
 * under the lock is stale and is removed. `control.lock` itself stays: to remove a lock file is a race.
 *
 * Unix only. On Windows Deno has no Unix sockets before 2.9 and no modes; the program is not built
 * for it.
 */
import type { Log } from "../log.ts";
import {
  type ControlAnswer,
  type ControlCommand,
  MAX_REQUEST_BYTES,
  parseControlRequest,
} from "./control_protocol.ts";
import { LineReader } from "./line_reader.ts";

/** A person asks now and then; a health check every few seconds. */
const MAX_CONNECTIONS = 16;
/** Without a whole request for so long, a connection is dropped. */
const IDLE_TIMEOUT_MS = 10_000;
const SOCKET_MODE = 0o600;

/** What the server is made of. */
export interface ControlServerOptions {
  /** Answers a command; an error becomes a negative answer. */
  readonly answer: (command: ControlCommand) => Promise<ControlAnswer>;
  /**
   * Told of an answer once it is on its way, or its client gone: what ends the server is done here, so
   * that it doesn't cut off the answer.
   * @default {() => {}}
   */
  readonly onAnswered?: (answer: ControlAnswer) => void;
  readonly log: Log;
  /** @default {10_000} */
  readonly idleTimeoutMs?: number;
}

/** Another monitor runs on the same `log_dir`. */
export class AlreadyRunningError extends Error {
  override readonly name = "AlreadyRunningError";
}

/**
 * Answers on the socket until it is disposed. A connection that has asked to stop stays open until
 * then: its end tells the client that the monitor is gone.
 */
export class ControlServer implements AsyncDisposable {
  readonly #listener: Deno.UnixListener;
  readonly #lock: Deno.FsFile;
  readonly #options: ControlServerOptions;
  readonly #connections = new Set<Deno.Conn>();
  /** Every connection being served, and the loop that accepts them. */
  readonly #tasks = new Set<Promise<void>>();

  private constructor(
    listener: Deno.UnixListener,
    lock: Deno.FsFile,
    options: ControlServerOptions,
  ) {
    this.#listener = listener;
    this.#lock = lock;
    this.#options = options;
    this.#own(this.#accept());
  }

  /**
   * Listens on the socket `path`; a stale one is replaced.
   *
   * @throws {AlreadyRunningError} if another process has the lock beside it.
   */
  static async listen(path: string, options: ControlServerOptions): Promise<ControlServer> {
    const lock = await Deno.open(path.replace(/(\.sock)?$/, ".lock"), {
      write: true,
      create: true,
      mode: 0o600,
    });
    try {
      if (!await lock.tryLock(true)) {
        throw new AlreadyRunningError(
          `Cannot start on "${path}": a monitor is already running there, stop it first`,
        );
      }
      await removeIfThere(path);
      const listener = Deno.listen({ transport: "unix", path });
      await Deno.chmod(path, SOCKET_MODE);
      return new ControlServer(listener, lock, options);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** Removes the socket, ends every connection, lets go of the lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Deno removes the socket's file as well.
    this.#listener.close();
    for (const connection of this.#connections) connection[Symbol.dispose]();
    await Promise.all(this.#tasks);
    this.#lock.close();
  }

  #own(task: Promise<void>): void {
    const owned = task.finally(() => this.#tasks.delete(owned));
    this.#tasks.add(owned);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      if (this.#connections.size >= MAX_CONNECTIONS) {
        connection.close();
        continue;
      }
      this.#connections.add(connection);
      this.#own(this.#serve(connection));
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    const { idleTimeoutMs = IDLE_TIMEOUT_MS, log } = this.#options;
    // Not `close()`, which throws the second time. Either ends the read that waits.
    using _connection = connection;
    const timer = setTimeout(() => connection[Symbol.dispose](), idleTimeoutMs);
    try {
      const reader = new LineReader(connection, { maxLineBytes: MAX_REQUEST_BYTES });
      for (;;) {
        const answer = await this.#answerNext(reader);
        if (answer === undefined) break;
        try {
          await writeLine(connection, answer);
        } finally {
          this.#options.onAnswered?.(answer);
        }
        if (!answer.ok) break;
        // What follows a request to stop is not read; the end comes with `asyncDispose`.
        if (answer.command === "stop") {
          clearTimeout(timer);
          await connection.read(new Uint8Array(1));
          break;
        }
      }
    } catch (error) {
      // A client that leaves, or is dropped, in the middle of an exchange.
      log.debug(`Control connection ended: ${error instanceof Error ? error.message : error}`);
    } finally {
      clearTimeout(timer);
      this.#connections.delete(connection);
    }
  }

  /** Undefined: the client has nothing more to ask. */
  async #answerNext(reader: LineReader): Promise<ControlAnswer | undefined> {
    try {
      const line = await reader.readLine();
      if (line === undefined) return undefined;
      const command = parseControlRequest(line);
      if (command === undefined) {
        return {
          ok: false,
          error: 'Cannot answer: it is no request, such as {"command":"status"}',
        };
      }
      return await this.#options.answer(command);
    } catch (error) {
      if (isConnectionEnd(error)) throw error;
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
  }
}

function isConnectionEnd(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionReset;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function writeLine(connection: Deno.Conn, answer: ControlAnswer): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(answer)}\n`);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
