/**
 * A regexp → whether a text can make it backtrack without end. For rules that people write: the
 * project's own are measured instead.
 *
 * Counts in how many ways the backtracker may read one text, by where two ways begin with the same byte: a
 * repetition that its successor cannot begin like is read in one way. The count is an upper bound, so
 * that some harmless regexps are refused; the message says what to change.
 *
 * Bounds the work at one place of the text; there the engine's own limit steps in
 * (`--enable-experimental-regexp-engine-on-excessive-backtracks`), which knows no back-references and
 * no repetitions in assertions: those are refused.
 */
import { type ByteSet, type RegexpNode, regexpTree } from "./regexp_tree.ts";

/** Some milliseconds at the worst place of the worst text. */
export const MAX_WAYS = 10_000;

const REFERENCE_REGEXP = /^(?:[^\\]|\\[^1-9k])*\\(?:[1-9]|k<)/;
/** An assertion with a group or a quantifier in it; escapes were taken out. */
const LOOK_REGEXP = /\(\?<?[=!](?:\[[^\]]*\]|[^()[\]*+?{])*[(*+?{]/;

const NOTHING: ByteSet = new Uint8Array(256);
const EVERYTHING: ByteSet = new Uint8Array(256).fill(1);

/**
 * Says what is wrong with `regexp`; undefined: nothing.
 *
 * @throws {SyntaxError} for a construct that `regexpTree()` does not support
 */
export function backtrackingFlaw(regexp: RegExp): string | undefined {
  if (REFERENCE_REGEXP.test(regexp.source)) return "it refers back to a group, which may take long";
  if (LOOK_REGEXP.test(regexp.source.replace(/\\[^]/g, "x"))) {
    return "it has a group or a quantifier in a lookaround, which may take long";
  }
  const ways = waysOf(regexpTree(regexp), NOTHING);
  if (ways <= MAX_WAYS) return undefined;
  return "it can read a text in too many ways: let what is repeated begin or end with a byte that " +
    "stands nowhere else in it, and let neighbours begin with different bytes";
}

/** Ways to read a text as `node`, of which bytes in `follow` may come next. */
function waysOf(node: RegexpNode, follow: ByteSet): number {
  switch (node.kind) {
    case "byte":
    case "assertion":
      return 1;
    case "sequence":
      return waysOfSequence(node.items, follow);
    case "choice":
      return waysOfChoice(node.options, follow);
    case "repeat": {
      const first = firstOf(node.node);
      const mayStop = overlaps(first, follow) || isNullable(node.node);
      const inside = waysOf(node.node, node.max > 1 ? union(first, follow) : follow);
      const counts = mayStop ? node.max - node.min + 1 : 1;
      return Math.min(inside ** node.max * counts, Number.MAX_VALUE);
    }
    default:
      return node satisfies never;
  }
}

function waysOfSequence(items: readonly RegexpNode[], follow: ByteSet): number {
  let ways = 1;
  let next = follow;
  for (const item of items.toReversed()) {
    ways *= waysOf(item, next);
    const first = firstOf(item);
    next = isNullable(item) ? union(first, next) : first;
  }
  return ways;
}

function waysOfChoice(options: readonly RegexpNode[], follow: ByteSet): number {
  const ways = options.map((option) => waysOf(option, follow));
  const firsts = options.map((option) =>
    isNullable(option) ? union(firstOf(option), follow) : firstOf(option)
  );
  const areDistinct = firsts.every((first, index) =>
    firsts.slice(index + 1).every((other) => !overlaps(first, other))
  );
  return areDistinct ? Math.max(...ways) : ways.reduce((sum, each) => sum + each, 0);
}

/** The bytes that a match of `node` may begin with. */
function firstOf(node: RegexpNode): ByteSet {
  switch (node.kind) {
    case "byte":
      return node.set;
    case "assertion":
      // What it does not like is tried again in every other way.
      return EVERYTHING;
    case "repeat":
      return node.max === 0 ? NOTHING : firstOf(node.node);
    case "choice":
      return node.options.map(firstOf).reduce(union, NOTHING);
    case "sequence": {
      const end = node.items.findIndex((item) => !isNullable(item));
      return node.items.slice(0, end < 0 ? undefined : end + 1).map(firstOf).reduce(union, NOTHING);
    }
    default:
      return node satisfies never;
  }
}

function isNullable(node: RegexpNode): boolean {
  switch (node.kind) {
    case "byte":
      return false;
    case "assertion":
      return true;
    case "repeat":
      return node.min === 0 || isNullable(node.node);
    case "choice":
      return node.options.some(isNullable);
    case "sequence":
      return node.items.every(isNullable);
    default:
      return node satisfies never;
  }
}

function overlaps(a: ByteSet, b: ByteSet): boolean {
  return a.some((flag, byte) => flag === 1 && b[byte] === 1);
}

function union(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((flag, byte) => flag | b[byte]!);
}
