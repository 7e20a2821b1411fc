/**
 * `threats.jsonl` as it grows → threats as they are written, from now on. Follows the path, not the file: it may be
 * rotated away, truncated, deleted, or not be there yet. A line is read when its newline is there; one
 * that is no threat is skipped.
 *
 * It polls: file events are lost on network and container volumes, and a stat costs 20 µs.
 */
import { setTimeout as delay } from "node:timers/promises";
import { statOrUndefined } from "./line_file.ts";
import { parseThreat, type ThreatFilter } from "./threat_filter.ts";
import type { Threat } from "./threat.ts";

/** A person watching does not notice. */
const POLL_INTERVAL_MS = 200;
const BLOCK_BYTES = 65_536;

/** What to follow and until when. */
export interface FollowThreatsOptions extends ThreatFilter {
  /** Ends the iteration, without an error. */
  readonly signal: AbortSignal;
  /** @default {200} */
  readonly pollIntervalMs?: number;
}

/**
 * Follows the file from this call on: each threat that passes the filter, oldest first, until `signal`
 * aborts. The result must be iterated; it holds the file open.
 *
 * @throws {Error} from the file system, where the file is there but cannot be read.
 */
export function followThreats(
  path: string,
  options: FollowThreatsOptions,
): AsyncGenerator<Threat, void> {
  const file = new GrowingFile(path);
  file.skipToEnd();
  return threatsOf(file, options);
}

async function* threatsOf(
  opened: GrowingFile,
  options: FollowThreatsOptions,
): AsyncGenerator<Threat, void> {
  const { signal, pollIntervalMs = POLL_INTERVAL_MS } = options;
  using file = opened;
  while (!signal.aborted) {
    for (const line of file.newLines()) {
      const parsed = parseThreat(line, options);
      if (typeof parsed === "string") continue;
      yield parsed;
      if (signal.aborted) return;
    }
    await pause(pollIntervalMs, signal);
  }
}

/** Reads whole lines from where it stopped. */
class GrowingFile implements Disposable {
  readonly #path: string;
  #decoder = new TextDecoder();
  /** Undefined while there is no file. */
  #file: Deno.FsFile | undefined;
  #inode: number | null = null;
  #position = 0;
  #partial = "";

  constructor(path: string) {
    this.#path = path;
  }

  skipToEnd(): void {
    this.#reopen(statOrUndefined(this.#path));
    this.#position = this.#file?.seekSync(0, Deno.SeekMode.End) ?? 0;
  }

  *newLines(): Generator<string> {
    // The rest of a file rotated away is read before its successor.
    yield* this.#readLines();
    const info = statOrUndefined(this.#path);
    if (info?.ino !== this.#inode || this.#file === undefined) {
      this.#reopen(info);
      yield* this.#readLines();
    } else if (info !== undefined && info.size < this.#position) {
      this.#file.seekSync(0, Deno.SeekMode.Start);
      this.#restart();
      yield* this.#readLines();
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #reopen(info: Deno.FileInfo | undefined): void {
    this[Symbol.dispose]();
    this.#restart();
    if (info === undefined) return;
    this.#file = Deno.openSync(this.#path, { read: true });
    this.#inode = this.#file.statSync().ino;
  }

  #restart(): void {
    this.#position = 0;
    this.#partial = "";
    this.#decoder = new TextDecoder();
  }

  *#readLines(): Generator<string> {
    const block = new Uint8Array(BLOCK_BYTES);
    for (let read = this.#read(block); read > 0; read = this.#read(block)) {
      const text = this.#partial + this.#decoder.decode(block.subarray(0, read), { stream: true });
      const lines = text.split("\n");
      this.#partial = lines.pop() ?? "";
      yield* lines;
    }
  }

  #read(into: Uint8Array): number {
    const read = this.#file?.readSync(into) ?? 0;
    this.#position += read;
    return read;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
