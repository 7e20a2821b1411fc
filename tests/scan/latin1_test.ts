import assert from "node:assert/strict";
import { latin1Text, writeLatin1 } from "../../src/scan/latin1.ts";

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

Deno.test("`latin1Text()` makes every byte the character of its value", () => {
  const text = latin1Text(EVERY_BYTE, 0, 256);
  assert.deepEqual(Array.from(text, (letter) => letter.charCodeAt(0)), [...EVERY_BYTE]);
});

Deno.test("`latin1Text()` stops at the last byte", () => {
  assert.equal(latin1Text(Uint8Array.of(0x61, 0x62), 1, 9), "b");
  assert.equal(latin1Text(Uint8Array.of(0x61, 0x62), 2, 9), "");
});

Deno.test("`writeLatin1()` writes back what `latin1Text()` read, and low bytes of the rest", () => {
  for (const room of [256, 300]) {
    const bytes = new Uint8Array(room);
    writeLatin1(latin1Text(EVERY_BYTE, 0, 256), bytes);
    assert.deepEqual(bytes.subarray(0, 256), EVERY_BYTE);
    assert.deepEqual(bytes.subarray(256), new Uint8Array(room - 256));
  }
  const bytes = new Uint8Array(4);
  writeLatin1("\u0141\u20ac\xe9", bytes);
  assert.deepEqual([...bytes], [0x41, 0xac, 0xe9, 0]);
  writeLatin1("ab", bytes);
  assert.deepEqual([...bytes], [0x61, 0x62, 0xe9, 0]);
});
