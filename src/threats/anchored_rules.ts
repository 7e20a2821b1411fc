/**
 * Rules → those of which an anchor stands in a text: which are worth running on it. One walk over the
 * text, however many rules there are.
 */
import type { Rule } from "../scan/rule.ts";

/** Characters by which anchors are found; none is shorter. */
const KEY_CHARS = 3;
/** Of a key's hash: a filter of 4 KB rules out nearly every place in a text. */
const HASH_BITS = 12;
/** Knuth's multiplicative hashing (The Art of Computer Programming, vol. 3, §6.4). */
const HASH_FACTOR = 2_654_435_761;

interface Anchor<R> {
  readonly text: string;
  readonly rules: R[];
}

/** Finds rules by their anchors, without regard to ASCII case. */
export class AnchoredRules<R extends Pick<Rule, "anchors">> {
  readonly #byKey = new Map<number, Anchor<R>[]>();
  readonly #filter = new Uint8Array(1 << HASH_BITS);

  /** @throws {RangeError} for an anchor of less than three characters */
  constructor(rules: Iterable<R>) {
    const byText = new Map<string, Anchor<R>>();
    for (const rule of rules) {
      for (const text of rule.anchors) {
        const known = byText.get(text);
        if (known !== undefined) known.rules.push(rule);
        else {
          const anchor = { text, rules: [rule] };
          byText.set(text, anchor);
          this.#add(anchor);
        }
      }
    }
  }

  /** The rules of which an anchor stands in `text` (latin1), each once. */
  foundIn(text: string): Set<R> {
    const lower = text.toLowerCase();
    const found = new Set<R>();
    let key = 0;
    for (let at = 0; at < lower.length; at++) {
      key = nextKey(key, lower.charCodeAt(at));
      if (this.#filter[hashOf(key)] === 0) continue;
      for (const anchor of this.#byKey.get(key) ?? []) {
        if (!lower.startsWith(anchor.text, at + 1 - KEY_CHARS)) continue;
        for (const rule of anchor.rules) found.add(rule);
      }
    }
    return found;
  }

  #add(anchor: Anchor<R>): void {
    const { text } = anchor;
    if (text.length < KEY_CHARS) throw new RangeError(`Cannot look for the anchor "${text}"`);
    let key = 0;
    for (let at = 0; at < KEY_CHARS; at++) key = nextKey(key, text.charCodeAt(at));
    this.#filter[hashOf(key)] = 1;
    const anchors = this.#byKey.get(key);
    if (anchors === undefined) this.#byKey.set(key, [anchor]);
    else anchors.push(anchor);
  }
}

/** The last three characters as one number. */
function nextKey(key: number, code: number): number {
  return (key << 8 | code & 0xff) & 0xff_ffff;
}

function hashOf(key: number): number {
  return Math.imul(key, HASH_FACTOR) >>> 32 - HASH_BITS;
}
