/** A path that a person gave → the files that are meant, and their bytes. `-` is standard input. */
import { join } from "node:path";
import { CommandError } from "./command_error.ts";

/** Kept by version control: what it holds stands in the files too, or did. */
const SKIPPED_DIRECTORIES: ReadonlySet<string> = new Set([".git", ".hg", ".svn"]);

/**
 * Lists the files: the path itself, or all regular files below a directory, by name. Symbolic links below
 * it are not followed.
 *
 * @throws {CommandError} if there is nothing at the path, or it may not be read
 */
export async function* inputFiles(path: string): AsyncGenerator<string> {
  if (path === "-" || !await isDirectory(path)) return yield path;
  yield* filesBelow(path);
}

/**
 * Reads a file from its beginning to its end.
 *
 * @throws {CommandError} if it may not be read
 */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  if (path === "-") return yield* Deno.stdin.readable;
  try {
    const file = await Deno.open(path);
    yield* file.readable;
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* filesBelow(directory: string): AsyncGenerator<string> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) entries.push(entry);
  } catch (error) {
    throw unreadable(directory, error);
  }
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory, isFile } of entries) {
    const path = join(directory, name);
    if (isFile) yield path;
    else if (isDirectory && !SKIPPED_DIRECTORIES.has(name)) yield* filesBelow(path);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): unknown {
  const state = error instanceof Deno.errors.NotFound
    ? "no such file"
    : error instanceof Deno.errors.PermissionDenied
    ? "not allowed to read it"
    : error instanceof Deno.errors.IsADirectory
    ? "it is a directory, must be a file"
    : undefined;
  return state === undefined
    ? error
    : new CommandError(`Cannot scan "${path}": ${state}`, { cause: error });
}
