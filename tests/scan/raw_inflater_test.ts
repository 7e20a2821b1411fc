/** Raw DEFLATE decoded as it arrives, over flushes, final blocks and resets. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { constants, createDeflateRaw, deflateRawSync } from "node:zlib";
import { RawInflater } from "../../src/scan/raw_inflater.ts";

const FIRST = "correct horse battery staple, ".repeat(20);
const SECOND = "and staple, battery, horse: correct";
const flushed = (text: string) =>
  deflateRawSync(Buffer.from(text), { finishFlush: constants.Z_SYNC_FLUSH });

/** DEFLATE of `text` as it stands after `dictionary` in one stream: with references into it. */
async function deflateAfter(dictionary: string, text: string): Promise<Uint8Array> {
  const stream = createDeflateRaw();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  const flush = () =>
    new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  stream.write(dictionary);
  await flush();
  const before = Buffer.concat(chunks).length;
  stream.write(text);
  await flush();
  stream.close();
  return Buffer.concat(chunks).subarray(before);
}

function inflate(inflater: RawInflater, bytes: Uint8Array, size = bytes.length): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += size) {
    for (const piece of inflater.inflate(bytes.subarray(at, at + size))) {
      assert.ok(piece.length >= 1 && piece.length <= 16_384);
      text += Buffer.from(piece).toString("latin1");
    }
  }
  return text;
}

Deno.test("`RawInflater` gives all of what was flushed, however it is cut", () => {
  const bytes = flushed(FIRST);
  for (const size of [bytes.length, 1, 2, 7]) {
    const inflater = new RawInflater();
    assert.equal(inflate(inflater, bytes, size), FIRST);
    inflater.close();
    inflater.close();
  }
});

Deno.test("`RawInflater` goes on after a final block, with the same window", async () => {
  const final = deflateRawSync(Buffer.from(FIRST));
  const next = await deflateAfter(FIRST, SECOND);
  for (const size of [1_000, 1]) {
    const inflater = new RawInflater();
    assert.equal(inflate(inflater, Buffer.concat([final, next]), size), FIRST + SECOND);
    inflater.close();
  }
});

Deno.test("`RawInflater` keeps a window of 32,768 bytes over long texts", async () => {
  const lines = Array.from({ length: 9_000 }, (_, index) => `line ${index * 7919 % 10_007}\n`);
  const long = lines.join("");
  const repeated = long.slice(-32_000, -31_800);
  const inflater = new RawInflater();
  assert.equal(inflate(inflater, deflateRawSync(Buffer.from(long)), 999), long);
  assert.equal(inflate(inflater, await deflateAfter(long, repeated)), repeated);
  inflater.close();
});

Deno.test("`RawInflater` forgets its window when it is reset", async () => {
  const inflater = new RawInflater();
  inflate(inflater, flushed(FIRST));
  inflater.reset();
  assert.equal(inflate(inflater, flushed(SECOND)), SECOND);
  inflater.reset();
  const needsWindow = await deflateAfter(FIRST, SECOND);
  assert.throws(() => inflate(inflater, needsWindow), SyntaxError);
  inflater.close();
});

Deno.test("`RawInflater` refuses what is no DEFLATE, and too many final blocks", () => {
  const broken = new RawInflater();
  assert.throws(() => inflate(broken, Buffer.from([0xff, 0xff, 0xff])), SyntaxError);
  broken.close();
  const empty = deflateRawSync(Buffer.alloc(0));
  const inflater = new RawInflater();
  const many = Buffer.concat(Array.from({ length: 70 }, () => empty));
  assert.throws(() => inflate(inflater, many), {
    name: "SyntaxError",
    message: "Cannot inflate: over 64 final blocks in a row",
  });
  inflater.close();
});
