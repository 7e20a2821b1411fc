/** Around whatever anchor a regexp matches, its rule is named, however the bytes arrive. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { compileRules } from "../../src/scan/rule_set.ts";
import type { ScanProgram } from "../../src/scan/scan_program.ts";
import { bytesOf } from "../support/latin1_bytes.ts";
import { SAMPLE_RULES, sampleRule } from "./sample_rules.ts";

const RULES = compileRules([
  ...SAMPLE_RULES,
  sampleRule({ id: "upper", anchors: ["upp"], regexp: /UPP[A-Z]{2,40}/, maxLength: 43 }),
]);

/** Walks from the anchor `text` begins with; returns the ids named and whether more could follow. */
function walk(program: ScanProgram, anchor: string, text: string, cuts: readonly number[] = []) {
  // Anchors are numbered in the order of their rules; each of these begins or ends some match.
  const anchors = new Set(program.rules.flatMap(({ rule }) => rule.anchors));
  const number = [...anchors].indexOf(anchor);
  const bytes = bytesOf(text);
  const [first = text.length, ...more] = [...cuts, text.length];
  const candidate = program.walks.begin(number, 0, { bytes, base: 0, to: first });
  if (candidate === undefined) return { ids: [], isOpen: false };
  for (const to of more) {
    if (candidate.isOpen) program.walks.goOn(candidate, { bytes, base: 0, to });
  }
  const ids = candidate.rules.map((index) => program.rules[index]!.rule.id).sort();
  return { ids, isOpen: candidate.isOpen };
}

const CASES = [
  {
    reason: "a whole match",
    anchor: "fx_",
    text: "fx_abc123",
    ids: ["fixed_token"],
    isOpen: false,
  },
  { reason: "no match", anchor: "fx_", text: "fx_abcxyz", ids: [], isOpen: false },
  { reason: "a match cut off", anchor: "fx_", text: "fx_abc", ids: [], isOpen: true },
  {
    reason: "a match that may go on",
    anchor: "tok-",
    text: "tok-abcdefgh",
    ids: ["prefix_token"],
    isOpen: true,
  },
  {
    reason: "an anchor in the wrong case",
    anchor: "upp",
    text: "uppABCDE",
    ids: [],
    isOpen: false,
  },
] as const;

for (const { reason, anchor, text, ids, isOpen } of CASES) {
  Deno.test(`\`AnchorWalks\` tells of ${reason}, whole and byte by byte`, () => {
    const program = RULES.programs.outbound;
    program.walks.allow(1_000);
    assert.deepEqual(walk(program, anchor, text), { ids, isOpen });
    const cuts = Array.from({ length: text.length - 3 }, (_, index) => index + 3);
    assert.deepEqual(walk(program, anchor, text, cuts), { ids, isOpen });
  });
}

Deno.test("`AnchorWalks` without budget names every rule the anchor may belong to", () => {
  const { outbound } = compileRules(SAMPLE_RULES).programs;
  outbound.walks.allow(-1_000_000);
  const text = "tok-abcdefgh1 " + " ".repeat(100);
  assert.deepEqual(walk(outbound, "tok-", text), { ids: ["prefix_token"], isOpen: false });
  assert.deepEqual(walk(outbound, "tok-", "tok-a"), { ids: ["prefix_token"], isOpen: true });
});

Deno.test("`AnchorWalks` names whatever rule matches at its anchor, with a budget or without", () => {
  const text = fc.stringMatching(/^[a-c1-3]{0,24} ?$/).map((rest) => `tok-${rest}`);
  fc.assert(
    fc.property(text, fc.constantFrom(1_000, -1_000_000), (text, budget) => {
      const { outbound } = RULES.programs;
      outbound.walks.allow(budget);
      const isMatch = /^tok-[A-Za-z0-9]{8,16}\b/.test(text);
      const { ids } = walk(outbound, "tok-", text);
      if (isMatch) assert.deepEqual(ids, ["prefix_token"]);
    }),
  );
});
