/**
 * Starts data workers, brings back the ones that die, and drains them. Runs in the monitor.
 *
 * A worker gets the right to the network and to nothing else. One that dies is replaced with back-off
 * while the others keep serving; what it had counted is kept.
 */
import type { Log } from "../log.ts";
import { type Counters, newCounters, sumCounters } from "./counters.ts";
import type {
  EvidenceBatch,
  FromWorker,
  ProxySettings,
  ToWorker,
  WorkerSetup,
} from "./worker_messages.ts";

/** Before the first restart; doubled for each further death in a row. */
const FIRST_BACK_OFF_MS = 100;
const MAX_BACK_OFF_MS = 10_000;
/** A worker that lived so long begins anew with the shortest back-off. */
const HEALTHY_AFTER_MS = 60_000;
/** What a drained worker may take beyond its time before it is ended by force. */
const DRAIN_GRACE_MS = 2_000;

/** What a pool is made of. */
export interface WorkerPoolOptions {
  /** One, or more on Linux, where they share the port. */
  readonly count: number;
  /** Replaced by `reload()`. The same for all but port and share of connections. */
  readonly setup: Omit<WorkerSetup, "port" | "sharesPort" | "maxConnections">;
  readonly onEvidence: (batch: EvidenceBatch) => void;
  readonly log: Log;
  /** @default starts `data_worker.ts` with the right to the network alone */
  readonly createWorker?: (() => Worker) | undefined;
}

interface Slot {
  worker: Worker;
  counters: Readonly<Counters>;
  suppressionHits: readonly number[];
  startedMs: number;
  backOffMs: number;
  restart: ReturnType<typeof setTimeout> | undefined;
}

/** The data workers of one monitor. */
export class WorkerPool implements AsyncDisposable {
  readonly port: number;
  readonly #options: WorkerPoolOptions;
  readonly #slots: Slot[] = [];
  /** What workers are started with. */
  #setup: WorkerPoolOptions["setup"];
  /** Counted by workers that are no more. */
  #past: Counters = newCounters();
  #restarts = 0;
  #isDraining = false;

  private constructor(options: WorkerPoolOptions, port: number) {
    this.#options = options;
    this.#setup = options.setup;
    this.port = port;
  }

  /**
   * Starts every worker; resolves when all of them listen.
   *
   * @throws {Deno.errors.AddrInUse} if the port is taken, and other errors of `Deno.listen`
   */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const create = options.createWorker ?? createDataWorker;
    const first = create();
    const { count, setup } = options;
    const port = await listen(first, setupOf(setup, { count, port: setup.config.proxyPort }));
    const pool = new WorkerPool(options, port);
    pool.#adopt(first, FIRST_BACK_OFF_MS);
    try {
      for (let index = 1; index < count; index++) {
        const worker = create();
        await listen(worker, setupOf(setup, { count, port }));
        pool.#adopt(worker, FIRST_BACK_OFF_MS);
      }
    } catch (error) {
      for (const { worker } of pool.#slots) worker.terminate();
      throw error;
    }
    return pool;
  }

