/** A body of Zstandard is complete after a frame, and nowhere else. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { constants, zstdCompressSync } from "node:zlib";
import { ZstdFrames } from "../../src/scan/zstd_frames.ts";

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const SKIPPABLE = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
const EMPTY_SKIPPABLE = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);

/** Parts the empty frame that Deno writes after a large one from it. */
function framesOf(body: Uint8Array): readonly Uint8Array[] {
  const last = Buffer.from(body).lastIndexOf(MAGIC);
  return last <= 0 ? [body] : [body.subarray(0, last), body.subarray(last)];
}

const checksummed = zstdCompressSync(Buffer.from("text"), {
  params: { [constants.ZSTD_c_checksumFlag]: 1 },
});

/** Reason, frames that follow each other. */
const BODIES: readonly (readonly [string, readonly Uint8Array[]])[] = [
  ["one frame", [zstdCompressSync(Buffer.from("text"))]],
  ["no text", [zstdCompressSync(Buffer.alloc(0))]],
  ["a checksum", [checksummed]],
  ["a repeated byte", [zstdCompressSync(Buffer.alloc(1_000))]],
  ["stored blocks, more than one", framesOf(zstdCompressSync(randomBytes(300_000)))],
  ["sizes of two and of four bytes", [
    zstdCompressSync(Buffer.alloc(300)),
    zstdCompressSync(Buffer.alloc(70_000)),
  ]],
  ["frames to be skipped", [SKIPPABLE, checksummed, EMPTY_SKIPPABLE]],
];

for (const [reason, frames] of BODIES) {
  Deno.test(`\`ZstdFrames\` is complete after each frame only: ${reason}`, () => {
    const ends = new Set<number>([0]);
    let length = 0;
    for (const frame of frames) ends.add(length += frame.length);
    const body = Buffer.concat(frames);
    const whole = new ZstdFrames();
    whole.push(body);
    assert.ok(whole.isComplete);
    const byByte = new ZstdFrames();
    for (let at = 0; at < body.length; at++) {
      assert.equal(byByte.isComplete, ends.has(at), `after ${at} bytes`);
      byByte.push(body.subarray(at, at + 1));
    }
    assert.ok(byByte.isComplete);
  });
}
