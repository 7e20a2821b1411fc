/**
 * Requests → lines of `requests.jsonl`, rotating at 10 MB: the file itself and two older ones (`.1`, `.2`).
 * Lines are written in batches, at most 200 ms late: a crash may cost that much of it. Threats have
 * their own log, which loses nothing.
 *
 * Never throws into the proxy: records a disk does not take are dropped and counted.
 */
import { LineFile } from "./line_file.ts";
import type { Protocol } from "./threat.ts";

const MAX_FILE_BYTES = 10_000_000;
/** Files in all, the current one included. */
const MAX_FILES = 3;
/** A reader of the log does not notice; 200 requests a second then cost five writes. */
const MAX_DELAY_MS = 200;
/** Records written at once without waiting: some 100 KB. */
const MAX_BATCH = 256;

/** One line of `requests.jsonl`, keys in this order. Holds no secret: `url` and `host` are masked. */
export interface RequestRecord {
  /** When the request head was complete, as of `threatTimestamp()`. */
  readonly time: string;
  /** Joins to `Threat.request_id`. */
  readonly id: string;
  /** The client's address, without the port. */
  readonly client: string;
  readonly protocol: Protocol;
  readonly method: string;
  /** Masked by `maskUrl()`. */
  readonly url: string;
  /** `host:port` of the origin, masked by `maskHost()`. */
  readonly host: string;
  /** Sent to the client; 0 where none was: a connection cut before the answer. */
  readonly status: number;
  /** Body bytes from client to origin, as sent (encoded). */
  readonly bytes_out: number;
  /** Body bytes from origin to client. */
  readonly bytes_in: number;
  /** From the complete request head to the end of the answer. */
  readonly ms: number;
  /** Whether TLS was decrypted for it. */
  readonly intercepted: boolean;
  /** Threats found in it, duplicates included. */
  readonly threats: number;
}

/** How a `RequestLog` writes and reports. */
export interface RequestLogOptions {
  /** Called once when writing begins to fail. */
  readonly onFailure: (error: Error) => void;
  /** @default {10_000_000} */
  readonly maxFileBytes?: number;
  /** @default {200} */
  readonly maxDelayMs?: number;
}

/** Appends request records in batches to a rotating file of mode 0600. */
export class RequestLog implements Disposable {
  readonly #file: LineFile;
  readonly #options: RequestLogOptions;
  #batch: string[] = [];
  /** Undefined while nothing waits. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isFailing = false;
  #dropped = 0;

  constructor(path: string, options: RequestLogOptions) {
    this.#file = new LineFile(path);
    this.#options = options;
  }

  /** Records the disk did not take, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one record; it is in the file 200 ms later at the latest. */
  add(record: RequestRecord): void {
    this.#batch.push(JSON.stringify(record));
    if (this.#batch.length >= MAX_BATCH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#options.maxDelayMs ?? MAX_DELAY_MS);
  }

  /** Writes what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    try {
      this.#rotate(batch);
      this.#file.append(batch);
      this.#isFailing = false;
    } catch (error) {
      this.#dropped += batch.length;
      if (!this.#isFailing) this.#options.onFailure(error as Error);
      this.#isFailing = true;
    }
  }

  /** Writes what waits and closes the file. */
  [Symbol.dispose](): void {
    this.flush();
    this.#file[Symbol.dispose]();
  }

  /** Moves the files on where the batch would make the current one too large. */
  #rotate(batch: readonly string[]): void {
    const size = this.#file.size();
    const bytes = batch.reduce((sum, line) => sum + line.length + 1, 0);
    if (size === 0 || size + bytes <= (this.#options.maxFileBytes ?? MAX_FILE_BYTES)) return;
    const { path } = this.#file;
    for (let age = MAX_FILES - 1; age > 0; age--) {
      renameIfThere(age === 1 ? path : `${path}.${age - 1}`, `${path}.${age}`);
    }
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
