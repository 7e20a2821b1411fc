/**
 * Threats → lines of `threats.jsonl`. Never throws into the proxy: a disk that takes no line is told to
 * `onFailure`, the lines wait in memory, and the next `append` or `flush` tries again.
 *
 * Invariant: when `append` returns `true`, everything appended so far is in the file.
 */
import { LineFile } from "./line_file.ts";
import type { Threat } from "./threat.ts";

/** Lines kept while the disk refuses them: some 600 bytes each, so 6 MB. */
const MAX_WAITING = 10_000;

/** How a `ThreatLog` reports what it cannot do. */
export interface ThreatLogOptions {
  /** Called once when writing begins to fail, not for each line. */
  readonly onFailure: (error: Error) => void;
  /** Called when writing works again, with the number of threats lost meanwhile. */
  readonly onRecovery?: (lost: number) => void;
  /** @default {10_000} */
  readonly maxWaiting?: number;
}

/** Appends threats to a file of mode 0600. */
export class ThreatLog implements Disposable {
  readonly #file: LineFile;
  readonly #options: ThreatLogOptions;
  readonly #maxWaiting: number;
  #waiting: string[] = [];
  #isFailing = false;
  #lost = 0;

  constructor(path: string, options: ThreatLogOptions) {
    this.#file = new LineFile(path);
    this.#options = options;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
  }

  /** Threats that wait for the disk. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Threats given up since the disk began to refuse: the oldest stay, as evidence of the beginning. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes a batch at once; says whether nothing waits any more. */
  append(threats: readonly Threat[]): boolean {
    const room = Math.max(0, this.#maxWaiting - this.#waiting.length);
    const lines = threats.map((threat) => JSON.stringify(threat));
    // A batch larger than the queue is still tried whole: the limit is for what waits.
    const candidates = this.#isFailing ? lines.slice(0, room) : lines;
    this.#lost += lines.length - candidates.length;
    this.#waiting.push(...candidates);
    return this.flush();
  }

  /** Tries again to write what waits; says whether nothing waits any more. */
  flush(): boolean {
    if (this.#waiting.length === 0) return true;
    try {
      this.#file.append(this.#waiting);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    this.#waiting = [];
    if (this.#isFailing) {
      this.#isFailing = false;
      this.#options.onRecovery?.(this.#lost);
      this.#lost = 0;
    }
    return true;
  }

  /** Writes what waits, if the disk takes it, and closes the file. */
  [Symbol.dispose](): void {
    this.flush();
    this.#file[Symbol.dispose]();
  }

  #fail(error: Error): void {
    this.#lost += Math.max(0, this.#waiting.length - this.#maxWaiting);
    this.#waiting.length = Math.min(this.#waiting.length, this.#maxWaiting);
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#options.onFailure(error);
  }
}
