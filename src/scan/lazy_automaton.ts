/**
 * A nondeterministic automaton → a deterministic one, built while it is walked (as RE2 and
 * rust-lang/regex do): clean traffic visits few states, so few are ever made.
 *
 * The automaton joins all rules: each position has an owner, and `reach` says how many bytes after a
 * walk's origin the owner still counts. Bytes that no position tells apart share a column. The
 * states are a cache with a limit; emptying it changes no answer.
 */
import type { PositionAutomaton } from "./position_automaton.ts";
import type { ByteSet } from "./regexp_tree.ts";

/** States kept before the cache is emptied: 4 MB of transitions at 128 byte classes. */
const MAX_STATES = 8_192;
/** Positions in all of them before it is emptied: 4 MB, and as much again for their names. */
const MAX_KEPT_POSITIONS = 500_000;
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
  /** By state: the longest reach of any rule in it, and of any rule with a marked position in it. */
  readonly aliveReach = new Int32Array(MAX_STATES);
  readonly markedReach = new Int32Array(MAX_STATES);
  /** By state: 1 where some byte may follow. */
  readonly goesOn = new Uint8Array(MAX_STATES);
  /** Counts the edges ever followed to build transitions: what walks have cost besides walking. */
  work = 0;
  /** Counts how often the cache was emptied: a state number is of use only within one of its lives. */
  generation = 0;
  readonly #sets: ByteSet[];
  readonly #next: (readonly number[])[];
  readonly #marked: Set<number>;
  readonly #owners: number[];
  readonly #reach: readonly number[];
  readonly #classes = new ByteClasses();
  #table = new Int32Array(0);
  #shift = 0;
  #states: StateFacts[] = [];
  #ids = new Map<string, number>();
  #keptPositions = 0;

  constructor({ sets, next, marked, owners, reach }: Positions) {
    this.#sets = [...sets];
    this.#next = [...next];
    this.#marked = new Set(marked);
    this.#owners = [...owners];
    this.#reach = reach;
    for (const set of sets) this.#classes.tellApart(set);
    this.#layOut();
  }

  /**
   * Adds the positions of a rule, numbered on from those that there are, and returns the number of
   * the first: rules that are never needed need not be there. Walks may have to begin anew
   * (`generation`).
   */
  append({ sets, follow, last }: PositionAutomaton, owner: number): number {
    const offset = this.#sets.length;
    let isFiner = false;
    sets.forEach((set, index) => {
      this.#sets.push(set);
      this.#next.push(follow[index]!.map((position) => position + offset));
      this.#owners.push(owner);
      if (this.#classes.tellApart(set)) isFiner = true;
    });
    for (const position of last) this.#marked.add(position + offset);
    if (isFiner) this.#layOut();
    return offset;
  }

  /** Returns the state of a set of positions, ascending and without duplicates. */
  state(positions: readonly number[]): number {
    const key = positions.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const isFull = this.#states.length === MAX_STATES || this.#keptPositions > MAX_KEPT_POSITIONS;
    if (isFull) this.#clear();
    return this.#add(positions, key);
  }

  /** Returns the state of those of `positions`, ascending, that read `byte`. */
  reading(positions: readonly number[], byte: number): number {
    return this.state(positions.filter((position) => this.#sets[position]![byte] === 1));
  }

  /** Tells whether the step over `byte` costs nothing. */
  knows(state: number, byte: number): boolean {
    return this.#table[(state << this.#shift) | this.#classes.of[byte]!]! >= 0;
  }

  /** Returns the state that reading `byte` in `state` leads to. */
  step(state: number, byte: number): number {
    const index = (state << this.#shift) | this.#classes.of[byte]!;
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
    const sets = this.#sets;
    const next = this.#next;
    const successors = new Set<number>();
    for (const position of this.#states[state]!.positions) {
      this.work += next[position]!.length;
      for (const successor of next[position]!) {
        if (sets[successor]![byte] === 1) successors.add(successor);
      }
    }
    const generation = this.generation;
    const target = this.state([...successors].sort((a, b) => a - b));
    if (this.generation === generation) this.#table[index] = target;
    return target;
  }

  #add(positions: readonly number[], key: string): number {
    const marked = this.#marked;
    const next = this.#next;
    const owners = this.#owners;
    const reach = this.#reach;
    const id = this.#states.length;
    if ((id + 1) << this.#shift > this.#table.length) this.#grow();
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
    this.#keptPositions += positions.length;
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

  /** Makes room for the byte classes that there are now. */
  #layOut(): void {
    this.#shift = Math.ceil(Math.log2(Math.max(2, this.#classes.count)));
    const length = INITIAL_STATES << this.#shift;
    if (this.#table.length < length) this.#table = new Int32Array(length);
    this.#clear();
  }

  #clear(): void {
    this.generation++;
    this.#keptPositions = 0;
    this.#states = [];
    this.#ids = new Map();
    this.#table.fill(-1);
    this.#add([], "");
    this.#table.fill(DEAD, 0, 1 << this.#shift);
  }
}

/** Numbers the bytes so that two have the same number when every set so far holds both or neither. */
class ByteClasses {
  /** By byte. */
  of = new Uint8Array(256);
  count = 1;
  readonly #known = new Set<ByteSet>();

  /** Makes the classes finer where `set` holds a part of one; tells whether it does. */
  tellApart(set: ByteSet): boolean {
    if (this.#known.has(set)) return false;
    this.#known.add(set);
    // Each class falls into those of its bytes that the set holds and those that it doesn't.
    const parts = new Int16Array(2 * this.count).fill(-1);
    const finer = new Uint8Array(256);
    let finerCount = 0;
    for (let byte = 0; byte < 256; byte++) {
      const part = 2 * this.of[byte]! + set[byte]!;
      if (parts[part]! < 0) parts[part] = finerCount++;
      finer[byte] = parts[part]!;
    }
    const isFiner = finerCount > this.count;
    this.of = finer;
    this.count = finerCount;
    return isFiner;
  }
}
