/** A row of bytes that grows. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ByteSink } from "../../src/scan/byte_sink.ts";

Deno.test("`ByteSink` keeps what is appended, over every growth", () => {
  const sink = new ByteSink();
  const expected: number[] = [];
  for (let round = 1; round < 200; round++) {
    sink.put(round);
    expected.push(round & 0xff);
    const block = Uint8Array.from({ length: round }, (_, index) => index);
    sink.append(block, 1, round);
    expected.push(...block.subarray(1, round));
  }
  assert.deepEqual([...sink.bytes], expected);
  assert.equal(sink.length, expected.length);
  sink.clear();
  assert.equal(sink.bytes.length, 0);
});

Deno.test("`ByteSink.putCodePoint()` writes UTF-8, and lone surrogates as three bytes", () => {
  const sink = new ByteSink();
  const text = "a\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}";
  for (const character of text) sink.putCodePoint(character.codePointAt(0)!);
  assert.equal(Buffer.from(sink.bytes).toString(), text);
  sink.clear();
  sink.putCodePoint(0xd800);
  assert.deepEqual([...sink.bytes], [0xed, 0xa0, 0x80]);
});

Deno.test("`ByteSink.replace()` replaces among the last bytes only", () => {
  const sink = new ByteSink();
  sink.append(Buffer.from("a+b+c"), 0, 5);
  sink.replace(3, 0x2b, 0x20);
  assert.equal(Buffer.from(sink.bytes).toString(), "a+b c");
});

Deno.test("`ByteSink.appendUntil()` stops before the byte it is told, or at the end", () => {
  const sink = new ByteSink();
  const source = Uint8Array.from({ length: 2_000 }, (_, index) => index === 1_500 ? 0x5c : 0x61);
  assert.equal(sink.appendUntil(source, { from: 10, to: 1_000 }, 0x5c), 1_000);
  assert.equal(sink.length, 990);
  assert.equal(sink.appendUntil(source, { from: 1_000, to: 2_000 }, 0x5c), 1_500);
  assert.equal(sink.appendUntil(source, { from: 1_500, to: 2_000 }, 0x5c), 1_500);
  assert.deepEqual(sink.bytes, source.slice(10, 1_500));
});

Deno.test("`ByteSink.clear()` gives a large buffer back without mixing sinks up", () => {
  const first = new ByteSink();
  const second = new ByteSink();
  const long = new Uint8Array(10_000).fill(1);
  first.append(long, 0, long.length);
  first.clear();
  second.append(new Uint8Array(10_000).fill(2), 0, long.length);
  first.append(long, 0, long.length);
  assert.ok(second.bytes.every((byte) => byte === 2));
  assert.ok(first.bytes.every((byte) => byte === 1));
});
