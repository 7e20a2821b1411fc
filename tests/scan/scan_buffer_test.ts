import assert from "node:assert/strict";
import { BUFFER_START, ScanBuffer } from "../../src/scan/scan_buffer.ts";

Deno.test("`ScanBuffer` lays the tail and the piece side by side, and grows", () => {
  const buffer = new ScanBuffer();
  for (const [tail, piece] of [[0, 0], [0, 1], [3, 5], [64, 100_000], [1, 2]] as const) {
    const head = new Uint8Array(tail).fill(1);
    const rest = new Uint8Array(piece).fill(2);
    const end = buffer.load(head, rest);
    assert.equal(end, BUFFER_START + tail + piece);
    assert.deepEqual(
      buffer.bytes.slice(BUFFER_START, end),
      Uint8Array.from([...head, ...rest]),
    );
    assert.ok(buffer.bytes.length >= end + 8, "room to read over the edge");
    assert.equal(buffer.bytes.buffer, buffer.words.buffer);
  }
});
