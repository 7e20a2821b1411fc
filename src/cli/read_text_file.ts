/** A path from the configuration or the command line → the text there, or what is wrong with it. */
import { ConfigError } from "../config.ts";

/** A configuration is a page of text; more is the wrong file. */
const MAX_BYTES = 1_048_576;

/**
 * Reads a file of UTF-8 text. `what` names its kind in messages: `config file`.
 *
 * @throws {ConfigError} if it cannot be read, is larger than 1 MiB or no UTF-8
 */
export async function readTextFile(path: string, what: string): Promise<string> {
  const cannot = (state: string, cause?: unknown) =>
    new ConfigError(`Cannot read ${what} "${path}": ${state}`, { cause });
  let bytes: Uint8Array;
  try {
    using file = await Deno.open(path);
    const { size, isDirectory } = await file.stat();
    if (isDirectory) throw cannot("it is a directory, must be a file");
    if (size > MAX_BYTES) throw cannot(`it has ${size} bytes, must have at most ${MAX_BYTES}`);
    bytes = new Uint8Array(await new Response(file.readable).arrayBuffer());
  } catch (error) {
    const state = stateOf(error);
    throw state === undefined ? error : cannot(state, error);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw cannot("it is not UTF-8 text", error);
  }
}

/** Undefined: it says nothing about the file. */
function stateOf(error: unknown): string | undefined {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "not allowed to read it";
  if (error instanceof Deno.errors.NotCapable) {
    return "this program has no right to it, add --allow-read";
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory, must be a file";
  return undefined;
}
