/**
 * An anchor that stands in the stream → the rules that may match around it, read on byte by byte as the
 * stream arrives: no byte is read twice, however the stream is cut.
 *
 * The prefilter's hits are turned away here, most within a few bytes. Building states is bounded by
 * what was scanned; when that is spent, all rules that the anchor may belong to are named. A walk that
 * comes to where another has been in the same state follows it no further, so that a text made of
 * anchors costs no more than one walk over it.
 *
 * Invariant: a rule that matches around the anchor is named (over-reports, never under-reports).
 */
import { DEAD, type LazyAutomaton } from "./lazy_automaton.ts";

/**
 * Edges followed to build states, for each scan and for each byte of it: about 10 ms in 64 KiB. Benign
 * text needs a part of it once, hostile text would build ten thousand states each time.
 */
const MIN_WORK = 4_000;
const WORK_PER_BYTE = 0.5;
const UNKNOWN = -1;
/** From so many bytes on a walk leaves a trail: most end before. */
const TRAIL_FROM_BYTES = 24;
/** Walks in different states whose trails go on side by side; a power of two. */
const TRAILS = 4;

/** What a walk must know of its anchor. */
export interface AnchorEntrance {
  readonly length: number;
  /** Positions of the automaton that may have read the anchor's last byte. */
  readonly positions: readonly number[];
  /**
   * Positions that may read the anchor's first byte, ascending; undefined: some match begins before
   * the anchor. Read from there, a letter in the wrong case ends the walk at once.
   */
  readonly first: readonly number[] | undefined;
  /** The most bytes after its match that any of the rules looks at. */
  readonly ahead: number;
}

/** An anchor that stands in the stream, and how far the bytes after it were read. */
export interface Candidate {
  readonly anchor: number;
  /** Stream offset of its first byte. */
  readonly position: number;
  /** Indices of the rules that may match around it, as far as the bytes tell. */
  readonly rules: number[];
  /** Whether further bytes could complete, prolong or undo a match around it. */
  isOpen: boolean;
  /** The automaton's state before the byte at stream offset `next`, in one generation of its states. */
  state: number;
  next: number;
  generation: number;
  /** The stream offset up to which what was found so far may look. */
  decidedAt: number;
  /**
   * How the walk ended in this pass: where the automaton does, or the data; at its rules' reach, in
   * `lastState`; or with all rules named, so that nothing more is known.
   */
  ending: "natural" | "reach" | "all_named";
  lastState: number;
}

/** The bytes so far: index 0 of `bytes` is stream offset `base`; `to` is the index after the last. */
export interface WalkedBytes {
  readonly bytes: Uint8Array;
  readonly base: number;
  readonly to: number;
}

/** Reads on from anchors. */
export class AnchorWalks {
  readonly #automaton: LazyAutomaton;
  readonly #anchors: readonly AnchorEntrance[];
  /** By anchor number, then by the case of the first byte: the state entered, in this generation. */
  readonly #entryStates: Int32Array;
  #entryGeneration = 0;
  #workLimit = MIN_WORK;
  /** By index in the buffer and trail: the state and the walk that were there, in the pass of that number. */
  #trailStates = new Int32Array(0);
  #trailPasses = new Int32Array(0);
  readonly #trailWalks: Candidate[] = [];
  #pass = 0;
  #trailGeneration = 0;

  constructor(automaton: LazyAutomaton, anchors: readonly AnchorEntrance[]) {
    this.#automaton = automaton;
    this.#anchors = anchors;
    this.#entryStates = new Int32Array(2 * anchors.length);
  }

  /** Begins a pass, and grants the work that scanning so many more bytes may cost. */
  allow(byteCount: number): void {
    this.#pass++;
    this.#workLimit = this.#automaton.work + MIN_WORK + WORK_PER_BYTE * byteCount;
  }

  /**
   * Begins at an anchor found at a stream offset, and reads the bytes there are; undefined: the
   * anchor's first byte already rules every match out.
   */
  begin(anchor: number, position: number, walked: WalkedBytes): Candidate | undefined {
    const state = this.#entryState(anchor, walked.bytes[position - walked.base]!);
    if (state === DEAD) return undefined;
    const candidate: Candidate = {
      anchor,
      position,
      rules: [],
      isOpen: true,
      state,
      next: position + this.#entryLength(anchor),
      generation: this.#automaton.generation,
      decidedAt: 0,
      ending: "natural",
      lastState: state,
    };
    this.goOn(candidate, walked);
    return candidate;
  }

