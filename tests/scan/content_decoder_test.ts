/** Content codings undone in pieces of any size; what cannot be undone is said, and bombs stop. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { zstdCompressSync } from "node:zlib";
import {
  ContentDecoder,
  type ContentDecoderOptions,
  isEncoded,
} from "../../src/scan/content_decoder.ts";

interface Decoded {
  readonly text: string;
  readonly bytes: number;
  readonly undecodable: string | undefined;
}

const TEXT = "The quick brown fox jumps over the lazy dog; " + "0123456789".repeat(40) + " done.";
const BYTES = Buffer.from(TEXT);

/** Decodes in pieces of `size` bytes. */
function decode(
  coding: string,
  bytes: Uint8Array,
  { size = bytes.length, ...options }: ContentDecoderOptions & { readonly size?: number } = {},
): Decoded {
  const decoder = new ContentDecoder(coding, options);
  const pieces: Uint8Array[] = [];
  const sink = (piece: Uint8Array) => void pieces.push(piece.slice());
  for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size), sink);
  decoder.end(sink);
  const { undecodable } = decoder;
  decoder.close();
  decoder.close();
  const whole = Buffer.concat(pieces);
  return { text: whole.toString("latin1"), bytes: whole.length, undecodable };
}

/** Reason, header value, a body that says `TEXT`. */
const BODIES: readonly (readonly [string, string, Uint8Array])[] = [
  ["gzip", "gzip", gzipSync(BYTES)],
  ["gzip by its old name", "x-gzip", gzipSync(BYTES)],
  ["gzip in capitals", "GZIP", gzipSync(BYTES)],
  [
    "gzip of two members",
    "gzip",
    Buffer.concat([gzipSync(BYTES.subarray(0, 9)), gzipSync(BYTES.subarray(9))]),
  ],
  [
    "gzip with an empty member",
    "gzip",
    Buffer.concat([gzipSync(Buffer.alloc(0)), gzipSync(BYTES)]),
  ],
  ["gzip of stored blocks", "gzip", gzipSync(BYTES, { level: 0 })],
  ["deflate with the zlib wrapper", "deflate", deflateSync(BYTES)],
  ["deflate without it", "deflate", deflateRawSync(BYTES)],
  ["br", "br", brotliCompressSync(BYTES)],
  ["zstd", "zstd", zstdCompressSync(BYTES)],
  ["a stack of two", "gzip, br", brotliCompressSync(gzipSync(BYTES))],
  ["a stack of three", "deflate,gzip , zstd", zstdCompressSync(gzipSync(deflateSync(BYTES)))],
  ["gzip twice", "gzip, gzip", gzipSync(gzipSync(BYTES))],
  ["codings that say nothing", "aws-chunked, identity, gzip", gzipSync(BYTES)],
];

for (const [reason, coding, body] of BODIES) {
  Deno.test(`\`ContentDecoder\` decodes ${reason}, however it is cut`, () => {
    for (const size of [body.length, 1, 2, 3, 7, 100]) {
      const { text, undecodable } = decode(coding, body, { size });
      assert.equal(text, TEXT, `pieces of ${size}`);
      assert.equal(undecodable, undefined, `pieces of ${size}`);
    }
  });

  Deno.test(`\`ContentDecoder\` decodes ${reason} at every split`, () => {
    for (let split = 0; split <= body.length; split++) {
      const decoder = new ContentDecoder(coding);
      let text = "";
      const sink = (piece: Uint8Array) => void (text += Buffer.from(piece).toString("latin1"));
      decoder.push(body.subarray(0, split), sink);
      decoder.push(body.subarray(split), sink);
      decoder.end(sink);
      decoder.close();
      assert.equal(text, TEXT, `split at ${split}`);
      assert.equal(decoder.undecodable, undefined, `split at ${split}`);
    }
  });

  Deno.test(`\`ContentDecoder\` says that ${reason} was cut short`, () => {
    for (const left of [1, 2, 5, body.length >> 1, body.length - 1]) {
      for (const size of [left, 1]) {
        const { text, undecodable } = decode(coding, body.subarray(0, left), { size });
        assert.ok(TEXT.startsWith(text));
        assert.match(undecodable ?? "nothing", /^corrupt /, `${left} bytes, pieces of ${size}`);
      }
    }
  });
}

