/** The bytes of a text, as they pass → the line that an offset stands in. */

const NEWLINE = 0x0a;

/** Remembers where lines begin. */
export class LineCounter {
  /** Offset of each line feed. */
  readonly #ends: number[] = [];
  #offset = 0;

  /** Takes note of the next bytes. */
  push(bytes: Uint8Array): void {
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      this.#ends.push(this.#offset + at);
    }
    this.#offset += bytes.length;
  }

  /** Returns the number of the line, from 1, that the byte at `offset` is in. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = low + high >> 1;
      if (this.#ends[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }
}
