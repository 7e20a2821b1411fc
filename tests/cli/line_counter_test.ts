/** Offsets and the lines they stand in. */
import assert from "node:assert/strict";
import { LineCounter } from "../../src/cli/line_counter.ts";

Deno.test("`LineCounter` counts lines from 1, however the text is cut", () => {
  const bytes = new TextEncoder().encode("a\nbc\n\nd");
  for (const size of [1, 2, 100]) {
    const index = new LineCounter();
    for (let at = 0; at < bytes.length; at += size) index.push(bytes.subarray(at, at + size));
    const lines = Array.from(bytes, (_, offset) => index.lineAt(offset));
    assert.deepEqual(lines, [1, 1, 2, 2, 2, 3, 4]);
  }
});
