import assert from "node:assert/strict";
import { relay } from "../../src/net/relay.ts";
import { PlayedStream, readBytes, readToEnd, streamPair } from "../support/stream_pair.ts";
import { waitFor } from "../support/wait_for.ts";

const TEXT = new TextEncoder();

Deno.test("`relay()` copies both ways, counts, and closes both streams at the end", async () => {
  const client = new PlayedStream(["from ", "client"]);
  const origin = new PlayedStream(["from origin"]);
  const totals = await relay(client, origin);
  assert.equal(origin.written, "from client");
  assert.equal(client.written, "from origin");
  assert.deepEqual(totals, { fromClient: 11, fromOrigin: 11 });
  assert.ok(client.isWriteClosed && origin.isWriteClosed && client.isClosed && origin.isClosed);
});

Deno.test("`relay()` passes a half-close on and lets the other direction finish", async () => {
  using clientSide = await streamPair();
  using originSide = await streamPair();
  const relaying = relay(clientSide.far, originSide.near);
  const [client, origin] = [clientSide.near, originSide.far];
  await client.write(TEXT.encode("question"));
  await client.closeWrite();
  assert.equal(await readToEnd(origin), "question");
  await origin.write(TEXT.encode("a late answer"));
  assert.equal(await readBytes(client, 13), "a late answer");
  await origin.closeWrite();
  assert.equal(await readToEnd(client), "");
  assert.deepEqual(await relaying, { fromClient: 8, fromOrigin: 13 });
});

Deno.test("`relay()` reads a side again only when the other has taken what was read", async () => {
  const client = new PlayedStream(["1", "2", "3"]);
  const origin = new PlayedStream([], "silence");
  const gate = Promise.withResolvers<void>();
  origin.writable = gate.promise;
  const seen: string[] = [];
  const relaying = relay(client, origin, {
    onBytes: (bytes, from) => seen.push(`${from} ${String.fromCharCode(...bytes)}`),
  });
  await waitFor(() => seen.length > 0, { what: "the first piece" });
  // Turns enough for a second read, were there one.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(seen, ["client 1"]);
  gate.resolve();
  await waitFor(() => origin.written === "123", { what: "the rest" });
  assert.deepEqual(seen, ["client 1", "client 2", "client 3"]);
  origin.close();
  await relaying;
});

const FAULTS: readonly (readonly [string, () => [client: PlayedStream, origin: PlayedStream]])[] = [
  ["a reset by the client", () => [
    new PlayedStream([new Deno.errors.ConnectionReset("reset")]),
    new PlayedStream([], "silence"),
  ]],
  ["a reset by the origin", () => [
    new PlayedStream([], "silence"),
    new PlayedStream([new Deno.errors.ConnectionReset("reset")]),
  ]],
  ["an origin that takes no more", () => {
    const origin = new PlayedStream([], "silence");
    origin.writeError = new Deno.errors.BrokenPipe("gone");
    return [new PlayedStream(["x"], "silence"), origin];
  }],
];

for (const [reason, streams] of FAULTS) {
  Deno.test(`\`relay()\` ends both directions after ${reason}`, async () => {
    const [client, origin] = streams();
    await relay(client, origin);
    assert.ok(client.isClosed && origin.isClosed);
    assert.equal(origin.written + client.written, "");
  });
}

Deno.test("`relay()` tells of activity before a byte is passed on", async () => {
  const client = new PlayedStream(["x"]);
  const origin = new PlayedStream([]);
  let activity = 0;
  await relay(client, origin, { onActivity: () => activity++ });
  assert.equal(activity, 1);
});
