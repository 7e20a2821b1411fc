/**
 * SIGINT and SIGTERM → a callback, for as long as the object is not disposed. Windows knows only
 * SIGINT (and SIGBREAK) as signals that can be caught.
 */

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** Calls `onSignal` each time the process is asked to end. */
export class ExitSignals implements Disposable {
  readonly #onSignal: () => void;

  constructor(onSignal: () => void) {
    this.#onSignal = onSignal;
    for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#onSignal);
  }
}
