/**
 * The rules of one direction → one program: a prefilter over all anchors, one automaton that goes on
 * from them, one that finds what is still unfinished at the end of the data.
 *
 * Of most rules no anchor is ever seen: a rule joins the automaton at its first.
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

/** An anchor of some rules; they are compiled when more than its length is first asked for. */
export interface CompiledAnchor extends AnchorEntrance {
  /** For each rule index, most bytes of its match before the anchor. */
  readonly maxBefore: ReadonlyMap<number, number>;
  /** The most of them. */
  readonly maxBeforeAny: number;
}

/** A rule, checked, and its place in the list of rules. */
export interface OrderedRule {
  readonly rule: Rule;
  readonly order: number;
  /** That of its shape; undefined: every match begins with an anchor. */
  readonly lead: (() => PositionAutomaton) | undefined;
  /** Examines the rule; always the same one. */
  readonly shape: () => RuleShape;
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
  /** Made when data is first looked at that goes on. */
  #backward: Backward | undefined;
  readonly #forward: LazyAutomaton;
  /** By rule index: the number of its first position in `#forward`; undefined: it is not there yet. */
  readonly #offsets: (number | undefined)[] = [];
  readonly #ordered: readonly OrderedRule[];

  /** No regexp looks at more than `maxBehind` bytes before a match. */
  constructor(ordered: readonly OrderedRule[], maxBehind: number) {
    this.#ordered = ordered;
    this.rules = ordered.map(compileRule);
    this.maxBehind = Math.max(CONTEXT_BYTES, maxBehind);
    const reach = ordered.map(({ rule }) => rule.maxLength);
    this.#forward = new LazyAutomaton({ sets: [], next: [], marked: new Set(), owners: [], reach });
    const rulesOf = rulesByAnchor(ordered);
    const texts = [...rulesOf.keys()];
    this.anchors = texts.map((text) =>
      new LazyAnchor(text.length, () => this.#compileAnchor(text, rulesOf.get(text)!))
    );
    this.walks = new AnchorWalks(this.#forward, this.anchors);
    this.#prefixes = new AnchorPrefixes(texts);
    this.prefilter = new Prefilter(texts);
  }

  /**
   * Returns the lowest offset, `floor` or more, at which a match may begin that bytes after `end` could
   * complete; `end` itself: none. Matches of which an anchor is complete are not among them:
   * `walks` tell of those. Where the data is like none before, it may be lower.
   */
  liveStart({ floor, end }: { readonly floor: number; readonly end: number }): number {
    const { automaton, root } = this.#backward ??= backwardOf(this.#ordered);
    const { bytes } = this.buffer;
    let start = this.#prefixes.liveStart(bytes, { floor, end });
    let state = automaton.state([root]);
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

  #compileAnchor(text: string, indices: readonly number[]): AnchorFacts {
    const positions: number[] = [];
    const first = new Set<number>();
    const maxBefore = new Map<number, number>();
    let mostAhead = 0;
    for (const index of indices) {
      const { rule: { anchors }, shape } = this.#ordered[index]!;
      const { entries, forward, ahead } = shape();
      const entry = entries.find((entry, at) => entry !== undefined && anchors[at] === text);
      if (entry === undefined) continue;
      const offset = this.#offsets[index] ??= this.#forward.append(forward, index);
      for (const position of entry.positions) positions.push(position + offset);
      for (const position of forward.first) first.add(position + offset);
      maxBefore.set(index, entry.maxBefore);
      mostAhead = Math.max(mostAhead, ahead);
    }
    const maxBeforeAny = Math.max(0, ...maxBefore.values());
    return {
      positions: positions.sort((a, b) => a - b),
      first: maxBeforeAny > 0 ? undefined : [...first].sort((a, b) => a - b),
      ahead: mostAhead,
      maxBefore,
      maxBeforeAny,
    };
  }
}

type AnchorFacts = Omit<CompiledAnchor, "length">;

/** An anchor that finds out about its rules when it is first seen. */
class LazyAnchor implements CompiledAnchor {
  readonly length: number;
  readonly #compile: () => AnchorFacts;
  #facts: AnchorFacts | undefined;

  constructor(length: number, compile: () => AnchorFacts) {
    this.length = length;
    this.#compile = compile;
  }

  get positions(): readonly number[] {
    return this.#known.positions;
  }

  get first(): readonly number[] | undefined {
    return this.#known.first;
  }

  get ahead(): number {
    return this.#known.ahead;
  }

  get maxBefore(): ReadonlyMap<number, number> {
    return this.#known.maxBefore;
  }

  get maxBeforeAny(): number {
    return this.#known.maxBeforeAny;
  }

  get #known(): AnchorFacts {
    return this.#facts ??= this.#compile();
  }
}

function compileRule({ rule, order, shape }: OrderedRule): CompiledRule {
  const { source, flags } = rule.regexp;
  const kept = flags.replace("d", "");
  // Made when first used: most rules never are.
  let search: RegExp | undefined;
  let sticky: RegExp | undefined;
  return {
    rule,
    order,
    get behind() {
      return shape().behind;
    },
    get ahead() {
      return shape().ahead;
    },
    get search() {
      return search ??= new RegExp(source, `${kept}dg`);
    },
    get sticky() {
      return sticky ??= new RegExp(source, `${kept}dy`);
    },
  };
}

/** Walks back over what stands before an anchor, for the rules whose anchors stand within their matches. */
interface Backward {
  readonly automaton: LazyAutomaton;
  /** The position from which every match without its anchor is entered backwards. */
  readonly root: number;
}

function backwardOf(ordered: readonly OrderedRule[]): Backward {
  const inner = ordered.flatMap(({ lead, rule }) =>
    lead === undefined ? [] : [{ lead: lead(), reach: rule.maxLength }]
  );
  const joined = union(inner.map(({ lead }) => lead));
  const reach = inner.map(({ reach }) => reach);
  const automaton = new LazyAutomaton({
    sets: [...joined.sets, new Uint8Array(256)],
    next: [...reversed(joined.follow), [...joined.sets.keys()]],
    marked: new Set(joined.first),
    owners: [...joined.owners, inner.length],
    reach: [...reach, Math.max(0, ...reach)],
  });
  return { automaton, root: joined.sets.length };
}

interface Union extends Omit<PositionAutomaton, "last"> {
  readonly owners: readonly number[];
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
    owners,
  };
}

function reversed(follow: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const before: number[][] = follow.map(() => []);
  follow.forEach((next, position) =>
    next.forEach((successor) => before[successor]!.push(position))
  );
  return before;
}

/** Lists the rules, by index, that have each anchor. */
function rulesByAnchor(ordered: readonly OrderedRule[]): ReadonlyMap<string, readonly number[]> {
  const rulesOf = new Map<string, number[]>();
  ordered.forEach(({ rule }, index) => {
    for (const text of new Set(rule.anchors)) {
      const known = rulesOf.get(text);
      if (known === undefined) rulesOf.set(text, [index]);
      else known.push(index);
    }
  });
  return rulesOf;
}
