/**
 * A regexp's tree → its position automaton (Glushkov 1961): one state for each place where a byte is
 * read, no empty moves, so that it can be walked forwards and backwards alike.
 *
 * A repetition beyond the given limits becomes a loop: the automaton then accepts more than the
 * regexp.
 *
 * Invariant: whatever the tree matches, the automaton accepts.
 */
import type { ByteSet, RegexpNode } from "./regexp_tree.ts";

/** States are numbered from 0; a state stands for the byte just read. */
export interface PositionAutomaton {
  /** The bytes each position reads. */
  readonly sets: readonly ByteSet[];
  /** The positions that may read the next byte, ascending. */
  readonly follow: readonly (readonly number[])[];
  /** The positions that may read a match's first byte, and its last one. */
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** How exact an automaton is. */
export interface CopyLimits {
  /** Copies of a repeated part, at least 1; a part repeated more often becomes a loop. */
  readonly maxCopies: number;
  /** Most copies that may be left out, `max - min`, before the part becomes a loop. */
  readonly maxOptional: number;
}

/** Builds the automaton of `tree`. */
export function positionAutomaton(tree: RegexpNode, limits: CopyLimits): PositionAutomaton {
  const builder = new Builder(limits);
  const body = builder.build(tree);
  return {
    sets: builder.sets,
    follow: builder.follow.map((next) => [...next].sort((a, b) => a - b)),
    first: body.first,
    last: body.last,
  };
}

interface Fragment {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly isNullable: boolean;
}

const EMPTY: Fragment = { first: [], last: [], isNullable: true };

interface Copies {
  readonly count: number;
  /** Copies that must be there; the rest may. */
  readonly needed: number;
  /** Whether the last copy repeats without end. */
  readonly isLoop: boolean;
}

function copiesOf(
  { min, max }: { readonly min: number; readonly max: number },
  { maxCopies, maxOptional }: CopyLimits,
): Copies {
  if (max <= maxCopies && max - min <= maxOptional) {
    return { count: max, needed: min, isLoop: false };
  }
  const count = Math.min(Math.max(min, 1), maxCopies);
  return { count, needed: Math.min(min, count), isLoop: true };
}

class Builder {
  readonly sets: ByteSet[] = [];
  readonly follow: Set<number>[] = [];
  readonly #limits: CopyLimits;

  constructor(limits: CopyLimits) {
    this.#limits = limits;
  }

  connect(from: readonly number[], to: readonly number[]): void {
    for (const position of from) for (const next of to) this.follow[position]!.add(next);
  }

  build(node: RegexpNode): Fragment {
    switch (node.kind) {
      case "assertion":
        return EMPTY;
      case "byte": {
        const position = this.sets.push(node.set) - 1;
        this.follow.push(new Set());
        return { first: [position], last: [position], isNullable: false };
      }
      case "sequence":
        return node.items.reduce<Fragment>(
          (left, item) => this.#join(left, this.build(item)),
          EMPTY,
        );
      case "choice": {
        const options = node.options.map((option) => this.build(option));
        return {
          first: options.flatMap(({ first }) => first),
          last: options.flatMap(({ last }) => last),
          isNullable: options.some(({ isNullable }) => isNullable),
        };
      }
      case "repeat":
        return this.#repeat(node.node, copiesOf(node, this.#limits));
      default:
        return node satisfies never;
    }
  }

  /** Builds `X X (X (X)?)?`: only a copy that is reached can be followed by the next. */
  #repeat(node: RegexpNode, { count, needed, isLoop }: Copies): Fragment {
    let whole: Fragment = EMPTY;
    for (let copy = count; copy >= 1; copy--) {
      const fragment = this.build(node);
      if (isLoop && copy === count) this.connect(fragment.last, fragment.first);
      const joined = this.#join(fragment, whole);
      whole = copy > needed ? { ...joined, isNullable: true } : joined;
    }
    return whole;
  }

  #join(left: Fragment, right: Fragment): Fragment {
    this.connect(left.last, right.first);
    return {
      first: left.isNullable ? [...left.first, ...right.first] : left.first,
      last: right.isNullable ? [...left.last, ...right.last] : right.last,
      isNullable: left.isNullable && right.isNullable,
    };
  }
}
