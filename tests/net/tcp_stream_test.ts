import assert from "node:assert/strict";
import { readBytes, readToEnd, streamPair } from "../support/stream_pair.ts";

const TEXT = new TextEncoder();

Deno.test("`TcpStream` reads 0 at the end and goes on writing after it", async () => {
  using pair = await streamPair();
  await pair.far.write(TEXT.encode("last words"));
  await pair.far.closeWrite();
  assert.equal(await readToEnd(pair.near), "last words");
  assert.equal(await pair.near.read(new Uint8Array(1)), 0);
  await pair.near.write(TEXT.encode("heard"));
  assert.equal(await readBytes(pair.far, 5), "heard");
});

Deno.test("`TcpStream` names its peer without a port", async () => {
  using pair = await streamPair();
  assert.equal(pair.near.remoteAddress, "127.0.0.1");
});

Deno.test("`TcpStream` writes all of what is more than the socket takes at once", async () => {
  using pair = await streamPair();
  const bytes = new Uint8Array(16_777_216).fill(0x61);
  const written = pair.near.write(bytes).then(() => pair.near.closeWrite());
  let received = 0;
  const buffer = new Uint8Array(65_536);
  for (let length = 1; length > 0; received += length) length = await pair.far.read(buffer);
  await written;
  assert.equal(received, bytes.length);
});

Deno.test("`TcpStream` closes twice, and ends what waits", async () => {
  using pair = await streamPair();
  const reading = pair.near.read(new Uint8Array(1));
  pair.near.close();
  pair.near.close();
  await assert.rejects(reading);
  await assert.rejects(pair.near.write(TEXT.encode("x")));
  await pair.near.closeWrite();
  assert.equal(await pair.far.read(new Uint8Array(1)), 0);
});
