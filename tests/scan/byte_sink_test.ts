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
