import assert from "node:assert/strict";
import { sha256 } from "../../src/rules/sha256.ts";

Deno.test("`sha256()` agrees with WebCrypto on each length around a block's end", async () => {
  for (const length of [0, 1, 31, 32, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 131 + length) & 0xff);
    const expected = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    assert.deepEqual(sha256(bytes), expected, `${length} bytes`);
  }
});
