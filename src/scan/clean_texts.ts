/**
 * Named texts that were found to hold nothing: agents send the same header lines again and again.
 *
 * Bounded in entries and characters whatever is added: when the newer of two generations is full it
 * becomes the older, and what was in that and was not asked for since is forgotten. What is kept is
 * a copy of its own: it must not keep alive, as a part of it, the head that it was cut from.
 */
import { latin1Text, writeLatin1 } from "./latin1.ts";

/** Longer texts are rarely sent twice, and would push out many short ones. */
export const MAX_KEPT_CHARS = 512;
/** In each of the two generations. */
const MAX_ENTRIES = 2_048;
const MAX_CHARS = 131_072;

interface Generation {
  readonly byName: Map<string, Set<string>>;
  entries: number;
  chars: number;
}

/** A bounded memory of texts, each under a name. Both are latin1. */
export class CleanTexts {
  #newer = emptyGeneration();
  #older = emptyGeneration();

  /** Tells whether the text was added under this name; it may have been forgotten since. */
  has(name: string, text: string): boolean {
    if (this.#newer.byName.get(name)?.has(text) === true) return true;
    if (this.#older.byName.get(name)?.has(text) !== true) return false;
    this.add(name, text);
    return true;
  }

  /** Keeps a text, if it's not too long. */
  add(name: string, text: string): void {
    const chars = name.length + text.length;
    if (chars > MAX_KEPT_CHARS) return;
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

const scratch = new Uint8Array(MAX_KEPT_CHARS);

/** A part of a longer text keeps all of that alive. */
function ownCopy(text: string): string {
  writeLatin1(text, scratch, 0);
  return latin1Text(scratch, 0, text.length);
}
