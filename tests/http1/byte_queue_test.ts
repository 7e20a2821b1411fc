import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import { textOf } from "./arrivals.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

Deno.test("ByteQueue gives bytes back in order", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf("abc"));
  queue.append(bytesOf("def"));
  equal(queue.length, 6);
  equal(textOf(queue.take(4)), "abcd");
  equal(textOf(queue.peek()), "ef");
  queue.skip(1);
  equal(textOf(queue.take(1)), "f");
  equal(queue.length, 0);
  equal(queue.peek().length, 0);
});

Deno.test("ByteQueue keeps only what was committed of a reserved space", () => {
  const queue = new ByteQueue();
  const space = queue.reserve(100);
  ok(space.length >= 100);
  space.set(bytesOf("read"));
  queue.commit(4);
  equal(textOf(queue.peek()), "read");
});

Deno.test("ByteQueue refuses to hand out or commit what is not there", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf("ab"));
  throws(() => queue.take(3), RangeError);
  throws(() => queue.skip(3), RangeError);
  throws(() => queue.skip(-1), RangeError);
  throws(() => queue.commit(1_000_000), RangeError);
  throws(() => queue.commit(-1), RangeError);
  equal(queue.length, 2);
});

Deno.test("ByteQueue.take() views bytes that stay until the next reserve", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf("first second"));
  const first = queue.take(6);
  const second = queue.take(6);
  equal(textOf(first) + textOf(second), "first second");
});

Deno.test("ByteQueue clears its scan mark when bytes are consumed", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf("abcd"));
  queue.scanned = 4;
  queue.append(bytesOf("e"));
  equal(queue.scanned, 4);
  queue.skip(1);
  equal(queue.scanned, 0);
  queue.scanned = 2;
  queue.take(1);
  equal(queue.scanned, 0);
});

Deno.test("ByteQueue reuses its buffer for read after read", () => {
  const queue = new ByteQueue();
  const { buffer } = queue.reserve(16_384);
  for (let read = 0; read < 100; read++) {
    equal(queue.reserve(16_384).buffer, buffer);
    queue.commit(16_384);
    queue.skip(16_384);
  }
});

Deno.test("ByteQueue gives a burst's memory back once empty", () => {
  const queue = new ByteQueue();
  queue.append(new Uint8Array(10_000_000));
  ok(queue.reserve(1).buffer.byteLength >= 10_000_000);
  queue.skip(10_000_000);
  ok(queue.reserve(1).buffer.byteLength <= 32_768);
});

Deno.test("ByteQueue keeps the buffer of large reads while they are asked for, and no longer", () => {
  const queue = new ByteQueue();
  const { buffer } = queue.reserve(65_536);
  equal(queue.reserve(65_536).buffer, buffer);
  equal(queue.reserve(32_768).buffer, buffer);
  equal(queue.reserve(4_096).buffer.byteLength, 4_096);
});

Deno.test("ByteQueue does not grow while a short rest is always left", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf("rest"));
  for (let read = 0; read < 1_000; read++) {
    queue.reserve(16_384);
    queue.commit(16_384);
    queue.skip(16_384);
  }
  ok(queue.reserve(16_384).buffer.byteLength <= 65_536);
});

Deno.test("ByteQueue moves each byte a bounded number of times", () => {
  const queue = new ByteQueue();
  let buffers = 0;
  let last: ArrayBufferLike | undefined;
  for (let read = 0; read < 1_000_000; read++) {
    const { buffer } = queue.reserve(16_384);
    if (buffer !== last) buffers++;
    last = buffer;
    queue.commit(1);
  }
  equal(queue.length, 1_000_000);
  ok(buffers <= 10, `${buffers} buffers for 1 MB: the buffer must double`);
});

Deno.test("ByteQueue does not move a long rest for each short read", () => {
  const queue = new ByteQueue();
  queue.append(new Uint8Array(16_384));
  const { buffer } = queue.peek();
  queue.skip(1);
  ok(queue.reserve(1).buffer !== buffer, "one byte was consumed, 16,383 would move");
  queue.skip(16_383);
  queue.append(new Uint8Array(32_768));
  const grown = queue.peek().buffer;
  queue.skip(32_000);
  equal(queue.reserve(16_384).buffer, grown, "32,000 bytes were consumed, 768 move");
});

// Invariant: whatever the order of calls, the queue holds the bytes put in less those taken out.
Deno.test("ByteQueue behaves like a plain list of bytes", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("append" as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({
      kind: fc.constant("reserve" as const),
      bytes: fc.uint8Array({ maxLength: 300 }),
      extra: fc.nat(40_000),
    }),
    fc.record({ kind: fc.constant("take" as const), share: fc.double({ min: 0, max: 1 }) }),
    fc.record({ kind: fc.constant("skip" as const), share: fc.double({ min: 0, max: 1 }) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const queue = new ByteQueue();
    let model: number[] = [];
    for (const next of steps) {
      if (next.kind === "append") {
        queue.append(next.bytes);
        model.push(...next.bytes);
      } else if (next.kind === "reserve") {
        queue.reserve(next.bytes.length + next.extra).set(next.bytes);
        queue.commit(next.bytes.length);
        model.push(...next.bytes);
      } else {
        const count = Math.floor((Number.isNaN(next.share) ? 0 : next.share) * model.length);
        if (next.kind === "take") deepEqual([...queue.take(count)], model.slice(0, count));
        else queue.skip(count);
        model = model.slice(count);
      }
      equal(queue.length, model.length);
      deepEqual([...queue.peek()], model);
    }
  }));
});
