/**
 * Asks the monitor that runs on a `log_dir` for its status, or to stop.
 *
 * Whether a monitor runs is found out by asking: its PID may be another program's by now, and a
 * signal to it would need the right to run any program (`--allow-run`).
 */
import {
  type ControlAnswer,
  type ControlCommand,
  MAX_ANSWER_BYTES,
  parseControlAnswer,
} from "./control_protocol.ts";
import { LineReader } from "./line_reader.ts";

/** How long an answer may take. The monitor asks its data workers first. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Deadlines, and whether to wait for the end. */
export interface AskControlOptions {
  /** From the connection to the answer. @default {5_000} */
  readonly timeoutMs?: number;
  /**
   * Milliseconds to wait, after the answer, until the monitor has closed the connection, as it does
   * when it has drained and tidied up.
   * @default waits for the answer only
   */
  readonly closeTimeoutMs?: number;
}

/** Nothing answers on the socket: no monitor runs on this `log_dir`. */
export class NotRunningError extends Error {
  override readonly name = "NotRunningError";
}

/**
 * Sends `command` to the socket at `path` and resolves to the answer.
 *
 * @throws {NotRunningError} if there is no socket, or nobody listens on it.
 * @throws {Deno.errors.TimedOut} if the answer or the end does not come in time.
 * @throws {Error} if what comes is no answer.
 */
export async function askControl(
  path: string,
  command: ControlCommand,
  options: AskControlOptions = {},
): Promise<ControlAnswer> {
  const { timeoutMs = ANSWER_TIMEOUT_MS, closeTimeoutMs } = options;
  using connection = await connect(path);
  const reader = new LineReader(connection, { maxLineBytes: MAX_ANSWER_BYTES });
  const line = await withDeadline(connection, timeoutMs, async () => {
    await writeAll(connection, `${JSON.stringify({ command })}\n`);
    return await reader.readLine();
  });
  const answer = line === undefined ? undefined : parseControlAnswer(line, command);
  if (answer === undefined) {
    throw new Error(`Cannot read answer on "${path}": it is none to "${command}"`);
  }
  if (closeTimeoutMs !== undefined && answer.ok) {
    await withDeadline(connection, closeTimeoutMs, () => reader.readLine());
  }
  return answer;
}

async function connect(path: string): Promise<Deno.UnixConn> {
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    // ConnectionRefused also says that the path is a file of another kind.
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.ConnectionRefused;
    if (!isAbsent) throw error;
    throw new NotRunningError(`Cannot reach monitor on "${path}": none is running there`, {
      cause: error,
    });
  }
}

/** Runs `exchange` and closes the connection under it when the time is over. */
async function withDeadline<T>(
  connection: Deno.Conn,
  timeoutMs: number,
  exchange: () => Promise<T>,
): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(
        new Deno.errors.TimedOut(
          `Cannot wait for monitor: no answer within ${timeoutMs / 1000} s`,
        ),
      ),
    timeoutMs,
  );
  const exchanged = exchange();
  try {
    return await Promise.race([exchanged, expired]);
  } catch (error) {
    if (error instanceof Deno.errors.TimedOut) {
      connection.close();
      // Closing ends the read; its error is the expiry told once more.
      await exchanged.catch(() => undefined);
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function writeAll(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
