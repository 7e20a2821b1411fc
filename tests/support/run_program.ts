/** Other people's programs, run to their end in an environment that holds nothing but what it is given. */

/** A client that hangs is a failure that names itself; the slowest (npm, pip, Java) need some seconds. */
const DEADLINE_MS = 60_000;

/** How a program is run. */
export interface RunProgramOptions {
  /** Besides `PATH`, `HOME` and `LANG`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** @default nothing */
  readonly stdin?: string | Uint8Array;
}

/** How it ended. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Of stdout. */
  readonly bytes: Uint8Array;
}

/**
 * Runs `program` with `args`. The proxy variables of the machine the tests run on are not passed on.
 *
 * @throws {Error} if it has not ended after a minute; it is killed then.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunProgramOptions = {},
): Promise<ProgramResult> {
  const { env = {}, cwd, stdin } = options;
  const child = new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "/", LANG: "C", ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, DEADLINE_MS);
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    stdin === undefined ? undefined : feed(child.stdin, stdin),
  ]);
  clearTimeout(timer);
  const decoder = new TextDecoder();
  const result = { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  if (isLate) {
    throw new Error(`${program} did not end within ${DEADLINE_MS} ms: ${JSON.stringify(result)}`);
  }
  return { ...result, bytes: stdout };
}

async function feed(
  stream: WritableStream<Uint8Array>,
  input: string | Uint8Array,
): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await writer.close();
  } catch (error) {
    // A program may end before it has read everything; its exit code tells why.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