Deno.test("`ContentDecoder` gives what arrived before the rest comes", () => {
  for (const [reason, coding, body] of BODIES) {
    // zstd gives whole blocks only; of the stacks, the last one holds back what the first needs.
    if (coding !== "gzip" && coding !== "br" || reason.includes("stack")) continue;
    const decoder = new ContentDecoder(coding);
    let made = 0;
    decoder.push(body.subarray(0, body.length - 9), (piece) => made += piece.length);
    assert.ok(made > 0, reason);
    decoder.close();
  }
});

/** Reason, header value, body, what is said. */
const FAULTS: readonly (readonly [string, string, Uint8Array, string])[] = [
  ["text instead of gzip", "gzip", BYTES, "corrupt gzip"],
  ["text instead of deflate", "deflate", BYTES, "corrupt deflate"],
  ["text instead of zstd", "zstd", BYTES, "corrupt zstd"],
  ["gzip instead of br", "br", gzipSync(BYTES), "corrupt br"],
  ["a coding nobody knows", "gzip, rot13", BYTES, "unknown coding rot13"],
  [
    "a name that is no name",
    "\x1b[31m" + "x".repeat(99),
    BYTES,
    `unknown coding ?[31m${"x".repeat(27)}`,
  ],
  ["a name of every object", "constructor", BYTES, "unknown coding constructor"],
  ["five codings", "gzip,gzip,gzip,gzip,gzip", gzipSync(BYTES), "over 4 codings"],
  ["a wrong checksum", "gzip", withByte(gzipSync(BYTES), -6, 0x55), "corrupt gzip"],
  ["a broken inner coding", "deflate, gzip", gzipSync(BYTES), "corrupt deflate"],
];

for (const [reason, coding, body, said] of FAULTS) {
  Deno.test(`\`ContentDecoder\` says what is wrong: ${reason}`, () => {
    for (const size of [body.length, 1]) {
      assert.equal(decode(coding, body, { size }).undecodable, said, `pieces of ${size}`);
    }
  });
}

Deno.test("`ContentDecoder` stops at a bomb after a piece too many", () => {
  const bomb = gzipSync(Buffer.alloc(64 << 20));
  const nested = gzipSync(bomb);
  for (const [coding, body] of [["gzip", bomb], ["gzip, gzip", nested]] as const) {
    const { bytes, undecodable } = decode(coding, body);
    assert.equal(undecodable, "ratio over 200");
    assert.ok(bytes <= Math.max(1 << 20, body.length * 200) + 16_384, String(bytes));
  }
  const { bytes, undecodable } = decode("br", brotliCompressSync(Buffer.alloc(1 << 20)), {
    maxDecodedBytes: 100_000,
  });
  assert.equal(undecodable, "size over 100000");
  assert.ok(bytes <= 100_000 + 16_384);
});

Deno.test("`ContentDecoder` takes a small table as regular as a bomb", () => {
  const { bytes, undecodable } = decode("gzip", gzipSync(Buffer.alloc(900_000)));
  assert.deepEqual([bytes, undecodable], [900_000, undefined]);
});

Deno.test("`ContentDecoder` takes an empty body for an empty text", () => {
  // RFC 9110 §8.4 has it that nothing was coded; an answer to HEAD is such a body.
  assert.deepEqual(decode("gzip", new Uint8Array()), {
    text: "",
    bytes: 0,
    undecodable: undefined,
  });
});

Deno.test("`isEncoded()` tells codings from names that say nothing", () => {
  for (const value of [undefined, "", "identity", " identity , ", "aws-chunked"]) {
    assert.equal(isEncoded(value), false, value);
  }
  for (const value of ["gzip", "identity, br", "unheard-of"]) assert.equal(isEncoded(value), true);
});

/** A copy with one byte changed; a negative index counts from the end. */
function withByte(bytes: Uint8Array, index: number, byte: number): Uint8Array {
  const copy = bytes.slice();
  copy[(index + copy.length) % copy.length]! ^= byte;
  return copy;
}
