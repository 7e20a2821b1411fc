import assert from "node:assert/strict";
import { FIRST_READ_BYTES, LARGEST_READ_BYTES, nextReadBytes } from "../../src/net/read_size.ts";

const READS: readonly (readonly [why: string, asked: number, got: number, next: number])[] = [
  ["more after a full read", 4_096, 4_096, 16_384],
  ["more again", 16_384, 16_384, 65_536],
  ["no more than the largest", 65_536, 65_536, 65_536],
  ["the largest where there was room for more than was asked for", 16_384, 60_000, 65_536],
  ["the same while whole records come", 65_536, 16_384, 65_536],
  ["the first size again once little comes", 65_536, 4_095, 4_096],
  ["the first size after the end", 16_384, 0, 4_096],
];

for (const [why, asked, got, next] of READS) {
  Deno.test(`\`nextReadBytes()\` asks for ${why}`, () => {
    assert.equal(nextReadBytes(asked, got), next);
    assert.ok(next >= FIRST_READ_BYTES && next <= LARGEST_READ_BYTES);
  });
}