  /** Summed over all workers there are and were. */
  counters(): Counters {
    const past = { ...this.#past, activeConnections: 0 };
    return sumCounters([past, ...this.#slots.map(({ counters }) => counters)]);
  }

  /** By entry of `suppress`: findings that all workers have left out since the settings were loaded. */
  suppressionHits(): readonly number[] {
    return this.#setup.config.suppress.map((_, index) =>
      this.#slots.reduce((sum, { suppressionHits }) => sum + (suppressionHits[index] ?? 0), 0)
    );
  }

  /**
   * Gives every worker other settings; one that is being started again begins with them.
   *
   * @throws {Error} if a worker cannot use them: it, and those after it, keep what they had
   */
  async reload(settings: ProxySettings): Promise<void> {
    for (const slot of this.#slots) {
      if (slot.restart !== undefined) continue;
      await reloadWorker(slot.worker, settings);
      slot.suppressionHits = [];
    }
    this.#setup = { ...this.#setup, ...settings };
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Lets exchanges end within `withinMs`, then ends the workers. */
  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true;
    await Promise.all(this.#slots.map(({ worker, restart }) => {
      clearTimeout(restart);
      if (restart !== undefined) return undefined;
      return drainWorker(worker, withinMs);
    }));
    for (const { worker } of this.#slots) worker.terminate();
    this.#slots.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(0);
  }

  #adopt(worker: Worker, backOffMs: number, slot?: Slot): void {
    const adopted: Slot = slot ?? {
      worker,
      counters: newCounters(),
      suppressionHits: [],
      startedMs: 0,
      backOffMs,
      restart: undefined,
    };
    adopted.worker = worker;
    adopted.startedMs = performance.now();
    adopted.restart = undefined;
    if (slot === undefined) this.#slots.push(adopted);
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === "evidence") this.#take(adopted, data);
      if (data.kind === "log") {
        this.#options.log[LOG_METHODS[data.level]](data.message);
      }
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#bury(adopted, event.message);
    });
  }

  #take(slot: Slot, batch: EvidenceBatch): void {
    slot.counters = batch.counters;
    slot.suppressionHits = batch.suppressionHits;
    this.#options.onEvidence(batch);
    post(slot.worker, { kind: "taken" });
  }

  #bury(slot: Slot, reason: string): void {
    slot.worker.terminate();
    this.#past = sumCounters([this.#past, slot.counters]);
    slot.counters = newCounters();
    slot.suppressionHits = [];
    if (this.#isDraining) return;
    const hasLived = performance.now() - slot.startedMs >= HEALTHY_AFTER_MS;
    if (hasLived) slot.backOffMs = FIRST_BACK_OFF_MS;
    this.#options.log.error(
      `A data worker died and is started again in ${slot.backOffMs} ms: ${reason}`,
    );
    slot.restart = setTimeout(() => void this.#revive(slot), slot.backOffMs);
    slot.backOffMs = Math.min(slot.backOffMs * 2, MAX_BACK_OFF_MS);
  }

  async #revive(slot: Slot): Promise<void> {
    const worker = (this.#options.createWorker ?? createDataWorker)();
    slot.worker = worker;
    try {
      const { count } = this.#options;
      await listen(worker, setupOf(this.#setup, { count, port: this.port }));
    } catch (error) {
      this.#bury(slot, error instanceof Error ? error.message : String(error));
      return;
    }
    if (this.#isDraining) return worker.terminate();
    this.#restarts++;
    this.#adopt(worker, slot.backOffMs, slot);
    this.#options.log.warning("A data worker serves again");
  }
}

const LOG_METHODS = { DEBUG: "debug", INFO: "info", WARNING: "warning", ERROR: "error" } as const;

/** Starts the worker module with the right to the network alone. */
export function createDataWorker(): Worker {
  return new Worker(new URL("./data_worker.ts", import.meta.url), {
    type: "module",
    name: "data worker",
    deno: {
      permissions: {
        net: true,
        read: false,
        write: false,
        run: false,
        env: false,
        sys: false,
        ffi: false,
        import: false,
      },
    },
  });
}

/** Errors of `Deno.listen` that a person can do something about; a thrown class is lost on its way. */
const LISTEN_ERRORS = new Map<string, new (message: string) => Error>([
  ["AddrInUse", Deno.errors.AddrInUse],
  ["AddrNotAvailable", Deno.errors.AddrNotAvailable],
  ["PermissionDenied", Deno.errors.PermissionDenied],
]);

function setupOf(
  setup: WorkerPoolOptions["setup"],
  { count, port }: { readonly count: number; readonly port: number },
): WorkerSetup {
  return {
    ...setup,
    port,
    sharesPort: count > 1,
    maxConnections: Math.ceil(setup.config.maxConnections / count),
  };
}

/** Hands a worker its setup; resolves to the port it listens on. */
function listen(worker: Worker, setup: WorkerSetup): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      worker.terminate();
      reject(error);
    };
    const onError = (event: ErrorEvent) => {
      event.preventDefault();
      fail(new Error(event.message));
    };
    const onMessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind !== "listening" && data.kind !== "failed") return;
      worker.removeEventListener("message", onMessage);
      worker.removeEventListener("error", onError);
      if (data.kind === "listening") resolve(data.port);
      else fail(new (LISTEN_ERRORS.get(data.name) ?? Error)(data.message));
    };
    worker.addEventListener("message", onMessage);
    worker.addEventListener("error", onError);
    post(worker, { kind: "setup", setup });
  });
}

/** Resolves when a worker has taken over the settings. */
function reloadWorker(worker: Worker, settings: ProxySettings): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      worker.removeEventListener("message", onMessage);
      worker.removeEventListener("error", onError);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onMessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === "reloaded") settle();
      if (data.kind === "reload_failed") settle(new Error(data.message));
    };
    // A worker that dies now is started again with the settings it had.
    const onError = (event: ErrorEvent) => settle(new Error(event.message));
    worker.addEventListener("message", onMessage);
    worker.addEventListener("error", onError);
    post(worker, { kind: "reload", settings });
  });
}

function drainWorker(worker: Worker, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, withinMs + DRAIN_GRACE_MS);
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind !== "drained") return;
      clearTimeout(timer);
      resolve();
    });
    post(worker, { kind: "drain", withinMs });
  });
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}
