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
  const bytes = new Uint8Array(258);
  writeLatin1(latin1Text(EVERY_BYTE, 0, 256), bytes, 1);
  assert.deepEqual(bytes.subarray(1, 257), EVERY_BYTE);
  writeLatin1("\u0141", bytes, 0);
  assert.equal(bytes[0], 0x41);
});
