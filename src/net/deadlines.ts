/**
 * Time limits for many connections on one timer.
 *
 * A timer for each read would cost more than the read: here a limit is a number that is moved, and
 * one sweep every `SWEEP_MS` finds the ones that have passed. Limits are therefore met late by up
 * to one sweep, never early.
 */

/** Between two sweeps. The limits it serves are seconds long. */
const SWEEP_MS = 250;

/** One movable time limit. */
export interface Deadline {
  /** Sets or moves the limit; `onExpire` is called once, unless it is moved or cleared before. */
  set(ms: number, onExpire: () => void): void;
  /** There is no limit until the next `set`. */
  clear(): void;
  /** Ends the deadline's life; it can't be set again. */
  [Symbol.dispose](): void;
}

/** Owns the timer. Hand out deadlines with `create`, end all of them with `dispose`. */
export class Deadlines implements Disposable {
  readonly #entries = new Set<Entry>();
  readonly #now: () => number;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  /** Makes a deadline that is not yet running. */
  create(): Deadline {
    const entries = this.#entries;
    const now = this.#now;
    const entry: Entry = { at: Infinity, onExpire: undefined };
    entries.add(entry);
    return {
      set(ms, onExpire) {
        entry.at = now() + ms;
        entry.onExpire = onExpire;
      },
      clear() {
        entry.at = Infinity;
      },
      [Symbol.dispose]() {
        entries.delete(entry);
      },
    };
  }

  /** Calls what has expired. Runs by itself; public so that a test can drive it by hand. */
  sweep(): void {
    const now = this.#now();
    for (const entry of this.#entries) {
      if (entry.at > now) continue;
      entry.at = Infinity;
      entry.onExpire?.();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#entries.clear();
  }
}

interface Entry {
  at: number;
  onExpire: (() => void) | undefined;
}
