import assert from "node:assert/strict";
import { Deadlines } from "../../src/net/deadlines.ts";

/** Deadlines on a clock that only moves by hand. */
class ManualDeadlines extends Deadlines {
  #time: { now: number };

  constructor() {
    const time = { now: 1_000 };
    super(() => time.now);
    this.#time = time;
  }

  advance(ms: number): void {
    this.#time.now += ms;
    this.sweep();
  }
}

Deno.test("a deadline expires once, when its time has come and not before", () => {
  using deadlines = new ManualDeadlines();
  using deadline = deadlines.create();
  let expired = 0;
  deadline.set(100, () => expired++);
  deadlines.advance(99);
  assert.equal(expired, 0);
  deadlines.advance(1);
  assert.equal(expired, 1);
  deadlines.advance(1_000);
  assert.equal(expired, 1);
});

Deno.test("a deadline that is moved expires at its new time with its new action", () => {
  using deadlines = new ManualDeadlines();
  using deadline = deadlines.create();
  const calls: string[] = [];
  deadline.set(100, () => calls.push("first"));
  deadlines.advance(99);
  deadline.set(100, () => calls.push("second"));
  deadlines.advance(99);
  assert.deepEqual(calls, []);
  deadlines.advance(1);
  assert.deepEqual(calls, ["second"]);
});

Deno.test("a deadline that was cleared or disposed of never expires", () => {
  using deadlines = new ManualDeadlines();
  const fail = () => assert.fail("it expired");
  using cleared = deadlines.create();
  cleared.set(10, fail);
  cleared.clear();
  const disposed = deadlines.create();
  disposed.set(10, fail);
  disposed[Symbol.dispose]();
  disposed.set(10, fail);
  deadlines.advance(1_000);
});

Deno.test("a deadline may set itself again while it expires", () => {
  using deadlines = new ManualDeadlines();
  using deadline = deadlines.create();
  let expired = 0;
  const again = () => {
    expired++;
    deadline.set(50, again);
  };
  deadline.set(50, again);
  for (let round = 0; round < 3; round++) deadlines.advance(50);
  assert.equal(expired, 3);
});

Deno.test("a deadline that throws leaves the others their turn", () => {
  using deadlines = new ManualDeadlines();
  using first = deadlines.create();
  using second = deadlines.create();
  let expired = 0;
  first.set(1, () => {
    throw new Error("a fault of its owner");
  });
  second.set(1, () => expired++);
  assert.throws(() => deadlines.advance(1), /a fault of its owner/);
  deadlines.advance(0);
  assert.equal(expired, 1);
});

Deno.test("deadlines expire one another's set: the sweep goes on", () => {
  using deadlines = new ManualDeadlines();
  const calls: number[] = [];
  const all = [0, 1, 2].map((index) => {
    const deadline = deadlines.create();
    deadline.set(index + 1, () => {
      calls.push(index);
      all[index + 1]?.[Symbol.dispose]();
    });
    return deadline;
  });
  deadlines.advance(10);
  assert.deepEqual(calls, [0, 2]);
});

Deno.test("`Deadlines` sweeps by itself on the real clock, and holds no process up", async () => {
  using deadlines = new Deadlines();
  using deadline = deadlines.create();
  // The deadlines' own timer does not keep the event loop alive: this one does.
  const keepAlive = setTimeout(() => {}, 10_000);
  await new Promise<void>((resolve) => deadline.set(1, resolve));
  clearTimeout(keepAlive);
});
