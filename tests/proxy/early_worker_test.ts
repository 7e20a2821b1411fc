import assert from "node:assert/strict";
import { EarlyWorker } from "../../src/proxy/early_worker.ts";

/** Stands for a worker: only its end is of interest. */
class FakeWorker {
  isTerminated = false;

  terminate(): void {
    this.isTerminated = true;
  }
}

function fakes() {
  const made: FakeWorker[] = [];
  const create = () => {
    const worker = new FakeWorker();
    made.push(worker);
    return worker as unknown as Worker;
  };
  return { made, create };
}

Deno.test("`EarlyWorker` begins a worker at once and hands it out first, then new ones", () => {
  const { made, create } = fakes();
  using early = new EarlyWorker(create);
  assert.equal(made.length, 1);
  assert.equal(early.take(), made[0]);
  assert.equal(made.length, 1);
  assert.equal(early.take(), made[1]);
});

Deno.test("`EarlyWorker` ends a worker that nobody took, and no other", () => {
  const untaken = fakes();
  new EarlyWorker(untaken.create)[Symbol.dispose]();
  assert.deepEqual(untaken.made.map(({ isTerminated }) => isTerminated), [true]);
  const taken = fakes();
  const early = new EarlyWorker(taken.create);
  early.take();
  early[Symbol.dispose]();
  assert.deepEqual(taken.made.map(({ isTerminated }) => isTerminated), [false]);
});
