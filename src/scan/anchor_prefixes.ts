/**
 * The end of the data → whether an anchor has begun there and is not yet complete. Over-reports
 * nothing: what it names becomes an anchor if the right bytes follow.
 */

/** `A` to `Z` as `a` to `z`, other bytes as they are: anchors are matched without regard to case. */
const LOWER = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

/** The proper prefixes of a set of anchors. */
export class AnchorPrefixes {
  /** By two bytes, in lower case: the anchors that begin so. */
  readonly #byPair = new Map<number, string[]>();
  /** By two bytes, in lower case: whether some anchor begins so. Most places end here. */
  readonly #pairs = new Uint8Array(65_536);
  readonly #first = new Uint8Array(256);
  #maxLength = 0;

  /** `anchors` in lower case, of three bytes at least. */
  constructor(anchors: Iterable<string>) {
    for (const anchor of anchors) this.#add(anchor);
  }

  /** Returns the lowest place, `floor` or more, where an anchor begins that goes on after `end`; or `end`. */
  liveStart(
    bytes: Uint8Array,
    { floor, end }: { readonly floor: number; readonly end: number },
  ): number {
    if (end <= floor) return end;
    for (let at = Math.max(floor, end - this.#maxLength + 1); at < end - 1; at++) {
      const pair = LOWER[bytes[at]!]! << 8 | LOWER[bytes[at + 1]!]!;
      if (this.#pairs[pair] === 1 && this.#goesOn(pair, bytes.subarray(at, end))) return at;
    }
    return this.#first[LOWER[bytes[end - 1]!]!] === 1 ? end - 1 : end;
  }

  /** Tells whether an anchor with this first pair begins with `bytes`, and is longer. */
  #goesOn(pair: number, bytes: Uint8Array): boolean {
    return this.#byPair.get(pair)!.some((anchor) => isBegun(anchor, bytes));
  }

  #add(anchor: string): void {
    this.#maxLength = Math.max(this.#maxLength, anchor.length);
    this.#first[anchor.charCodeAt(0)] = 1;
    const pair = anchor.charCodeAt(0) << 8 | anchor.charCodeAt(1);
    this.#pairs[pair] = 1;
    const known = this.#byPair.get(pair);
    if (known === undefined) this.#byPair.set(pair, [anchor]);
    else known.push(anchor);
  }
}

function isBegun(anchor: string, bytes: Uint8Array): boolean {
  if (anchor.length <= bytes.length) return false;
  for (let at = 2; at < bytes.length; at++) {
    if (anchor.charCodeAt(at) !== LOWER[bytes[at]!]!) return false;
  }
  return true;
}
