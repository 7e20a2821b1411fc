/**
 * A data worker that is begun before anyone knows what it will be told: it loads its modules while the
 * command line and the settings are read.
 */
import { createDataWorker } from "./worker_pool.ts";

/** Hands out one worker that has begun already. Disposing ends it, unless it was handed out. */
export class EarlyWorker implements Disposable {
  readonly #create: () => Worker;
  #worker: Worker | undefined;

  constructor(create: () => Worker = createDataWorker) {
    this.#create = create;
    this.#worker = create();
  }

  /** Returns the worker that has begun; from the second time on, a new one. */
  take(): Worker {
    const worker = this.#worker ?? this.#create();
    this.#worker = undefined;
    return worker;
  }

  [Symbol.dispose](): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
