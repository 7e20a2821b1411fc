/**
 * A rule's automaton and anchors → where its anchors stand in its matches.
 *
 * Walks the automaton together with an Aho-Corasick automaton of the anchors (CACM 18(6), 1975), up to
 * the first anchor of each match. It tells, for each anchor, where in the rule a match goes on after it
 * and how far before it a match may begin, and whether a match can do without: the prefilter would miss it.
 */
import type { PositionAutomaton } from "./position_automaton.ts";
import type { ByteSet } from "./regexp_tree.ts";

/** Enough to find one that the regexp's assertions, which the automaton lacks, let through. */
const MAX_MISSED = 256;

/** Orders in which a byte is chosen where there is a choice: words, and what stands between words. */
const PREFERRED_CODES = [" abcdefghijklmnopqrstuvwxyz0123456789", " /=\"'.:;-_(|", "0123456789"]
  .map(
    (text) => Array.from(text, (character) => character.charCodeAt(0)),
  );

/** What is known of a match in which this anchor ends first (the longest, where several do). */
export interface AnchorEntry {
  /** Positions that may have read the anchor's last byte, ascending. */
  readonly positions: readonly number[];
  /** Most bytes of the match before the anchor; `maxLength` at most, and that where a loop precedes. */
  readonly maxBefore: number;
}

/** How the anchors stand in the matches of a rule. */
export interface AnchorEntries {
  /** By index of the anchor; undefined: no match has this one first. */
  readonly entries: readonly (AnchorEntry | undefined)[];
  /**
   * Some of the automaton's matches that contain none of the anchors, one character a byte; none:
   * every match contains one.
   */
  readonly missed: readonly string[];
  /** The positions that may have read a byte of a match before an anchor ends in it. */
  readonly lead: readonly number[];
}

/**
 * Finds the first anchors of the matches of `automaton`, none of which is longer than `maxLength`.
 */
export function anchorEntries(
  automaton: PositionAutomaton,
  { anchors, maxLength }: { readonly anchors: readonly string[]; readonly maxLength: number },
): AnchorEntries {
  const product = new Product(automaton, new AnchorMachine(anchors));
  const { order, hasCycle } = product.explore();
  const depths = hasCycle ? undefined : product.depths(order);
  const found = anchors.map(() => ({ positions: new Set<number>(), maxBefore: 0 }));
  const missed: string[] = [];
  const lead = new Set<number>();
  for (const pair of order) {
    const { position, anchor, isLast } = product.read(pair);
    if (anchor === undefined) {
      lead.add(position);
      if (isLast && missed.length < MAX_MISSED) missed.push(...product.textsTo(pair));
      continue;
    }
    const before = (depths?.get(pair) ?? maxLength) - anchors[anchor]!.length;
    const entry = found[anchor]!;
    entry.positions.add(position);
    entry.maxBefore = Math.max(entry.maxBefore, Math.min(before, maxLength));
  }
  const entries = found.map(({ positions, maxBefore }) =>
    positions.size === 0
      ? undefined
      : { positions: [...positions].sort((a, b) => a - b), maxBefore }
  );
  return { entries, missed, lead: [...lead].sort((a, b) => a - b) };
}

/** Aho-Corasick without regard to ASCII case; state 0 is the root. */
class AnchorMachine {
  /** The column of each byte: letters of either case share one, bytes in no anchor share column 0. */
  readonly columnOf = new Uint8Array(256);
  /** By state, the successor for each column. */
  readonly next: number[][] = [];
  /** By state, the index of the longest anchor that ends there. */
  readonly ending: (number | undefined)[] = [];
  /** The bytes that occur in anchors, both cases. */
  readonly alphabet: readonly number[];
  readonly #columns: number;

  constructor(anchors: readonly string[]) {
    const letters = new Set(anchors.join(""));
    const alphabet: number[] = [];
    let column = 0;
    for (const letter of letters) {
      const code = letter.charCodeAt(0);
      const cases = code >= 0x61 && code <= 0x7a ? [code, code & ~0x20] : [code];
      column++;
      for (const byte of cases) this.columnOf[byte] = column;
      alphabet.push(...cases);
    }
    this.alphabet = alphabet;
    this.#columns = column + 1;
    this.#addState();
    anchors.forEach((anchor, index) => this.#insert(anchor, index));
    this.#link();
  }

  #addState(): number {
    this.ending.push(undefined);
    return this.next.push(new Array<number>(this.#columns).fill(0)) - 1;
  }

  #insert(anchor: string, index: number): void {
    let state = 0;
    for (let at = 0; at < anchor.length; at++) {
      const row = this.next[state]!;
      const column = this.columnOf[anchor.charCodeAt(at)]!;
      if (row[column] === 0) row[column] = this.#addState();
      state = row[column]!;
    }
    this.ending[state] ??= index;
  }

  /** Fills in what happens where an anchor breaks off: breadth first, so the shorter states are done. */
  #link(): void {
    const failure = this.next.map(() => 0);
    const queue = [0];
    for (const state of queue) {
      const row = this.next[state]!;
      const fallback = this.next[failure[state]!]!;
      // What ends here itself is longer than what the fallback ends.
      this.ending[state] ??= this.ending[failure[state]!];
      for (let column = 1; column < row.length; column++) {
        const child = row[column]!;
        const fallbackChild = state === 0 ? 0 : fallback[column]!;
        if (child === 0) row[column] = fallbackChild;
        else {
          failure[child] = fallbackChild;
          queue.push(child);
        }
      }
    }
  }
}

