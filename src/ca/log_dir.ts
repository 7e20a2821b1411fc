/**
 * The path in `log_dir` → a directory that is ours alone, made if it was not there.
 *
 * It holds the CA's private key and sits under `/tmp` by default, where anybody may have made it
 * first. So it must be no symbolic link, belong to us, and be closed to everyone else. Its parents are
 * not judged: a world-writable one without the sticky bit lets others put another directory in
 * its place, and no program can prevent that from below.
 *
 * Whose it is gets found without `--allow-sys`, which `Deno.uid()` would need: a file made in it
 * belongs to us, so the directory must have the same owner.
 */

import { resolve } from "node:path";
import { CaError } from "./ca_error.ts";

const OWNER_ONLY_MODE = 0o700;

/** Permission bits of group and others. */
const OPEN_TO_OTHERS_MASK = 0o077;

/**
 * Makes `logDir` with mode 0700 where it is missing, checks it where it is not, and resolves to
 * its absolute path. Where the system has neither modes nor owners (Windows) only its kind is checked.
 *
 * @throws {CaError} when it is a symbolic link, no directory, open to group or others, not ours, or
 * not writable; the message says what to do.
 */
export async function prepareLogDir(logDir: string): Promise<string> {
  // Also drops slashes and dots at the end, with which lstat would follow a link.
  const path = resolve(logDir);
  let found = await lstatOrUndefined(path);
  if (found === undefined) {
    await makeDirectory(path);
    // Looked at again, not assumed: another may have made it in between.
    found = await Deno.lstat(path);
  }
  if (found.isSymlink) {
    throw refusal(path, "it is a symbolic link, set log_dir to the directory it points to");
  }
  if (!found.isDirectory) {
    throw refusal(path, "it is no directory, remove it or set log_dir to another path");
  }
  const mode = found.mode ?? OWNER_ONLY_MODE;
  if ((mode & OPEN_TO_OTHERS_MASK) !== 0) {
    const octal = (mode & 0o7777).toString(8).padStart(4, "0");
    throw refusal(path, `its mode ${octal} lets others in, run: chmod 700 ${shellWord(path)}`);
  }
  const ownUid = await uidOfNewFileIn(path);
  if (ownUid !== found.uid) {
    throw refusal(
      path,
      `it belongs to user ${found.uid} and not to us (user ${ownUid}), ` +
        `set log_dir to another path or run: chown ${ownUid} ${shellWord(path)}`,
    );
  }
  return path;
}

async function lstatOrUndefined(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw refusal(path, "it cannot be looked at, set log_dir to another path", error);
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: OWNER_ONLY_MODE });
  } catch (error) {
    throw refusal(path, "it is missing and cannot be made, set log_dir to another path", error);
  }
}

/**
 * The owner of a file that this process makes in `directory`; null where files have none.
 *
 * Also right for root, who may write anywhere: a directory of another user is refused, because its
 * owner could swap the files in it under a process that may do everything. Asked of the open file and
 * not of its name, so that nobody can put another file in its place.
 */
async function uidOfNewFileIn(directory: string): Promise<number | null> {
  const probePath = `${directory}/.owner-${crypto.randomUUID()}`;
  try {
    using probe = await Deno.open(probePath, { write: true, createNew: true, mode: 0o600 });
    const { uid } = await probe.stat();
    await Deno.remove(probePath);
    return uid;
  } catch (error) {
    throw refusal(
      directory,
      "no file can be made in it, it is not ours or not writable: set log_dir to another path",
      error,
    );
  }
}

function refusal(path: string, stateAndFix: string, cause?: unknown): CaError {
  return new CaError(`Cannot use log_dir "${path}": ${stateAndFix}`, { cause });
}

/** Quotes a path for the command that a person is asked to run. */
function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
