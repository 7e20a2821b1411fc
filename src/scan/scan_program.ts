/**
 * The shapes of the rules of one direction → one program: a prefilter over all anchors, one
 * automaton that goes on from them, one that finds what is still unfinished at the end of the data.
 */
import { AnchorPrefixes } from "./anchor_prefixes.ts";
import { DEAD, LazyAutomaton } from "./lazy_automaton.ts";
import { CONTEXT_BYTES } from "./match_queue.ts";
import type { PositionAutomaton } from "./position_automaton.ts";
import { Prefilter } from "./prefilter.ts";
import type { Rule } from "./rule.ts";
import type { RuleShape } from "./rule_shape.ts";
import { ScanBuffer } from "./scan_buffer.ts";

/** One rule as a scanner uses it. */
export interface CompiledRule {
  readonly rule: Rule;
  /** Most bytes before and after a match that its regexp looks at. */
  readonly behind: number;
  readonly ahead: number;
  /** Place in the list of rules: of two equal rules the earlier wins. */
  readonly order: number;
  /** The rule's regexp with `dg` and with `dy`; whoever uses one sets `lastIndex` first. */
  readonly search: RegExp;
  readonly sticky: RegExp;
}

/** An anchor of some rules. */
export interface CompiledAnchor {
  readonly length: number;
  /** Positions of the forward automaton, of all rules, that may have read the anchor's last byte. */
  readonly positions: readonly number[];
  /** Those of them whose rules' matches begin with the anchor. */
  readonly startPositions: readonly number[];
  /** For each rule index, most bytes of its match before the anchor. */
  readonly maxBefore: ReadonlyMap<number, number>;
  /** The most of them. */
  readonly maxBeforeAny: number;
}

/** A rule's shape and its place in the list of rules. */
export interface OrderedShape {
  readonly shape: RuleShape;
  readonly order: number;
}

/** The rules of one direction, shared by every scanner; its automata grow while they are used. */
export class ScanProgram {
  readonly rules: readonly CompiledRule[];
  readonly anchors: readonly CompiledAnchor[];
  readonly prefilter: Prefilter;
  /** Where the bytes are scanned. */
  readonly buffer = new ScanBuffer();
  /** Bytes before a match that a regexp looks at or `verify` is shown. */
  readonly maxBehind: number;
  readonly #forward: LazyAutomaton;
  /** By anchor number the state that `#forward` is in after it, of this generation of states. */
  readonly #entryStates: Int32Array;
  #entryGeneration = 0;
  /** The same for the state after it of the rules that it begins. */
  readonly #startStates: Int32Array;
  /** Anchors that matches begin with, while they arrive. */
  readonly #prefixes: AnchorPrefixes;
  /** Finds unfinished matches of the rules whose anchors stand within their matches. */
  readonly #backward: LazyAutomaton;
  /** The position from which every unfinished match is entered backwards. */
  readonly #backwardRoot: number;

