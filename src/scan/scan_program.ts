/**
 * The shapes of the rules of one direction → one program: a prefilter over all anchors, one
 * automaton that goes on from them, one that finds what is still unfinished at the end of the data.
 */
import { AnchorPrefixes } from "./anchor_prefixes.ts";
import { type AnchorEntrance, AnchorWalks } from "./anchor_walks.ts";
import { DEAD, LazyAutomaton } from "./lazy_automaton.ts";
import { CONTEXT_BYTES } from "./match_queue.ts";
import type { PositionAutomaton } from "./position_automaton.ts";
import { Prefilter } from "./prefilter.ts";
import type { Rule } from "./rule.ts";
import type { RuleShape } from "./rule_shape.ts";
import { ScanBuffer } from "./scan_buffer.ts";

/**
 * Edges followed in one walk back before it gives up being exact: about 1 ms. Text takes a part of
 * it once, and nothing the next time; random bytes would take five times as much each time.
 */
const MAX_BACKWARD_WORK = 4_000;

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
export interface CompiledAnchor extends AnchorEntrance {
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
  /** Reads on from anchors. */
  readonly walks: AnchorWalks;
  /** Anchors that matches begin with, while they arrive. */
  readonly #prefixes: AnchorPrefixes;
  /** Walks back over what stands before an anchor, for the rules whose anchors stand within their matches. */
  readonly #backward: LazyAutomaton;
  /** The position from which every match without its anchor is entered backwards. */
  readonly #backwardRoot: number;

  constructor(shapes: readonly OrderedShape[]) {
    this.rules = shapes.map(compileRule);
    this.maxBehind = Math.max(CONTEXT_BYTES, ...shapes.map(({ shape }) => shape.behind));
    const reach = shapes.map(({ shape }) => shape.rule.maxLength);
    const forward = union(shapes.map(({ shape }) => shape.forward));
    const forwardAutomaton = new LazyAutomaton({
      sets: forward.sets,
      next: forward.follow,
      marked: new Set(forward.last),
      owners: forward.owners,
      reach,
    });
    const byText = compileAnchors(shapes.map(({ shape }) => shape), forward.offsets);
    this.anchors = [...byText.values()];
    this.walks = new AnchorWalks(forwardAutomaton, this.anchors);
    this.#prefixes = new AnchorPrefixes(byText.keys());
    this.prefilter = new Prefilter([...byText.keys()]);
    const inner = shapes.flatMap(({ shape: { lead, rule } }) =>
      lead === undefined ? [] : [{ lead, reach: rule.maxLength }]
    );
    const backward = union(inner.map(({ lead }) => lead));
    const backwardReach = inner.map(({ reach }) => reach);
    this.#backwardRoot = backward.sets.length;
    this.#backward = new LazyAutomaton({
      sets: [...backward.sets, new Uint8Array(256)],
      next: [...reversed(backward.follow), [...backward.sets.keys()]],
      marked: new Set(backward.first),
      owners: [...backward.owners, inner.length],
      reach: [...backwardReach, Math.max(0, ...backwardReach)],
    });
  }

  /**
   * Returns the lowest offset, `floor` or more, at which a match may begin that bytes after `end` could
   * complete; `end` itself: none. Matches of which an anchor is complete are not among them:
   * `walks` tell of those. Where the data is like none before, it may be lower.
   */
  liveStart({ floor, end }: { readonly floor: number; readonly end: number }): number {
    const automaton = this.#backward;
    const { bytes } = this.buffer;
    let start = this.#prefixes.liveStart(bytes, { floor, end });
    let state = automaton.state([this.#backwardRoot]);
    const workLimit = automaton.work + MAX_BACKWARD_WORK;
    for (let at = end - 1; at >= floor; at--) {
      state = automaton.step(state, bytes[at]!);
      const length = end - at;
      if (automaton.work > workLimit) {
        return Math.max(floor, Math.min(start, end - automaton.aliveReach[state]!));
      }
      if (state === DEAD || length >= automaton.aliveReach[state]!) break;
      if (length < automaton.markedReach[state]! && at < start) start = at;
    }
    return start;
  }
}

function compileRule({ shape: { rule, behind, ahead }, order }: OrderedShape): CompiledRule {
  const { source, flags } = rule.regexp;
  const kept = flags.replace("d", "");
  // Made when first used: most rules never are.
  let search: RegExp | undefined;
  let sticky: RegExp | undefined;
  return {
    rule,
    behind,
    ahead,
    order,
    get search() {
      return search ??= new RegExp(source, `${kept}dg`);
    },
    get sticky() {
      return sticky ??= new RegExp(source, `${kept}dy`);
    },
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

function compileAnchors(
  shapes: readonly RuleShape[],
  offsets: readonly number[],
): Map<string, CompiledAnchor> {
  const positionsOf = new Map<string, number[]>();
  const aheadOf = new Map<string, number>();
  const maxBeforeOf = new Map<string, Map<number, number>>();
  shapes.forEach(({ rule, entries, ahead }, index) => {
    entries.forEach((entry, anchor) => {
      if (entry === undefined) return;
      const text = rule.anchors[anchor]!;
      const positions = entry.positions.map((position) => position + offsets[index]!);
      positionsOf.set(text, [...positionsOf.get(text) ?? [], ...positions]);
      aheadOf.set(text, Math.max(ahead, aheadOf.get(text) ?? 0));
      maxBeforeOf.set(text, (maxBeforeOf.get(text) ?? new Map()).set(index, entry.maxBefore));
    });
  });
  const firstOf = (indices: readonly number[]) => {
    const first = indices.flatMap((index) =>
      shapes[index]!.forward.first.map((position) => position + offsets[index]!)
    );
    return [...new Set(first)].sort((a, b) => a - b);
  };
  return new Map([...positionsOf].map(([text, positions]) => {
    const maxBefore = maxBeforeOf.get(text)!;
    const maxBeforeAny = Math.max(...maxBefore.values());
    const ahead = aheadOf.get(text)!;
    const first = maxBeforeAny > 0 ? undefined : firstOf([...maxBefore.keys()]);
    return [text, { length: text.length, positions, first, ahead, maxBefore, maxBeforeAny }];
  }));
}