  /** Reads the bytes that have come since. */
  goOn(candidate: Candidate, walked: WalkedBytes): void {
    const automaton = this.#automaton;
    const { bytes, base } = walked;
    const end = base + walked.to;
    const { anchor, position } = candidate;
    const { ahead } = this.#anchors[anchor]!;
    if (candidate.generation !== automaton.generation) {
      candidate.state = this.#entryState(anchor, bytes[position - base]!);
      candidate.next = position + this.#entryLength(anchor);
    }
    candidate.ending = "natural";
    let { state, next } = candidate;
    while (state !== DEAD) {
      const reach = automaton.aliveReach[state]!;
      if (automaton.markedReach[state]! > 0) {
        candidate.decidedAt = Math.max(candidate.decidedAt, next + ahead);
        addAll(candidate.rules, automaton.markedOwners(state));
        // Nothing more to learn: each rule is named, and no match gets as far as the end.
        const isFar = end - position >= reach + ahead;
        if (isFar && includesAll(candidate.rules, automaton.owners(state))) {
          candidate.ending = "all_named";
          state = DEAD;
        }
      }
      if (next >= end || state === DEAD) break;
      const earlier = next - position < TRAIL_FROM_BYTES
        ? undefined
        : this.#earlierWalk(candidate, walked, next - base, state);
      if (earlier !== undefined) {
        addAll(candidate.rules, earlier.rules);
        candidate.decidedAt = Math.max(candidate.decidedAt, earlier.decidedAt);
        if (earlier.ending === "natural") {
          ({ state, next } = earlier);
          break;
        }
        if (earlier.ending === "reach" && earlier.next > next) {
          ({ lastState: state, next } = earlier);
          continue;
        }
      }
      const byte = bytes[next - base]!;
      const isSpent = automaton.work > this.#workLimit && !automaton.knows(state, byte);
      if (isSpent || earlier?.ending === "all_named") {
        addAll(candidate.rules, automaton.owners(state));
        candidate.decidedAt = Math.max(candidate.decidedAt, position + reach + ahead);
        candidate.ending = "all_named";
        state = DEAD;
      } else if (next - position >= reach) {
        candidate.ending = "reach";
        candidate.lastState = state;
        state = DEAD;
        break;
      } else state = automaton.step(state, byte);
      next++;
    }
    candidate.state = state;
    candidate.next = next;
    candidate.generation = automaton.generation;
    candidate.isOpen = end < candidate.decidedAt || automaton.goesOn[state] === 1;
  }

  /**
   * Another walk of this pass that was in `state` at this index of the buffer, or undefined; then this
   * one has been there.
   */
  #earlierWalk(
    candidate: Candidate,
    { to }: WalkedBytes,
    index: number,
    state: number,
  ): Candidate | undefined {
    if (this.#trailGeneration !== this.#automaton.generation) {
      this.#trailGeneration = this.#automaton.generation;
      this.#pass++;
    }
    if (this.#trailStates.length < TRAILS * to) {
      this.#trailStates = new Int32Array(TRAILS * to);
      this.#trailPasses = new Int32Array(TRAILS * to);
    }
    const slot = TRAILS * index + (state & TRAILS - 1);
    const isKnown = this.#trailPasses[slot] === this.#pass && this.#trailStates[slot] === state;
    const earlier = isKnown ? this.#trailWalks[slot] : undefined;
    this.#trailPasses[slot] = this.#pass;
    this.#trailStates[slot] = state;
    // The next walk that comes here follows this one, which will have got further.
    this.#trailWalks[slot] = candidate;
    return earlier;
  }

  /** The bytes of an anchor that its entry state has read. */
  #entryLength(anchor: number): number {
    const { first, length } = this.#anchors[anchor]!;
    return first === undefined ? length : 1;
  }

  /** Returns the state in which an anchor is entered that begins with `byte`. */
  #entryState(anchor: number, byte: number): number {
    const automaton = this.#automaton;
    if (this.#entryGeneration !== automaton.generation) {
      this.#entryStates.fill(UNKNOWN);
      this.#entryGeneration = automaton.generation;
    }
    const slot = 2 * anchor + (byte >= 0x41 && byte <= 0x5a ? 1 : 0);
    const known = this.#entryStates[slot]!;
    if (known !== UNKNOWN) return known;
    const { positions, first } = this.#anchors[anchor]!;
    const state = first === undefined ? automaton.state(positions) : automaton.reading(first, byte);
    // A state made anew may have emptied the cache: then the other entries are stale.
    if (this.#entryGeneration === automaton.generation) this.#entryStates[slot] = state;
    return state;
  }
}

function addAll(rules: number[], more: readonly number[]): void {
  for (const rule of more) if (!rules.includes(rule)) rules.push(rule);
}

function includesAll(rules: readonly number[], others: readonly number[]): boolean {
  return others.every((rule) => rules.includes(rule));
}
