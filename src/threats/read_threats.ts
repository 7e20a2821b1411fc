/**
 * `threats.jsonl` → threats, newest first, read from the end of the file: the last five of a gigabyte
 * cost one block. A line that is no threat (torn by a crash, edited by hand) is skipped and counted.
 */
import { parseThreat, type ThreatFilter } from "./threat_filter.ts";
import type { Threat } from "./threat.ts";

/** Read at a time: some hundred records. */
const BLOCK_BYTES = 65_536;
const NEWLINE = 0x0a;

/** What to read. */
export interface ReadThreatsOptions extends ThreatFilter {
  /** Stops after so many threats. */
  readonly limit: number;
}

/** What was read. */
export interface ReadThreatsResult {
  /** Newest first. */
  readonly threats: readonly Threat[];
  /** Lines that are no threats among those read. */
  readonly skipped: number;
}

/**
 * Reads the newest threats that pass the filter; none where the file is not there yet.
 *
 * @throws {Error} from the file system, where the file is there but cannot be read.
 */
export async function readThreats(
  path: string,
  options: ReadThreatsOptions,
): Promise<ReadThreatsResult> {
  const threats: Threat[] = [];
  let skipped = 0;
  if (options.limit <= 0) return { threats, skipped };
  for await (const line of linesFromEnd(path)) {
    const parsed = parseThreat(line, options);
    if (parsed === "unreadable") skipped++;
    else if (parsed !== "filtered" && threats.push(parsed) >= options.limit) break;
  }
  return { threats, skipped };
}

/** Lines without their newline, last first, empty ones left out. */
async function* linesFromEnd(path: string): AsyncGenerator<string> {
  using file = await openOrUndefined(path);
  if (file === undefined) return;
  const decoder = new TextDecoder();
  const block = new Uint8Array(BLOCK_BYTES);
  // The end of a line whose beginning is further up, last piece first: joined once, when it is complete.
  let pieces: Uint8Array[] = [];
  for (let position = (await file.stat()).size; position > 0;) {
    const length = Math.min(BLOCK_BYTES, position);
    position -= length;
    const filled = await readAt(file, block.subarray(0, length), position);
    let end = filled.length;
    for (let at = filled.lastIndexOf(NEWLINE); at >= 0; at = previousNewline(filled, at)) {
      pieces.push(filled.slice(at + 1, end));
      const line = decoder.decode(concatReversed(pieces));
      if (line !== "") yield line;
      pieces = [];
      end = at;
    }
    pieces.push(filled.slice(0, end));
  }
  const first = decoder.decode(concatReversed(pieces));
  if (first !== "") yield first;
}

function previousNewline(bytes: Uint8Array, at: number): number {
  // lastIndexOf(…, -1) would start at the end again.
  return at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1);
}

async function openOrUndefined(path: string): Promise<Deno.FsFile | undefined> {
  try {
    return await Deno.open(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Fills `into` from `position`, less where the file ends before (it was truncated meanwhile). */
async function readAt(file: Deno.FsFile, into: Uint8Array, position: number): Promise<Uint8Array> {
  await file.seek(position, Deno.SeekMode.Start);
  let length = 0;
  while (length < into.length) {
    const read = await file.read(into.subarray(length));
    if (read === null) break;
    length += read;
  }
  return into.subarray(0, length);
}

function concatReversed(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces.toReversed()) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