  constructor(shapes: readonly OrderedShape[]) {
    this.rules = shapes.map(compileRule);
    this.maxBehind = Math.max(CONTEXT_BYTES, ...shapes.map(({ shape }) => shape.behind));
    const reach = shapes.map(({ shape }) => shape.rule.maxLength);
    const forward = union(shapes.map(({ shape }) => shape.forward));
    this.#forward = new LazyAutomaton({
      sets: forward.sets,
      next: forward.follow,
      marked: new Set(forward.last),
      owners: forward.owners,
      reach,
    });
    const byText = compileAnchors(shapes.map(({ shape }) => shape), forward.offsets);
    this.anchors = [...byText.values()];
    this.#entryStates = new Int32Array(this.anchors.length);
    this.#startStates = new Int32Array(this.anchors.length);
    this.#prefixes = new AnchorPrefixes(
      [...byText].filter(([, { startPositions }]) => startPositions.length > 0).map(([text]) =>
        text
      ),
    );
    this.prefilter = new Prefilter([...byText.keys()]);
    const inner = shapes.map(({ shape }) => shape).filter((shape) => !beginsWithAnchor(shape));
    const backward = union(inner.map((shape) => shape.backward));
    const backwardReach = inner.map(({ rule, ahead }) => rule.maxLength + ahead);
    this.#backwardRoot = backward.sets.length;
    this.#backward = new LazyAutomaton({
      sets: [...backward.sets, new Uint8Array(256)],
      next: [...reversed(backward.follow), unfinished(backward.follow)],
      marked: new Set(backward.first),
      owners: [...backward.owners, inner.length],
      reach: [...backwardReach, Math.max(0, ...backwardReach)],
    });
  }

  /**
   * Adds to `found` the indices of the rules that may match around the anchor numbered `number` at
   * `position`, judged by the bytes up to `to`; never leaves one out that does.
   */
  rulesAround(
    number: number,
    { position, to }: { readonly position: number; readonly to: number },
    found: number[],
  ): void {
    const automaton = this.#forward;
    const { bytes } = this.buffer;
    let state = this.#stateAfter(number, "any");
    for (let next = position + this.anchors[number]!.length;; next++) {
      if (automaton.markedReach[state]! > 0) {
        for (const rule of automaton.markedOwners(state)) {
          if (!found.includes(rule)) found.push(rule);
        }
      }
      if (next >= to || next - position >= automaton.aliveReach[state]!) return;
      state = automaton.step(state, bytes[next]!);
      if (state === DEAD) return;
    }
  }

  /**
   * Tells whether bytes after `to` could complete, prolong or undo a match that begins with the anchor
   * numbered `number` at `position`.
   */
  isLive(
    number: number,
    { position, to }: { readonly position: number; readonly to: number },
  ): boolean {
    const { length, startPositions } = this.anchors[number]!;
    if (startPositions.length === 0) return false;
    const automaton = this.#forward;
    const { bytes } = this.buffer;
    let state = this.#stateAfter(number, "start");
    for (let next = position + length;; next++) {
      if (automaton.markedReach[state]! > 0) {
        const owners = automaton.markedOwners(state);
        if (owners.some((rule) => to - next < this.rules[rule]!.ahead)) return true;
      }
      if (next >= to) return automaton.goesOn[state] === 1;
      if (next - position >= automaton.aliveReach[state]!) return false;
      state = automaton.step(state, bytes[next]!);
      if (state === DEAD) return false;
    }
  }

  /** The state of the forward automaton after an anchor: of all rules, or of those it begins. */
  #stateAfter(number: number, place: "any" | "start"): number {
    if (this.#entryGeneration !== this.#forward.generation) {
      this.#entryStates.fill(DEAD);
      this.#startStates.fill(DEAD);
      this.#entryGeneration = this.#forward.generation;
    }
    const states = place === "any" ? this.#entryStates : this.#startStates;
    if (states[number] !== DEAD) return states[number]!;
    const { positions, startPositions } = this.anchors[number]!;
    const state = this.#forward.state(place === "any" ? positions : startPositions);
    // A state made anew may have emptied the cache: then the other entries are stale.
    if (this.#entryGeneration === this.#forward.generation) states[number] = state;
    return state;
  }

  /**
   * Returns the lowest offset, `floor` or more, at which a match may begin that bytes after `end` could
   * complete, prolong or undo; `end` itself: none. Matches that begin with a complete anchor are not
   * among them: `isLive()` tells of those.
   */
  liveStart({ floor, end }: { readonly floor: number; readonly end: number }): number {
    const automaton = this.#backward;
    const { bytes } = this.buffer;
    let start = this.#prefixes.liveStart(bytes, { floor, end });
    let state = automaton.state([this.#backwardRoot]);
    for (let at = end - 1; at >= floor; at--) {
      state = automaton.step(state, bytes[at]!);
      const length = end - at;
      if (state === DEAD || length >= automaton.aliveReach[state]!) break;
      if (length < automaton.markedReach[state]! && at < start) start = at;
    }
    return start;
  }
}

/** Whether every match begins with the anchor that is looked for: most credentials have a prefix. */
function beginsWithAnchor({ entries }: RuleShape): boolean {
  return entries.every((entry) => entry === undefined || entry.maxBefore === 0);
}

function compileRule({ shape: { rule, behind, ahead }, order }: OrderedShape): CompiledRule {
  const { source, flags } = rule.regexp;
  const kept = flags.replace("d", "");
  return {
    rule,
    behind,
    ahead,
    order,
    search: new RegExp(source, `${kept}dg`),
    sticky: new RegExp(source, `${kept}dy`),
  };
}

interface Union extends PositionAutomaton {
  readonly owners: readonly number[];
  /** The number of each part's first position. */
  readonly offsets: readonly number[];
}

function union(parts: readonly PositionAutomaton[]): Union {
  const offsets: number[] = [];
  const owners: number[] = [];
  parts.forEach((part, owner) => {
    offsets.push(owners.length);
    for (let index = 0; index < part.sets.length; index++) owners.push(owner);
  });
  const shifted = (positions: readonly number[], owner: number) =>
    positions.map((position) => position + offsets[owner]!);
  return {
    sets: parts.flatMap(({ sets }) => sets),
    follow: parts.flatMap(({ follow }, owner) => follow.map((next) => shifted(next, owner))),
    first: parts.flatMap(({ first }, owner) => shifted(first, owner)),
    last: parts.flatMap(({ last }, owner) => shifted(last, owner)),
    owners,
    offsets,
  };
}

function reversed(follow: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const before: number[][] = follow.map(() => []);
  follow.forEach((next, position) =>
    next.forEach((successor) => before[successor]!.push(position))
  );
  return before;
}

/** The positions after which a match isn't over, or may be longer. */
function unfinished(follow: readonly (readonly number[])[]): readonly number[] {
  return [...follow.keys()].filter((position) => follow[position]!.length > 0);
}

function compileAnchors(
  shapes: readonly RuleShape[],
  offsets: readonly number[],
): Map<string, CompiledAnchor> {
  const positionsOf = new Map<string, number[]>();
  const startPositionsOf = new Map<string, number[]>();
  const maxBeforeOf = new Map<string, Map<number, number>>();
  shapes.forEach((shape, index) => {
    const { rule, entries } = shape;
    const begins = beginsWithAnchor(shape);
    entries.forEach((entry, anchor) => {
      if (entry === undefined) return;
      const text = rule.anchors[anchor]!;
      const positions = entry.positions.map((position) => position + offsets[index]!);
      positionsOf.set(text, [...positionsOf.get(text) ?? [], ...positions]);
      if (begins) startPositionsOf.set(text, [...startPositionsOf.get(text) ?? [], ...positions]);
      maxBeforeOf.set(text, (maxBeforeOf.get(text) ?? new Map()).set(index, entry.maxBefore));
    });
  });
  return new Map([...positionsOf].map(([text, positions]) => {
    const maxBefore = maxBeforeOf.get(text)!;
    const maxBeforeAny = Math.max(...maxBefore.values());
    const startPositions = startPositionsOf.get(text) ?? [];
    return [text, { length: text.length, positions, startPositions, maxBefore, maxBeforeAny }];
  }));
}
