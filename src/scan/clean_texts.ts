/**
 * Named texts that were found to hold nothing: agents send the same header lines again and again.
 *
 * Bounded in entries and characters whatever is added: when the newer of two generations is full it
 * becomes the older, and what was in that and was not asked for since is forgotten. A text is kept when it
 * is added for the second time: dates and ids, which come once, cost no more than their hash. What is
 * kept is a copy of its own: it must not keep alive, as a part of it, the head that it was cut from.
 */
import { latin1Text, writeLatin1 } from "./latin1.ts";

/** Longer texts are rarely sent twice, and would push out many short ones. */
export const MAX_KEPT_CHARS = 512;
/** In each of the two generations. */
const MAX_ENTRIES = 2_048;
const MAX_CHARS = 131_072;
/** Hashes of what was added once; a power of two. Some thousand texts may come between two times. */
const SEEN_SLOTS = 4_096;
/** Of the hash FNV-1a (draft-eastlake-fnv-21 §5), 32 bits: a collision only keeps a text early. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

interface Generation {
  readonly byName: Map<string, Set<string>>;
  entries: number;
  chars: number;
}

/** A bounded memory of texts, each under a name. Both are latin1. */
export class CleanTexts {
  #newer = emptyGeneration();
  #older = emptyGeneration();
  /** By the low bits of a hash, the hash of what was added last. */
  readonly #seen = new Int32Array(SEEN_SLOTS);

  /** Tells whether the text was added under this name; it may have been forgotten since. */
  has(name: string, text: string): boolean {
    if (this.#newer.byName.get(name)?.has(text) === true) return true;
    if (this.#older.byName.get(name)?.has(text) !== true) return false;
    this.#keep(name, text);
    return true;
  }

  /** Keeps a text that isn't too long, from the second time on that it is added. */
  add(name: string, text: string): void {
    if (name.length + text.length > MAX_KEPT_CHARS) return;
    const hash = hashOf(name, text);
    const slot = hash & SEEN_SLOTS - 1;
    if (this.#seen[slot] === hash) this.#keep(name, text);
    else this.#seen[slot] = hash;
  }

  #keep(name: string, text: string): void {
    const chars = name.length + text.length;
    if (this.#newer.entries === MAX_ENTRIES || this.#newer.chars + chars > MAX_CHARS) {
      this.#older = this.#newer;
      this.#newer = emptyGeneration();
    }
    const generation = this.#newer;
    let texts = generation.byName.get(name);
    if (texts === undefined) generation.byName.set(ownCopy(name), texts = new Set());
    texts.add(ownCopy(text));
    generation.entries++;
    generation.chars += chars;
  }
}

function emptyGeneration(): Generation {
  return { byName: new Map(), entries: 0, chars: 0 };
}

/** Names are few: their lengths tell most of them apart. */
function hashOf(name: string, text: string): number {
  let hash = FNV_OFFSET ^ name.length;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  }
  return hash;
}

const scratch = new Uint8Array(MAX_KEPT_CHARS);

/** A part of a longer text keeps all of that alive. */
function ownCopy(text: string): string {
  writeLatin1(text, scratch);
  return latin1Text(scratch, 0, text.length);
}
