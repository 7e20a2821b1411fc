import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { allocateShared, decodeLatin1, encodeLatin1 } from "../../src/http1/latin1.ts";
import { textOf } from "./arrivals.ts";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

Deno.test("decodeLatin1() maps every byte to the character of its value", () => {
  equal(decodeLatin1(ALL_BYTES), textOf(ALL_BYTES));
});

for (
  const [reason, bytes] of [
    ["a UTF-8 sequence, which is two characters", [0xc3, 0xa9]],
    ["0x80, another character in windows-1252", [0x80]],
    ["a byte that UTF-8 never has", [0x61, 0xff, 0x62]],
    ["a byte order mark, which decoders swallow", [0xef, 0xbb, 0xbf, 0x61]],
    ["an encoded U+FFFD", [0xef, 0xbf, 0xbd]],
    ["a cut sequence at the end", [0x61, 0xe2, 0x82]],
    ["an overlong NUL", [0xc0, 0x80]],
  ] as const
) {
  Deno.test(`decodeLatin1() keeps ${reason}`, () => {
    equal(decodeLatin1(Uint8Array.from(bytes)), String.fromCharCode(...bytes));
  });
}

Deno.test("decodeLatin1() reads a text longer than one step", () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i);
  equal(decodeLatin1(bytes), textOf(bytes));
});

Deno.test("encodeLatin1() refuses a character above U+00FF", () => {
  throws(() => encodeLatin1("a\u0100"), TypeError);
  throws(() => encodeLatin1("\u{1f600}"), TypeError);
});

// Invariant: encoding gives back the bytes that were decoded, whatever they are.
Deno.test("encodeLatin1() is the inverse of decodeLatin1()", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 6_000 }), (bytes) => {
    deepEqual(encodeLatin1(decodeLatin1(bytes)), bytes);
  }));
});

Deno.test("allocateShared() never hands out the same bytes twice", () => {
  const views: Uint8Array[] = [];
  for (let i = 0; i < 200; i++) views.push(allocateShared(1 + (i * 37) % 5_000).fill(i));
  for (const [i, view] of views.entries()) {
    equal(view.length, 1 + (i * 37) % 5_000);
    equal(view.every((byte) => byte === i), true);
  }
});
