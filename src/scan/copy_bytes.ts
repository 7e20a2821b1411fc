/** Copying a few bytes, and many: a view on the source costs as much as copying a few one by one. */

const FEW_BYTES = 256;

/** What is copied. */
export interface CopyRange {
  readonly from: number;
  readonly to: number;
  /** Where the first byte goes. */
  readonly at: number;
}

/** Copies bytes `from` to `to` of `source` to `at` in `target`. */
export function copyBytes(
  source: Uint8Array,
  target: Uint8Array,
  { from, to, at }: CopyRange,
): void {
  if (to - from > FEW_BYTES) {
    target.set(source.subarray(from, to), at);
    return;
  }
  for (let index = from; index < to; index++) target[at + index - from] = source[index]!;
}
