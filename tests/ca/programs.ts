/** Programs that the tests of this room check certificates with, where the machine has them. */

import { join } from "node:path";

/** Tells whether `program` is there and answers `args` with success. */
export function hasProgram(program: string, args: readonly string[]): boolean {
  try {
    return new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Each program, and whether it can be used here. */
export const PROGRAMS = {
  openssl: hasProgram("openssl", ["version"]),
  python3: hasProgram("python3", ["-c", "import ssl; ssl.VERIFY_X509_STRICT"]),
  node: hasProgram("node", ["--version"]),
  curl: hasProgram("curl", ["--version"]),
  certtool: hasProgram("certtool", ["--version"]),
  keytool: hasProgram("keytool", ["-help"]),
  java: hasProgram("java", ["--list-modules"]),
} as const;

/** What a program said and whether it ended well. */
export interface ProgramResult {
  readonly success: boolean;
  /** stdout, then stderr. */
  readonly output: string;
}

/** Runs a program to its end, without input. */
export async function runProgram(
  program: string,
  args: readonly string[],
): Promise<ProgramResult> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** A directory that is removed at the end of the test. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** Writes a file in it and resolves to its path. */
  write(name: string, text: string): Promise<string>;
}

/** Makes an empty directory, mode 0700. */
export async function tempDir(): Promise<TempDir> {
  // Resolved, since the temporary directory is behind a link on some systems.
  const path = await Deno.realPath(await Deno.makeTempDir());
  return {
    path,
    async write(name, text) {
      const file = join(path, name);
      await Deno.writeTextFile(file, text);
      return file;
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}
