/** Writes through a filter: what it releases goes on, what it stops does not, and the stream can be cut. */
import assert from "node:assert/strict";
import { BlockedError } from "../../src/proxy/blocked_error.ts";
import { FilteredStream } from "../../src/proxy/filtered_stream.ts";
import type { BodyFilter } from "../../src/proxy/pass_body.ts";
import { bytesOf } from "../support/latin1_bytes.ts";
import { latin1, PlayedStream } from "../support/stream_pair.ts";

/** Holds back what stands before the newest `;`, and stops at `!`. */
class HoldingFilter implements BodyFilter {
  held = "";
  closes = 0;
  ends = 0;

  push(bytes: Uint8Array): Uint8Array {
    this.held += latin1(bytes);
    if (this.held.includes("!")) throw blocked();
    const end = this.held.lastIndexOf(";") + 1;
    const released = this.held.slice(0, end);
    this.held = this.held.slice(end);
    return bytesOf(released);
  }

  settle(): void {}

  end(): Promise<Uint8Array> {
    this.ends++;
    const rest = this.held;
    this.held = "";
    return Promise.resolve(bytesOf(rest));
  }

  close(): void {
    this.closes++;
  }
}

function blocked() {
  return new BlockedError({ pattern: "a_rule", location: "stream", direction: "outbound" });
}

Deno.test("`FilteredStream` writes what is released, and what was held at the end", async () => {
  const inner = new PlayedStream();
  const filter = new HoldingFilter();
  const stream = new FilteredStream(inner, { filter });
  for (const piece of ["a;b", "c", ";d"]) await stream.write(bytesOf(piece));
  assert.deepEqual(inner.writes, ["a;", "bc;"]);
  await stream.closeWrite();
  assert.deepEqual([inner.written, inner.isWriteClosed], ["a;bc;d", true]);
  assert.equal(stream.writtenBytes, 6);
  await stream.endFilter();
  assert.deepEqual([filter.ends, filter.closes], [1, 1]);
});

Deno.test("`FilteredStream` fails the write that is stopped where nobody minds it", async () => {
  const inner = new PlayedStream();
  const stream = new FilteredStream(inner, { filter: new HoldingFilter() });
  await assert.rejects(stream.write(bytesOf("a!")), BlockedError);
  assert.equal(inner.written, "");
});

Deno.test("`FilteredStream` can be cut: last words, and nothing after them", async () => {
  const inner = new PlayedStream();
  const filter = new HoldingFilter();
  const stream: FilteredStream = new FilteredStream(inner, {
    filter,
    onBlocked: async () => await stream.cut(bytesOf("bye")),
  });
  await stream.write(bytesOf("a;b"));
  await stream.write(bytesOf("!"));
  await stream.write(bytesOf("c;"));
  await stream.closeWrite();
  await stream.endFilter();
  assert.deepEqual([inner.written, inner.isWriteClosed], ["a;bye", true]);
  assert.deepEqual([filter.ends, filter.closes], [0, 1]);
});

Deno.test("`FilteredStream` sends what came before a stop that `settle()` tells", async () => {
  const inner = new PlayedStream();
  const filter = new HoldingFilter();
  filter.settle = () => {
    throw blocked();
  };
  const stream: FilteredStream = new FilteredStream(inner, {
    filter,
    onBlocked: async () => await stream.cut(bytesOf("bye")),
  });
  await stream.write(bytesOf("a;"));
  assert.equal(inner.written, "a;bye");
});

Deno.test("`FilteredStream` is cut quietly where the peer has gone", async () => {
  const inner = new PlayedStream();
  inner.writeError = new Deno.errors.BrokenPipe("gone");
  const stream = new FilteredStream(inner, { filter: new HoldingFilter() });
  await stream.cut(bytesOf("bye"));
  await stream.write(bytesOf("a;"));
  assert.equal(inner.written, "");
});

Deno.test("`FilteredStream` ends the filter of a stream that broke", async () => {
  const filter = new HoldingFilter();
  const stream = new FilteredStream(new PlayedStream(), { filter });
  await stream.write(bytesOf("a"));
  await stream.endFilter();
  assert.deepEqual([filter.ends, filter.closes], [1, 1]);
});
