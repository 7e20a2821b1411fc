import assert from "node:assert/strict";
import type { Finding } from "../../src/scan/finding.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanBytes, Scanner, scanText } from "../../src/scan/scanner.ts";
import { SAMPLE_RULES } from "./sample_rules.ts";

const RULES = compileRules(SAMPLE_RULES);

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function scanPieces(text: string, cuts: readonly number[]): Finding[] {
  const bytes = bytesOf(text);
  const scanner = new Scanner(RULES, { direction: "outbound" });
  const edges = [0, ...cuts, bytes.length];
  const found = edges.slice(1).flatMap((edge, index) =>
    scanner.push(bytes.slice(edges[index], edge))
  );
  return [...found, ...scanner.end()];
}

Deno.test("`Scanner` finds every example at every split as in one piece", () => {
  for (const { id, examples } of SAMPLE_RULES) {
    for (const example of examples) {
      const text = `before ${example} after`;
      const whole = scanText(RULES, text, { direction: "outbound" });
      assert.ok(whole.some(({ rule }) => rule.id === id), `${id}: ${example}`);
      for (let cut = 1; cut < text.length; cut++) {
        assert.deepEqual(scanPieces(text, [cut]), whole, `${id} cut at ${cut}`);
      }
    }
  }
});

Deno.test("`Scanner` finds every example pushed one byte at a time", () => {
  const text = SAMPLE_RULES.flatMap(({ examples }) => examples).join("\n");
  const cuts = Array.from({ length: text.length - 1 }, (_, index) => index + 1);
  assert.deepEqual(
    scanPieces(text, cuts),
    scanBytes(RULES, bytesOf(text), { direction: "outbound" }),
  );
});