/** Pairs of a position and a state of the anchors' machine, as one number. */
class Product {
  readonly #automaton: PositionAutomaton;
  readonly #machine: AnchorMachine;
  readonly #last: ReadonlySet<number>;
  /** For each pair visited, the pair it was entered from; undefined: the beginning. */
  readonly #parents = new Map<number, number | undefined>();
  /** For each set of bytes and machine state, the machine's successors. */
  readonly #successors = new Map<ByteSet, (readonly number[] | undefined)[]>();

  constructor(automaton: PositionAutomaton, machine: AnchorMachine) {
    this.#automaton = automaton;
    this.#machine = machine;
    this.#last = new Set(automaton.last);
  }

  /**
   * Visits every pair once, depth first, not going on behind an anchor.
   *
   * Without a cycle among them, each pair comes in `order` after all from which it is entered.
   */
  explore(): { readonly order: readonly number[]; readonly hasCycle: boolean } {
    const order: number[] = [];
    const open = new Set<number>();
    let hasCycle = false;
    const stack = this.#enter(undefined).map((pair) => ({
      pair,
      from: undefined as number | undefined,
    }));
    while (stack.length > 0) {
      const { pair, from } = stack.at(-1)!;
      if (open.has(pair) || this.#parents.has(pair)) {
        // Either all that follows the pair was visited, or another path had visited it before.
        if (open.delete(pair)) order.push(pair);
        stack.pop();
        continue;
      }
      this.#parents.set(pair, from);
      open.add(pair);
      for (const next of this.#next(pair)) {
        hasCycle ||= open.has(next);
        if (!this.#parents.has(next)) stack.push({ pair: next, from: pair });
      }
    }
    return { order: order.reverse(), hasCycle };
  }

  /** Returns for each pair the most bytes read to get there. */
  depths(order: readonly number[]): ReadonlyMap<number, number> {
    const depths = new Map<number, number>();
    const deepen = (pair: number, depth: number) =>
      depths.set(pair, Math.max(depth, depths.get(pair) ?? 0));
    for (const pair of this.#enter(undefined)) deepen(pair, 1);
    for (const pair of order) {
      for (const next of this.#next(pair)) deepen(next, depths.get(pair)! + 1);
    }
    return depths;
  }

  read(pair: number): {
    readonly position: number;
    readonly anchor: number | undefined;
    readonly isLast: boolean;
  } {
    const states = this.#machine.next.length;
    const position = Math.floor(pair / states);
    const anchor = this.#machine.ending[pair % states];
    return { position, anchor, isLast: this.#last.has(position) };
  }

  /** Returns texts that lead to `pair`. */
  textsTo(pair: number): readonly string[] {
    return [...new Set(PREFERRED_CODES.map((preferred) => this.#textTo(pair, preferred)))];
  }

  #textTo(pair: number, preferred: readonly number[]): string {
    const states = this.#machine.next.length;
    let text = "";
    for (let at: number | undefined = pair; at !== undefined; at = this.#parents.get(at)) {
      const before = this.#parents.get(at);
      const set = this.#automaton.sets[Math.floor(at / states)]!;
      const next = this.#machine.next[before === undefined ? 0 : before % states]!;
      const { columnOf } = this.#machine;
      const target = at % states;
      const fits = (code: number) => set[code] === 1 && next[columnOf[code]!] === target;
      const code = preferred.find(fits) ?? set.findIndex((_, byte) => fits(byte));
      text = String.fromCharCode(code) + text;
    }
    return text;
  }

  #next(pair: number): readonly number[] {
    return this.read(pair).anchor === undefined ? this.#enter(pair) : [];
  }

  /** Lists the pairs that follow `from`, or with which a match begins. */
  #enter(from: number | undefined): readonly number[] {
    const { follow, first, sets } = this.#automaton;
    const states = this.#machine.next.length;
    const state = from === undefined ? 0 : from % states;
    const pairs: number[] = [];
    for (const position of from === undefined ? first : follow[Math.floor(from / states)]!) {
      for (const next of this.#successorsOf(sets[position]!, state)) {
        pairs.push(position * states + next);
      }
    }
    return pairs;
  }

  #successorsOf(set: ByteSet, state: number): readonly number[] {
    let byState = this.#successors.get(set);
    if (byState === undefined) this.#successors.set(set, byState = []);
    return byState[state] ??= this.#readSet(set, state);
  }

  #readSet(set: ByteSet, state: number): readonly number[] {
    const { next, columnOf, alphabet } = this.#machine;
    const successors = new Set<number>();
    let members = 0;
    for (const code of alphabet) {
      if (set[code] === 0) continue;
      members++;
      successors.add(next[state]![columnOf[code]!]!);
    }
    // Any byte that occurs in no anchor leads back to the root.
    if (sizeOf(set) > members) successors.add(0);
    return [...successors];
  }
}

/** Equal sets are one set in all rules: each is counted once. */
const SIZES = new WeakMap<ByteSet, number>();

function sizeOf(set: ByteSet): number {
  const known = SIZES.get(set);
  if (known !== undefined) return known;
  let size = 0;
  for (const flag of set) size += flag;
  SIZES.set(set, size);
  return size;
}
