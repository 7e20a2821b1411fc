/** Offsets of a view are those of the bytes it was decoded from. */
import assert from "node:assert/strict";
import { OffsetMap } from "../../src/scan/offset_map.ts";

Deno.test("`OffsetMap` maps text, escapes and groups of digits", () => {
  const map = new OffsetMap();
  // `ab\n` of `ab\n` + `cd`: two bytes as they are, an escape of two bytes, two bytes.
  map.begin(0, 100, { decodedUnit: 1, encodedUnit: 1 });
  map.begin(3, 104, { decodedUnit: 1, encodedUnit: 1 });
  assert.deepEqual([0, 1, 2, 3, 4].map((at) => map.startOf(at)), [100, 101, 102, 104, 105]);
  assert.deepEqual([1, 2, 3, 4].map((at) => map.endOf(at)), [101, 102, 104, 105]);
  // Then base64.
  map.begin(10, 200, { decodedUnit: 3, encodedUnit: 4 });
  map.stop(207);
  assert.deepEqual([10, 11, 12, 13].map((at) => map.startOf(at)), [200, 200, 200, 204]);
  assert.deepEqual([11, 13, 14, 15].map((at) => map.endOf(at)), [204, 204, 207, 207]);
});

Deno.test("`OffsetMap.forget()` keeps what stands at the offset and after it", () => {
  const map = new OffsetMap();
  for (let at = 0; at < 5_000; at++) map.begin(at * 2, at * 10, { decodedUnit: 1, encodedUnit: 1 });
  for (const at of [0, 7, 5_000, 9_998]) {
    map.forget(at);
    assert.equal(map.startOf(at), (at >> 1) * 10 + at % 2);
  }
  assert.equal(new OffsetMap().startOf(3), 0);
});
