/**
 * The operational log: what the monitor itself did, to stderr and `clawsec.log`.
 *
 * Turns a message into one line, `2026-02-19T13:41:59.587Z INFO  message`. What goes into a line is
 * often a stranger's text, so control characters are escaped: a line is always one record.
 *
 * Invariant: logging never throws and never stops the proxy. When the file cannot be written,
 * stderr says so once and the file is tried again later; lines go to stderr all the while.
 */
import { getRotatingFileSink } from "@logtape/file";
import { compareLogLevel, sanitizeControlSequences, type Sink } from "@logtape/logtape";
import { join } from "node:path";

/** Three files of 10 MB, `clawsec.log`, `.1` and `.2`: the newest 30 MB are kept. */
const MAX_FILE_BYTES = 10_000_000;
const KEPT_OLD_FILES = 2;
/** Lines are written together, since the sink syncs the disk after each write. */
const FLUSH_INTERVAL_MS = 100;
const MAX_PENDING_CHARS = 65_536;
/** How long a file that could not be written is left alone. */
const RETRY_AFTER_MS = 10_000;
/** More of one message tells a reader nothing. */
const MAX_MESSAGE_CHARS = 8192;

export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** Takes one line of the operational log. Handed to whoever needs it; nobody looks it up. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
}

/** A log with its file. Disposing writes what is pending and closes the file. */
export interface FileLog extends Log, Disposable {
  /** Writes what is pending to the file. */
  flush(): void;
}

/** Where lines go and which are wanted. */
export interface LogOptions {
  /** The mildest level that is written. */
  readonly level: LogLevel;
  /** Directory of `clawsec.log`, which exists already; absent: no file. */
  readonly logDir?: string;
  /** Takes each line, with its line feed. */
  readonly stderr: (line: string) => void;
  /** @default {10_000_000} */
  readonly maxFileBytes?: number;
  /** Milliseconds since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/**
 * Opens the operational log.
 *
 * @throws {Error} from Deno, if `clawsec.log` cannot be opened now; later failures are only told
 * on stderr.
 */
export function createLog(options: LogOptions): FileLog {
  const { level: lowest, stderr, now = Date.now } = options;
  const file = options.logDir === undefined
    ? undefined
    : new LogFile(join(options.logDir, "clawsec.log"), { ...options, now });

  function write(level: LogLevel, message: string): void {
    if (compareLogLevel(LOGTAPE_LEVELS[level], LOGTAPE_LEVELS[lowest]) < 0) return;
    const line = formatLogLine(level, message, now());
    stderr(line);
    file?.append(line);
    if (level === "ERROR") file?.flush();
  }

  return {
    debug: (message) => write("DEBUG", message),
    info: (message) => write("INFO", message),
    warning: (message) => write("WARNING", message),
    error: (message) => write("ERROR", message),
    flush: () => file?.flush(),
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  };
}

/** Formats one record as one line with its line feed, whatever `message` holds. */
export function formatLogLine(level: LogLevel, message: string, timestampMs: number): string {
  const text = sanitizeControlSequences(message.slice(0, MAX_MESSAGE_CHARS), {
    newlines: "escape",
    sgr: "escape",
  })
    // Line separators to some readers, and marks that reorder what a terminal shows.
    .replace(
      /[\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (mark) => `\\u${mark.charCodeAt(0).toString(16)}`,
    );
  const cut = message.length > MAX_MESSAGE_CHARS ? "…" : "";
  return `${new Date(timestampMs).toISOString()} ${level.padEnd(5)} ${text}${cut}\n`;
}

const LOGTAPE_LEVELS = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warning",
  ERROR: "error",
} as const;

/** `clawsec.log` behind LogTape's rotating sink: gathers lines, survives a full disk. */
class LogFile implements Disposable {
  readonly #path: string;
  readonly #options: LogOptions & { readonly now: () => number };
  /** Undefined while the file cannot be written. */
  #sink: (Sink & Disposable) | undefined;
  #pending = "";
  /** Set while `#pending` waits to be written. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts as the sink does, so that a rotation is noticed. */
  #fileBytes = 0;
  #retryAtMs = 0;

  constructor(path: string, options: LogOptions & { readonly now: () => number }) {
    this.#path = path;
    this.#options = options;
    this.#open();
  }

  append(line: string): void {
    this.#pending += line;
    if (this.#pending.length >= MAX_PENDING_CHARS) return this.flush();
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_INTERVAL_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#pending;
    this.#pending = "";
    if (text === "" || (this.#sink === undefined && this.#options.now() < this.#retryAtMs)) return;
    try {
      if (this.#sink === undefined) this.#open();
      this.#write(text);
    } catch (error) {
      this.#fail(error);
    }
  }

  [Symbol.dispose](): void {
    this.flush();
    try {
      this.#sink?.[Symbol.dispose]();
    } catch {
      // The lines are on stderr, and the file is given up anyway.
    }
    this.#sink = undefined;
  }

  #open(): void {
    // The sink opens files with the default mode: one made beforehand keeps its own.
    using file = Deno.openSync(this.#path, { create: true, append: true, mode: 0o600 });
    this.#fileBytes = file.statSync().size;
    this.#sink = getRotatingFileSink(this.#path, {
      maxSize: this.#maxBytes,
      maxFiles: KEPT_OLD_FILES,
      bufferSize: 0,
      formatter: (record) => String(record.rawMessage),
    });
  }

  #write(text: string): void {
    this.#sink?.({
      category: ["clawsec"],
      level: "info",
      message: [text],
      rawMessage: text,
      timestamp: this.#options.now(),
      properties: {},
    });
    const bytes = new TextEncoder().encode(text).length;
    this.#fileBytes += bytes;
    if (this.#fileBytes <= this.#maxBytes) return;
    Deno.chmodSync(this.#path, 0o600);
    this.#fileBytes = bytes;
  }

  #fail(error: unknown): void {
    const sink = this.#sink;
    this.#sink = undefined;
    const firstTime = this.#retryAtMs === 0;
    this.#retryAtMs = this.#options.now() + RETRY_AFTER_MS;
    try {
      sink?.[Symbol.dispose]();
    } catch {
      // Its file is broken: that is why it is closed.
    }
    if (!firstTime) return;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot write log "${this.#path}": ${reason}; lines go to stderr only`;
    this.#options.stderr(formatLogLine("ERROR", message, this.#options.now()));
  }

  get #maxBytes(): number {
    return this.#options.maxFileBytes ?? MAX_FILE_BYTES;
  }
}
