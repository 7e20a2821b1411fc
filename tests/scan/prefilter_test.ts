/** Wherever an anchor stands, it is reported, and nothing else is: tested against a search for each. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Prefilter } from "../../src/scan/prefilter.ts";
import { BUFFER_START, ScanBuffer } from "../../src/scan/scan_buffer.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

/** An anchor's number and the index of its first byte in the text. */
type Hit = readonly [anchor: number, position: number];

function hitsOf(anchors: readonly string[], text: string, [floor, from, to]: readonly number[]) {
  const buffer = new ScanBuffer();
  buffer.load(new Uint8Array(0), bytesOf(text));
  const { count, anchors: numbers, positions } = new Prefilter(anchors).scan(buffer, {
    floor: BUFFER_START + floor!,
    from: BUFFER_START + from!,
    to: BUFFER_START + to!,
  });
  return Array.from(
    { length: count },
    (_, index): Hit => [numbers[index]!, positions[index]! - BUFFER_START],
  );
}

/** Lowers ASCII letters only, as the contract of an anchor says. */
function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The slow path: each anchor at each place. */
function everyHit(
  anchors: readonly string[],
  text: string,
  [floor, from, to]: readonly number[],
): readonly Hit[] {
  const hits = anchors.flatMap((anchor, number) =>
    Array.from({ length: text.length }, (_, position): Hit => [number, position]).filter(
      ([, position]) => {
        const end = position + anchor.length;
        return lower(text).startsWith(anchor, position) && position >= floor! && end > from! &&
          end <= to!;
      },
    )
  );
  const endOf = ([number, position]: Hit) => position + anchors[number]!.length;
  return hits.toSorted((a, b) => endOf(a) - endOf(b) || a[1] - b[1]);
}

const ANCHORS: readonly { readonly reason: string; readonly anchors: readonly string[] }[] = [
  { reason: "one of three bytes", anchors: ["abc"] },
  { reason: "one within another", anchors: ["abcab", "bca", "cab"] },
  { reason: "several that end together", anchors: ["xxabc", "xabc", "abc"] },
  { reason: "a shared beginning", anchors: ["tok-", "tok-a", "tok_"] },
  { reason: "bytes above 127", anchors: ["\xf3\xa0\x80", "a\xff\xfe\xfd"] },
  { reason: "signs that folding makes equal", anchors: ["@@@", "```", "[[[", "{{{"] },
  { reason: "words, which are common", anchors: ["class=", " the ", "function"] },
  { reason: "one longer than a word", anchors: ["begin private key-----"] },
];

for (const { reason, anchors } of ANCHORS) {
  Deno.test(`\`Prefilter\` reports every anchor once, in order, at any place: ${reason}`, () => {
    const filler = "-aAbB@`[{ \xff";
    for (let shift = 0; shift < 9; shift++) {
      const text = filler.slice(0, shift) + anchors.join("") +
        anchors.map((anchor) => anchor.toUpperCase()).join("x") + anchors.join("\0");
      const whole = [0, 0, text.length];
      const latin1 = text.replaceAll(/[^\0-\xff]/g, "?");
      assert.deepEqual(hitsOf(anchors, latin1, whole), everyHit(anchors, latin1, whole));
    }
  });
}

Deno.test("`Prefilter` tells signs from the letters that share their lower bits", () => {
  assert.deepEqual(hitsOf(["a@b", "a`c"], "a`b a@c A@B", [0, 0, 11]), [[0, 8]]);
});

Deno.test("`Prefilter` finds what a search for each anchor finds, in any range", () => {
  const letters = "abAB-@`\xe1";
  const unit = fc.constantFrom(...letters);
  const anchor = fc.string({ unit, minLength: 3, maxLength: 7 }).map(lower);
  const cases = fc.record({
    anchors: fc.uniqueArray(anchor, { minLength: 1, maxLength: 40 }),
    text: fc.string({ unit, maxLength: 120 }),
    range: fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)),
  });
  fc.assert(
    fc.property(cases, ({ anchors, text, range: [floor, more, less] }) => {
      const to = Math.max(0, text.length - less);
      const range = [Math.min(floor, to), Math.min(floor + more, to), to];
      assert.deepEqual(hitsOf(anchors, text, range), everyHit(anchors, text, range));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("`Prefilter` without anchors reports nothing", () => {
  assert.deepEqual(hitsOf([], "abc".repeat(100), [0, 0, 300]), []);
});

Deno.test("`Prefilter` keeps more hits than it has room for at first", () => {
  const text = "abc".repeat(1_000);
  assert.equal(hitsOf(["abc"], text, [0, 0, text.length]).length, 1_000);
});
