/** Another program that runs until its owner is disposed of, and only that one is ended. */
import { waitFor } from "../support/wait_for.ts";

/** A proxy with connections open may take its time to end; then it must. */
const END_DEADLINE_MS = 5_000;

/** How a program is started. */
export interface StartProgramOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  /** It has started once somebody accepts on this port of 127.0.0.1. */
  readonly port: number;
}

/** A program that runs. */
export interface StartedProgram extends AsyncDisposable {
  readonly pid: number;
}

/**
 * Starts `program` with its output thrown away, and waits until it accepts.
 *
 * @throws {Error} if it ends before.
 */
export async function startProgram(
  program: string,
  options: StartProgramOptions,
): Promise<StartedProgram> {
  const { args, cwd, port } = options;
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let code: number | undefined;
  const ended = child.status.then((status) => code = status.code);
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    if (code === undefined) child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), END_DEADLINE_MS);
    await ended;
    clearTimeout(timer);
  });
  await waitFor(() => {
    if (code !== undefined) throw new Error(`Cannot start "${program}": it ended with ${code}`);
    return accepts(port);
  }, { what: `${program} to accept on port ${port}` });
  const owned = stack.move();
  return { pid: child.pid, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Says whether somebody accepts on `port` of 127.0.0.1. */
export async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

/** Finds a port that is free now; for programs that cannot say which they took. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
