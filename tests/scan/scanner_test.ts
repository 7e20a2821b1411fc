import assert from "node:assert/strict";
import type { Finding } from "../../src/scan/finding.ts";
import { bytesOf } from "../support/latin1_bytes.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanBytes, Scanner } from "../../src/scan/scanner.ts";
import { scanText } from "../support/scan_text.ts";
import { SAMPLE_RULES } from "./sample_rules.ts";

const RULES = compileRules(SAMPLE_RULES);

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

Deno.test("`Scanner.end()` with the last bytes finds what pushing them first finds", () => {
  const text = SAMPLE_RULES.flatMap(({ examples }) => examples).join("\n");
  const whole = scanPieces(text, []);
  for (const cut of [0, 1, 7, 20, text.length - 1, text.length]) {
    for (const windowBytes of [65_536, 300]) {
      const scanner = new Scanner(RULES, { direction: "outbound", windowBytes });
      const bytes = bytesOf(text);
      const found = scanner.push(bytes.subarray(0, cut));
      found.push(...scanner.end(bytes.subarray(cut)));
      assert.deepEqual(found, whole, `cut at ${cut}`);
      assert.equal(scanner.cleared, bytes.length);
    }
  }
});

Deno.test("`Scanner`s of one rule set don't disturb one another", () => {
  const [first, second] = ["tok-abcdefgh1 ", "fx_abc123 SECRET:abcdefgh "];
  const scanners = [first, second].map(() => new Scanner(RULES, { direction: "outbound" }));
  const found: Finding[][] = [[], []];
  for (let index = 0; index < 30; index++) {
    [first, second].forEach((text, number) => {
      found[number]!.push(...scanners[number]!.push(bytesOf(text!.charAt(index))));
    });
  }
  scanners.forEach((scanner, number) => found[number]!.push(...scanner.end()));
  assert.deepEqual(found, [first, second].map((text) => scanPieces(text!, [])));
});

Deno.test("`Scanner` reports a match that fills its window, and goes on", () => {
  const junk = "x".repeat(500);
  const text = `${junk}fx_abc123${junk} tok-abcdefgh1 ${junk}`;
  const scanner = new Scanner(RULES, { direction: "outbound", windowBytes: 64 });
  const found = [...scanner.push(bytesOf(text)), ...scanner.end()];
  assert.deepEqual(found.map(({ rule }) => rule.id), ["fixed_token", "prefix_token"]);
});
