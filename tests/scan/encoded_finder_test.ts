/** What the kernel tells of encoded text is what plain searches tell. */
import { equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { EncodedFinder, encodedFinder } from "../../src/scan/encoded_finder.ts";
import { mayHoldEncoded } from "../../src/scan/encoded_hint.ts";
import { mayBeText } from "../../src/scan/encoded_rows.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");

const MARKERS = [
  /[\\\xfe\xff]/,
  /%(?:u|[0-9A-Fa-f]{2})/,
  /=(?:[\r\n]|[0-9A-Fa-f]{2})/,
  /&(?:#|[^]{0,7};)/,
  /\0[^]\0/,
  /([ :,;-])[0-9A-Fa-f]{2}\1[^]{2}\1/,
  /0x[^]{2}[ :,;-]/,
];

/** By regexps alone; `mayBeText()` has tests of its own. */
function holdsEncoded(text: string): boolean {
  if (MARKERS.some((marker) => marker.test(text))) return true;
  const bytes = latin1(text);
  return [...text.matchAll(/[A-Za-z0-9+/_-]{11,}/g)].some(({ index, 0: row }) =>
    mayBeText(bytes, { from: index, to: index + row.length }, bytes.length)
  );
}

const signs = fc.constantFrom(
  ...["\0", "\\", "%", "&", "=", " ", ":", ",", "-", ";", "\n", "\r", "u", "#", "0x", "\xfe"],
  ...["7f", "72:", "g", "zz", "\xe9", '"', "."],
);
const words = fc.constantFrom(
  ...[
    "authentication",
    "AAAAAAAAAAAAAAAA",
    "internationalisation",
    "c29tZSB0ZXh0",
    "ORSXG5BAORSXG",
  ],
  ...["726d202d7266202f", "0123456789abcde", "Zq7vNf3TkX9bLw2Rc", "x".repeat(23), "y".repeat(70)],
);
const blank = fc.nat(70).map((length) => ".".repeat(length));
const texts = fc.array(fc.oneof(signs, words, blank, fc.string()), { maxLength: 12 })
  .map((parts) => latin1(parts.join("")).toString("latin1"));

Deno.test("`mayHoldEncoded()` says what regexps say", () => {
  fc.assert(
    fc.property(texts, (text) => equal(mayHoldEncoded(latin1(text)), holdsEncoded(text))),
    { numRuns: 3_000 },
  );
});

Deno.test("`EncodedFinder.nextRow()` passes over no row that may hold text", () => {
  const finder = new EncodedFinder();
  fc.assert(
    fc.property(texts, fc.nat(20), fc.nat(20), (text, skipped, cut) => {
      const bytes = latin1(text);
      const to = Math.max(0, bytes.length - cut);
      const from = Math.min(skipped, to);
      finder.load(bytes, { from, to });
      const row = finder.nextRow(from);
      const isRow = /^[A-Za-z0-9+/_-]{11}/.test(text.slice(row, to));
      equal(row === to || isRow, true);
      for (const { index, 0: { length } } of text.slice(from, row).matchAll(/[\w+/-]{11,}/g)) {
        const found = { from: from + index, to: from + index + length };
        equal(found.to < to && !mayBeText(bytes, found, to), true);
      }
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("`EncodedFinder.nextPair()` finds every delimiter that stands around pairs", () => {
  const finder = new EncodedFinder();
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = latin1(text);
      finder.load(bytes, { from: 0, to: bytes.length });
      const found = text.search(/([ :,-])(?=[0-9A-Fa-f]{2}\1[^]{2}\1)/);
      equal(finder.nextPair(0), found < 0 ? bytes.length : found);
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("`EncodedFinder` knows whether it still has what it was given, and grows", () => {
  const finder = new EncodedFinder();
  const large = new Uint8Array(300_000).fill(0x2e);
  large.set(latin1(" c29tZSB0ZXh0 "), 299_000);
  const load = finder.load(large, { from: 0, to: large.length });
  equal(finder.has(load), true);
  equal(finder.nextRow(0), 299_001);
  finder.load(large, { from: 0, to: 10 });
  equal(finder.has(load), false);
  equal(finder.nextRow(0), 10);
});

Deno.test("`encodedFinder()` is one for all", () => {
  equal(encodedFinder(), encodedFinder());
});
