/**
 * A nondeterministic automaton → a deterministic one, built while it is walked (as RE2 and
 * rust-lang/regex do): clean traffic visits few states, so few are ever made.
 *
 * The automaton joins all rules: each position has an owner, and `reach` says how many bytes after a
 * walk's origin the owner still counts. Bytes that no position tells apart share a column. The
 * states are a cache with a limit; emptying it changes no answer.
 */
import type { ByteSet } from "./regexp_tree.ts";

/** States kept before the cache is emptied: 4 MB of transitions at 128 byte classes. */
const MAX_STATES = 8_192;
/** States there is room for at first: most programs never see more. */
const INITIAL_STATES = 512;

/** The state without positions: whatever follows, nothing comes of it. */
export const DEAD = 0;

/** A nondeterministic automaton, its positions numbered from 0. */
export interface Positions {
  readonly sets: readonly ByteSet[];
  /** The positions that may read the next byte. */
  readonly next: readonly (readonly number[])[];
  /** The positions where a walk may have found what it looks for. */
  readonly marked: ReadonlySet<number>;
  /** The rule each position belongs to. */
  readonly owners: readonly number[];
  /** For each rule, the longest walk in bytes that is still of use. */
  readonly reach: readonly number[];
}

/** What is known of a state. */
interface StateFacts {
  readonly positions: readonly number[];
  readonly owners: readonly number[];
  readonly markedOwners: readonly number[];
}

/** Positions that read the same bytes, for finding a state's successors. */
export class LazyAutomaton {
  /** The column of each byte. */
  readonly classOf: Uint8Array;
  /** By state: the longest reach of any rule in it, and of any rule with a marked position in it. */
  readonly aliveReach = new Int32Array(MAX_STATES);
  readonly markedReach = new Int32Array(MAX_STATES);
  /** By state: 1 where some byte may follow. */
  readonly goesOn = new Uint8Array(MAX_STATES);
  /** Counts the edges ever followed to build transitions: what walks have cost besides walking. */
  work = 0;
  /** Counts how often the cache was emptied: a state number is of use only within one of its lives. */
  generation = 0;
  readonly #automaton: Positions;
  readonly #representatives: readonly number[];
  #table: Int32Array;
  readonly #shift: number;
  #states: StateFacts[] = [];
  #ids = new Map<string, number>();

  constructor(automaton: Positions) {
    this.#automaton = automaton;
    const { classOf, representatives } = byteClasses(automaton.sets);
    this.classOf = classOf;
    this.#representatives = representatives;
    this.#shift = Math.ceil(Math.log2(Math.max(2, representatives.length)));
    this.#table = new Int32Array(INITIAL_STATES << this.#shift);
    this.#clear();
  }

  /** Returns the state of a set of positions, ascending and without duplicates. */
  state(positions: readonly number[]): number {
    const key = positions.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#states.length === MAX_STATES) this.#clear();
    return this.#add(positions, key);
  }

  /** Returns the state of those of `positions`, ascending, that read `byte`. */
  reading(positions: readonly number[], byte: number): number {
    return this.state(positions.filter((position) => this.#automaton.sets[position]![byte] === 1));
  }

  /** Tells whether the step over `byte` costs nothing. */
  knows(state: number, byte: number): boolean {
    return this.#table[(state << this.#shift) | this.classOf[byte]!]! >= 0;
  }

  /** Returns the state that reading `byte` in `state` leads to. */
  step(state: number, byte: number): number {
    const index = (state << this.#shift) | this.classOf[byte]!;
    const known = this.#table[index]!;
    return known >= 0 ? known : this.#build(state, index, byte);
  }

  /** The rules that have a position in `state`. */
  owners(state: number): readonly number[] {
    return this.#states[state]!.owners;
  }

  /** The rules that have a marked position in `state`. */
  markedOwners(state: number): readonly number[] {
    return this.#states[state]!.markedOwners;
  }

  #build(state: number, index: number, byte: number): number {
    const { sets, next } = this.#automaton;
    const representative = this.#representatives[this.classOf[byte]!]!;
    const successors = new Set<number>();
    for (const position of this.#states[state]!.positions) {
      this.work += next[position]!.length;
      for (const successor of next[position]!) {
        if (sets[successor]![representative] === 1) successors.add(successor);
      }
    }
    const generation = this.generation;
    const target = this.state([...successors].sort((a, b) => a - b));
    if (this.generation === generation) this.#table[index] = target;
    return target;
  }

  #add(positions: readonly number[], key: string): number {
    const { marked, next, owners, reach } = this.#automaton;
    const id = this.#states.length;
    if (id << this.#shift === this.#table.length) this.#grow();
    const aliveOwners = new Set<number>();
    const markedOwners = new Set<number>();
    let alive = 0;
    let goesOn = 0;
    let markedReach = 0;
    for (const position of positions) {
      const owner = owners[position]!;
      aliveOwners.add(owner);
      alive = Math.max(alive, reach[owner]!);
      if (next[position]!.length > 0) goesOn = 1;
      if (!marked.has(position)) continue;
      markedOwners.add(owner);
      markedReach = Math.max(markedReach, reach[owner]!);
    }
    this.#states.push({
      positions,
      owners: [...aliveOwners],
      markedOwners: [...markedOwners],
    });
    this.#ids.set(key, id);
    this.aliveReach[id] = alive;
    this.goesOn[id] = goesOn;
    this.markedReach[id] = markedReach;
    return id;
  }

  #grow(): void {
    const table = new Int32Array(2 * this.#table.length).fill(-1, this.#table.length);
    table.set(this.#table);
    this.#table = table;
  }

  #clear(): void {
    this.generation++;
    this.#states = [];
    this.#ids = new Map();
    this.#table.fill(-1);
    this.#add([], "");
    this.#table.fill(DEAD, 0, 1 << this.#shift);
  }
}

/** Numbers the bytes so that two have the same number when every set holds both or neither. */
function byteClasses(
  sets: readonly ByteSet[],
): { readonly classOf: Uint8Array; readonly representatives: readonly number[] } {
  let classOf = new Uint8Array(256);
  let count = 1;
  for (const set of new Set(sets)) {
    // Each class falls into those of its bytes that the set holds and those that it doesn't.
    const parts = new Int16Array(2 * count).fill(-1);
    const finer = new Uint8Array(256);
    let finerCount = 0;
    for (let byte = 0; byte < 256; byte++) {
      const part = 2 * classOf[byte]! + set[byte]!;
      if (parts[part]! < 0) parts[part] = finerCount++;
      finer[byte] = parts[part]!;
    }
    classOf = finer;
    count = finerCount;
  }
  const representatives = Array.from({ length: count }, (_, part) => classOf.indexOf(part));
  return { classOf, representatives };
}
