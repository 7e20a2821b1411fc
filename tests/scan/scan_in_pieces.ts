/** Scans a message cut in any way, and holds the scanner to what `cleared` promises on the way. */
import assert from "node:assert/strict";
import type { Finding } from "../../src/scan/finding.ts";

/** What a scanner of a stream has in common with every other. */
export interface PieceScanner {
  push(bytes: Uint8Array): readonly Finding[];
  end(lastBytes?: Uint8Array): readonly Finding[];
  readonly cleared: number;
}

/**
 * Scans `bytes` cut at `splits`, which are ascending; what was cleared once stays so. The last piece
 * is pushed, or, if there are an odd number of pieces, comes with the end.
 */
export function scanAt(
  scanner: PieceScanner,
  bytes: Uint8Array,
  splits: readonly number[],
): readonly Finding[] {
  const found: Finding[] = [];
  let clearedBefore = 0;
  const take = (findings: readonly Finding[], end: number) => {
    for (const { start, rule } of findings) {
      assert.ok(start >= clearedBefore, `${rule.id} at ${start}: cleared to ${clearedBefore}`);
    }
    assert.ok(scanner.cleared >= clearedBefore, `${scanner.cleared} after ${clearedBefore}`);
    assert.ok(scanner.cleared <= end, `${scanner.cleared} of ${end}`);
    clearedBefore = scanner.cleared;
    found.push(...findings);
  };
  const comesWithEnd = splits.length % 2 === 0;
  let at = 0;
  for (const split of comesWithEnd ? splits : [...splits, bytes.length]) {
    // A copy that is overwritten: what was pushed may be reused.
    const piece = Uint8Array.from(bytes.subarray(at, split));
    const findings = scanner.push(piece);
    piece.fill(0x58);
    take(findings, split);
    at = split;
  }
  const rest = comesWithEnd ? scanner.end(bytes.subarray(at)) : scanner.end();
  for (const { start } of rest) assert.ok(start >= clearedBefore, "was let go before");
  return [...found, ...rest];
}

/** The cuts into pieces of `size` bytes. */
export function everyPiece(bytes: Uint8Array, size: number): readonly number[] {
  return Array.from(
    { length: Math.ceil(bytes.length / size) - 1 },
    (_, index) => size * (index + 1),
  );
}
