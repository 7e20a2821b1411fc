import assert from "node:assert/strict";
import { once } from "node:events";
import { TransportDuplex } from "../../src/net/transport_duplex.ts";
import { latin1, PlayedStream } from "../support/stream_pair.ts";

/** Plays `pieces` and tells into how many buffers, and how large ones, they were read. */
function recorded(pieces: readonly string[]) {
  const stream = new PlayedStream(pieces);
  const buffers = new Set<ArrayBufferLike>();
  const asked: number[] = [];
  const read = stream.read.bind(stream);
  stream.read = (into) => {
    buffers.add(into.buffer);
    asked.push(into.length);
    return read(into);
  };
  return { stream, buffers, asked };
}

Deno.test("`TransportDuplex` reads into one buffer where its listeners copy", async () => {
  const { stream, buffers } = recorded(["one ", "two ", "three"]);
  const duplex = new TransportDuplex(stream, { reusesBuffer: true });
  let text = "";
  duplex.on("data", (bytes: Uint8Array) => text += latin1(bytes));
  await once(duplex, "end");
  assert.equal(text, "one two three");
  assert.equal(buffers.size, 1);
});

Deno.test("`TransportDuplex` leaves bytes alone that wait for a reader", async () => {
  const { stream, buffers } = recorded(["one ", "two ", "three"]);
  const duplex = new TransportDuplex(stream, { reusesBuffer: true });
  duplex.pause();
  duplex.read(0);
  while (duplex.readableLength < 13) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(buffers.size > 3);
  let text = "";
  duplex.on("data", (bytes: Uint8Array) => text += latin1(bytes)).resume();
  await once(duplex, "end");
  assert.equal(text, "one two three");
});

Deno.test("`TransportDuplex` keeps its buffers apart where listeners may keep bytes", async () => {
  const { stream } = recorded(["one ", "two ", "three"]);
  const kept: Uint8Array[] = [];
  const duplex = new TransportDuplex(stream);
  duplex.on("data", (bytes: Uint8Array) => kept.push(bytes));
  await once(duplex, "end");
  assert.equal(kept.map(latin1).join(""), "one two three");
});

Deno.test("`TransportDuplex` asks for more while reads come back full", async () => {
  const { stream, asked } = recorded(["x".repeat(4_096), "x".repeat(16_384), "end"]);
  const duplex = new TransportDuplex(stream, { reusesBuffer: true });
  duplex.resume();
  await once(duplex, "end");
  assert.deepEqual(asked, [4_096, 16_384, 65_536, 4_096]);
});
