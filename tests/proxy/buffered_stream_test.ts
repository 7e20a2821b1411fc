import assert from "node:assert/strict";
import { BufferedStream } from "../../src/proxy/buffered_stream.ts";
import { latin1, PlayedStream, readToEnd } from "../support/stream_pair.ts";

function text(buffered: BufferedStream): string {
  return latin1(buffered.queue.peek());
}

Deno.test("`fill()` reads once, and says when the stream has ended", async () => {
  const buffered = new BufferedStream(new PlayedStream(["a", "b"]));
  assert.equal(await buffered.fill(), true);
  assert.equal(text(buffered), "a");
  assert.equal(await buffered.fill(), true);
  assert.equal(text(buffered), "ab");
  assert.equal(await buffered.fill(), false);
  assert.equal(text(buffered), "ab");
});

Deno.test("two that wait share one read", async () => {
  const stream = new PlayedStream([], "silence");
  const buffered = new BufferedStream(stream);
  const both = Promise.all([buffered.fill(), buffered.fill()]);
  assert.equal(buffered.isReading, true);
  stream.play("once");
  assert.deepEqual(await both, [true, true]);
  assert.equal(text(buffered), "once");
  assert.equal(buffered.isReading, false);
});

Deno.test("a read that `watch()` began is the one that `fill()` waits for", async () => {
  const stream = new PlayedStream([], "silence");
  const buffered = new BufferedStream(stream);
  const watched = buffered.watch();
  assert.equal(buffered.watch(), watched);
  stream.play("a");
  assert.equal(await watched, true);
  // Nothing more is there to be read: a second read would wait for ever.
  assert.equal(await buffered.fill(), true);
  assert.equal(text(buffered), "a");
});

Deno.test("a read that fails fails for whoever waits, and the next one tries again", async () => {
  const buffered = new BufferedStream(new PlayedStream([new Error("reset"), "after"]));
  await assert.rejects(Promise.all([buffered.fill(), buffered.fill()]), /reset/);
  assert.equal(await buffered.fill(), true);
  assert.equal(text(buffered), "after");
});

Deno.test("more is asked for while reads come back full", async () => {
  const [first, more] = ["x".repeat(4_096), "x".repeat(16_384)];
  const stream = new PlayedStream([first, more, "end", first]);
  const asked: number[] = [];
  const read = stream.read.bind(stream);
  stream.read = (into) => {
    asked.push(into.length);
    return read(into);
  };
  const buffered = new BufferedStream(stream);
  while (await buffered.fill()) buffered.queue.skip(buffered.queue.length);
  assert.deepEqual(asked, [4_096, 16_384, 65_536, 4_096, 16_384]);
});

for (const isWatched of [false, true]) {
  Deno.test(`\`unread()\` gives back what was read${isWatched ? ", and what is being read" : ""}`, async () => {
    const stream = new PlayedStream(["one ", "two ", "three"]);
    const buffered = new BufferedStream(stream);
    await buffered.fill();
    if (isWatched) void buffered.watch();
    const unread = buffered.unread();
    assert.equal(unread.remoteAddress, stream.remoteAddress);
    assert.equal(await readToEnd(unread), "one two three");
  });
}

Deno.test("`unread()` writes and closes as the stream itself", async () => {
  const stream = new PlayedStream();
  const unread = new BufferedStream(stream).unread();
  await unread.write(new TextEncoder().encode("x"));
  await unread.closeWrite();
  unread.close();
  assert.deepEqual([stream.written, stream.isWriteClosed, stream.isClosed], ["x", true, true]);
});
