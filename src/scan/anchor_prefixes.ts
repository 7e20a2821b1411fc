/**
 * The end of the data → whether an anchor has begun there and is not yet complete. Over-reports
 * nothing: what it names becomes an anchor if the right bytes follow.
 */

/** What may follow the bytes that led here. */
interface Node {
  readonly children: Map<number, Node>;
}

/** `A` to `Z` as `a` to `z`, other bytes as they are: anchors are matched without regard to case. */
const LOWER = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

/** The proper prefixes of a set of anchors. */
export class AnchorPrefixes {
  readonly #root: Node = { children: new Map() };
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
      if (this.#pairs[pair] === 1 && this.#goesOn(bytes, at, end)) return at;
    }
    return this.#first[LOWER[bytes[end - 1]!]!] === 1 ? end - 1 : end;
  }

  #goesOn(bytes: Uint8Array, at: number, end: number): boolean {
    let node: Node | undefined = this.#root;
    for (let index = at; index < end; index++) {
      node = node.children.get(LOWER[bytes[index]!]!);
      if (node === undefined) return false;
    }
    return node.children.size > 0;
  }

  #add(anchor: string): void {
    this.#maxLength = Math.max(this.#maxLength, anchor.length);
    this.#first[anchor.charCodeAt(0)] = 1;
    this.#pairs[anchor.charCodeAt(0) << 8 | anchor.charCodeAt(1)] = 1;
    let node = this.#root;
    for (let index = 0; index < anchor.length; index++) {
      const byte = anchor.charCodeAt(index);
      let child = node.children.get(byte);
      if (child === undefined) node.children.set(byte, child = { children: new Map() });
      node = child;
    }
  }
}
