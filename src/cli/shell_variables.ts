/** Names of variables → their values in the shell that runs this program, or in what `env` has printed. */
import { readTextFile } from "./read_text_file.ts";
import type { ShellVariables } from "./shell_diagnosis.ts";

/**
 * Reads the variables: from the process, or where `file` is given from that file; `-` is standard input.
 * Undefined: this process has no right to read them.
 *
 * @throws {ConfigError} if the file cannot be read
 */
export async function readShellVariables(
  names: readonly string[],
  file: string | undefined,
): Promise<ShellVariables | undefined> {
  if (file !== undefined) {
    const text = file === "-"
      ? await new Response(Deno.stdin.readable).text()
      : await readTextFile(file, "variables");
    return variablesOfText(text, names);
  }
  try {
    return Object.fromEntries(names.map((name) => [name, Deno.env.get(name)]));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** Reads lines `NAME=value`; others are parts of values that nobody asks for. */
export function variablesOfText(text: string, names: readonly string[]): ShellVariables {
  const wanted = new Set(names);
  return Object.fromEntries(
    text.split(/\r?\n/).map((line) => line.split(/=(.*)/s, 2) as [string, string | undefined])
      .filter(([name]) => wanted.has(name)),
  );
}
