import assert from "node:assert/strict";
import { resolveConfig } from "../../src/config.ts";
import { newCounters } from "../../src/proxy/counters.ts";
import type { FromWorker, ToWorker } from "../../src/proxy/worker_messages.ts";
import { WorkerPool, type WorkerPoolOptions } from "../../src/proxy/worker_pool.ts";
import { waitFor } from "../support/wait_for.ts";

/** Plays a data worker: answers its setup as told, and dies when told. */
class PlayedWorker extends EventTarget {
  readonly received: ToWorker[] = [];
  isTerminated = false;
  readonly #answer: FromWorker;

  constructor(answer: FromWorker) {
    super();
    this.#answer = answer;
  }

  postMessage(message: ToWorker): void {
    this.received.push(message);
    if (message.kind === "setup") queueMicrotask(() => this.say(this.#answer));
    if (message.kind === "drain") queueMicrotask(() => this.say({ kind: "drained" }));
  }

  terminate(): void {
    this.isTerminated = true;
  }

  say(data: FromWorker): void {
    if (!this.isTerminated) this.dispatchEvent(new MessageEvent("message", { data }));
  }

  die(): void {
    this.dispatchEvent(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
  }
}

const LISTENING: FromWorker = { kind: "listening", port: 4_711, gatewayPorts: [] } as FromWorker;

function played(answers: (index: number) => FromWorker = () => LISTENING) {
  const workers: PlayedWorker[] = [];
  const log: string[] = [];
  const note = (level: string) => (message: string) => void log.push(`${level} ${message}`);
  const options: WorkerPoolOptions = {
    count: 1,
    setup: { config: resolveConfig({}) } as WorkerPoolOptions["setup"],
    onEvidence: () => {},
    log: { debug: note("D"), info: note("I"), warning: note("W"), error: note("E") },
    createWorker: () => {
      const worker = new PlayedWorker(answers(workers.length));
      workers.push(worker);
      return worker as unknown as Worker;
    },
  };
  return { workers, log, options };
}

Deno.test("`WorkerPool` starts workers on one port, each with its share of connections", async () => {
  const { workers, options } = played();
  await using pool = await WorkerPool.start({ ...options, count: 3 });
  assert.equal(pool.port, 4_711);
  const setups = workers.map(({ received: [first] }) => first?.kind === "setup" && first.setup);
  assert.deepEqual(setups.map((setup) => setup && [setup.port, setup.sharesPort]), [
    [8888, true],
    [4_711, true],
    [4_711, true],
  ]);
  assert.equal(setups[0] && setups[0].maxConnections, Math.ceil(4_096 / 3));
});

for (const name of ["AddrInUse", "AddrNotAvailable", "PermissionDenied"] as const) {
  Deno.test(`\`WorkerPool.start()\` rejects with ${name}, and leaves no worker behind`, async () => {
    const { workers, options } = played((index) =>
      index === 0 ? LISTENING : { kind: "failed", name, message: "cannot listen" }
    );
    await assert.rejects(WorkerPool.start({ ...options, count: 2 }), Deno.errors[name]);
    assert.deepEqual(workers.map(({ isTerminated }) => isTerminated), [true, true]);
  });
}

Deno.test("a worker that dies is replaced, its counts kept, the wait doubled each time", async () => {
  const { workers, log, options } = played();
  await using pool = await WorkerPool.start(options);
  const counters = { ...newCounters(), requests: 5, activeConnections: 2 };
  workers[0]!.say(
    {
      kind: "evidence",
      threats: [],
      records: [],
      counters,
      suppressionHits: [],
      coverage: [],
    } as unknown as FromWorker,
  );
  assert.equal(workers[0]!.received.at(-1)?.kind, "taken");
  for (let death = 1; death <= 2; death++) {
    workers.at(-1)!.die();
    await waitFor(() => pool.restarts === death, { what: "a new worker" });
  }
  assert.deepEqual([pool.counters().requests, pool.counters().activeConnections], [5, 0]);
  const waits = log.flatMap((line) => /again in (\d+) ms: out of memory/.exec(line)?.[1] ?? []);
  assert.deepEqual(waits, ["100", "200"]);
});

Deno.test("a worker that cannot listen again is tried again", async () => {
  const { workers, options } = played((index) =>
    index === 1 ? { kind: "failed", name: "AddrInUse", message: "taken" } : LISTENING
  );
  await using pool = await WorkerPool.start(options);
  workers[0]!.die();
  await waitFor(() => pool.restarts === 1, { what: "a new worker" });
  assert.equal(workers.length, 3);
});

Deno.test("a worker that dies is not replaced once the pool drains", async () => {
  const { workers, options } = played();
  const pool = await WorkerPool.start(options);
  await pool.drain(0);
  workers[0]!.die();
  assert.deepEqual([workers.length, workers[0]!.isTerminated], [1, true]);
});
