/**
 * The findings of a stream are those of every regexp over all of its bytes, however it is cut, and
 * no byte of a match lies below `cleared` before the match was reported.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Finding } from "../../src/scan/finding.ts";
import type { Rule } from "../../src/scan/rule.ts";
import { compileRules, type RuleSet } from "../../src/scan/rule_set.ts";
import { scanBytes, Scanner } from "../../src/scan/scanner.ts";
import { bytesOf } from "../support/latin1_bytes.ts";
import { everyMatch } from "./every_match.ts";
import { SAMPLE_RULES, sampleRule } from "./sample_rules.ts";

const SAMPLES = compileRules(SAMPLE_RULES);

/** Text in which parts of matches stand next to one another, whole, cut short and overlapping. */
function plantedText(rules: readonly Rule[]): fc.Arbitrary<string> {
  const examples = rules.flatMap(({ examples }) => examples);
  const anchors = rules.flatMap(({ anchors }) => anchors);
  const cut = fc.tuple(fc.constantFrom(...examples), fc.nat(40), fc.nat(40)).map(
    ([example, from, length]) => example.slice(from % example.length).slice(0, length),
  );
  const noise = fc.stringMatching(/^[ -~\n\x80-\xff]{0,20}$/);
  return fc.array(
    fc.oneof(fc.constantFrom(...examples), cut, fc.constantFrom(...anchors), noise),
    { maxLength: 14 },
  ).map((parts) => parts.join(""));
}

/** Pushes `bytes` in pieces; checks the hold-back promise along the way. */
function scanInPieces(
  ruleSet: RuleSet,
  bytes: Uint8Array,
  { cuts, windowBytes = 65_536 }: {
    readonly cuts: readonly number[];
    readonly windowBytes?: number;
  },
): Finding[] {
  const scanner = new Scanner(ruleSet, { direction: "outbound", windowBytes });
  const found: Finding[] = [];
  const reused = new Uint8Array(bytes.length);
  const edges = [0, ...cuts, bytes.length];
  for (let index = 1; index < edges.length; index++) {
    const piece = bytes.subarray(edges[index - 1], edges[index]);
    reused.set(piece);
    const before = scanner.cleared;
    const now = scanner.push(reused.subarray(0, piece.length));
    reused.fill(0x21);
    for (const { start } of now) assert.ok(start >= before, `${start} was cleared at ${before}`);
    assert.ok(scanner.cleared >= before && scanner.cleared <= edges[index]!);
    found.push(...now);
  }
  const before = scanner.cleared;
  const last = scanner.end();
  for (const { start } of last) assert.ok(start >= before, `${start} was cleared at ${before}`);
  assert.equal(scanner.cleared, bytes.length);
  return [...found, ...last];
}

function cutsOf(length: number): fc.Arbitrary<readonly number[]> {
  return fc.array(fc.nat(length), { maxLength: 12 }).map((cuts) => cuts.toSorted((a, b) => a - b));
}

Deno.test("`scanBytes()` finds what every regexp over everything finds", () => {
  fc.assert(
    fc.property(plantedText(SAMPLE_RULES), (text) => {
      assert.deepEqual(
        scanBytes(SAMPLES, bytesOf(text), { direction: "outbound" }),
        everyMatch(SAMPLE_RULES, text, "outbound"),
      );
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("`Scanner` finds the same however the stream is cut, and clears nothing too early", () => {
  const cutText = plantedText(SAMPLE_RULES).chain((text) =>
    fc.record({ text: fc.constant(text), cuts: cutsOf(text.length) })
  );
  fc.assert(
    fc.property(cutText, ({ text, cuts }) => {
      const bytes = bytesOf(text);
      assert.deepEqual(
        scanInPieces(SAMPLES, bytes, { cuts }),
        scanBytes(SAMPLES, bytes, { direction: "outbound" }),
      );
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("`Scanner` finds the same one byte at a time", () => {
  fc.assert(
    fc.property(plantedText(SAMPLE_RULES), (text) => {
      const bytes = bytesOf(text);
      const cuts = Array.from({ length: bytes.length }, (_, index) => index);
      assert.deepEqual(
        scanInPieces(SAMPLES, bytes, { cuts }),
        scanBytes(SAMPLES, bytes, { direction: "outbound" }),
      );
    }),
    { numRuns: 500 },
  );
});

/** Rules whose matches are long, so that walks from many anchors go over the same bytes. */
const LONG_RULES = [
  sampleRule({ id: "sentence", anchors: ["go "], regexp: /go [a-z ]{0,200}!/, maxLength: 204 }),
  sampleRule({ id: "letters", anchors: ["abc"], regexp: /abc[a-c]{0,150}z\b/, maxLength: 154 }),
  // Where the walks end alike, and the regexp only matches from the last.
  sampleRule({ id: "last", anchors: ["go "], regexp: /go (?!go )[a-z ]{0,200}\?/, maxLength: 204 }),
  sampleRule({ id: "pair", anchors: ["abc"], regexp: /abc(?:abc|go ){20,40}Q/, maxLength: 124 }),
];
const LONG = compileRules(LONG_RULES);

Deno.test("`Scanner` finds what every regexp finds in text made of anchors, however it is cut", () => {
  const repeated = fc.tuple(fc.constantFrom("go ", "abc", "cab", "a "), fc.nat(90))
    .map(([part, count]) => part.repeat(count));
  const text = fc.array(fc.oneof(repeated, fc.constantFrom("!", "?", "z", "z ", "Q", "X", "abc")), {
    maxLength: 10,
  }).map((parts) => parts.join(""));
  const cutText = text.chain((text) =>
    fc.record({ text: fc.constant(text), cuts: cutsOf(text.length) })
  );
  fc.assert(
    fc.property(cutText, ({ text, cuts }) => {
      assert.deepEqual(
        scanInPieces(LONG, bytesOf(text), { cuts }),
        everyMatch(LONG_RULES, text, "outbound"),
      );
    }),
    { numRuns: 1_000 },
  );
});
