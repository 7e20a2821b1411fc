/**
 * Reads the small regular expressions rules are made of: source text → length bounds and a sample.
 *
 * Understood: literals, escapes, classes, `(?:…)`, `(?i:…)`, named groups, alternation, `?`, `{n}`
 * and `{n,m}` (each also lazy), and assertions, which are taken as always true. Not understood, on
 * purpose: `*`, `+`, `{n,}` and back-references, so whatever parses has a longest match and cannot
 * backtrack without bound.
 *
 * Invariant: every match of the source has a length in `minLength..maxLength`.
 */

/** Printable ASCII without the space: what a negated class or `.` is sampled from. */
const PRINTABLE = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index))
  .join("");

const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  d: "0123456789",
  s: " ",
  w: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_",
  t: "\t",
  n: "\n",
  r: "\r",
};

/** What a bounded regular expression can match. */
export interface TokenPattern {
  /** In bytes. */
  readonly minLength: number;
  /** In bytes. */
  readonly maxLength: number;
  /** What every match begins with, up to the first choice; may be empty. */
  readonly literalPrefix: string;
  /** Makes a text the expression matches; the same seed gives the same text. */
  readonly sample: (seed: string) => string;
}

/**
 * Makes a sample that `accepts` takes too: a random token can lack what a rule asks for besides
 * its form, so that several seeds are tried. The last one is returned in any case.
 */
export function acceptedSample(
  pattern: TokenPattern,
  seed: string,
  accepts: (sample: string) => boolean,
): string {
  let sample = "";
  for (let attempt = 0; attempt < 100; attempt++) {
    sample = pattern.sample(`${seed} ${attempt}`);
    if (accepts(sample)) return sample;
  }
  return sample;
}

type Node =
  | { readonly kind: "characters"; readonly characters: string }
  | { readonly kind: "options"; readonly options: readonly (readonly Item[])[] }
  | { readonly kind: "assertion" };

interface Item {
  readonly node: Node;
  readonly min: number;
  readonly max: number;
}

/**
 * Parses a bounded regular expression.
 *
 * @throws {SyntaxError} for an unbounded quantifier, a back-reference or an open group.
 */
export function tokenPattern(source: string): TokenPattern {
  const reader = new PatternReader(source);
  const node = reader.readOptions();
  if (!reader.done) throw reader.error("an unmatched )");
  return {
    minLength: lengthOf(node, "min"),
    maxLength: lengthOf(node, "max"),
    literalPrefix: literalPrefixOf(node),
    sample: (seed) => sampleOf(node, randomNumbers(seed)),
  };
}

class PatternReader {
  #at = 0;
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  get done(): boolean {
    return this.#at >= this.#source.length;
  }

  error(found: string): SyntaxError {
    return new SyntaxError(
      `Cannot read the token pattern "${this.#source}": ${found} at ${this.#at}`,
    );
  }

  readOptions(): Node {
    const options: Item[][] = [[]];
    while (!this.done && this.#source[this.#at] !== ")") {
      if (this.#skip("|")) options.push([]);
      else options.at(-1)?.push(this.#readItem());
    }
    return { kind: "options", options };
  }

  #readItem(): Item {
    const node = this.#readNode();
    const quantifier = /^(?:(\?)|\{(\d+)(?:,(\d+))?\})\??/.exec(this.#source.slice(this.#at));
    if (quantifier === null) return { node, min: 1, max: 1 };
    this.#at += quantifier[0].length;
    if (quantifier[1] !== undefined) return { node, min: 0, max: 1 };
    const min = Number(quantifier[2]);
    return { node, min, max: Number(quantifier[3] ?? min) };
  }

  #readNode(): Node {
    const character = this.#source[this.#at] ?? "";
    if (character === "(") return this.#readGroup();
    if (character === "[") return this.#readClass();
    if ("*+{".includes(character)) throw this.error(`an unbounded or stray "${character}"`);
    this.#at++;
    if (character === ".") return { kind: "characters", characters: PRINTABLE };
    if (character === "^" || character === "$") return { kind: "assertion" };
    if (character !== "\\") return { kind: "characters", characters: character };
    const escaped = this.#source[this.#at] ?? "";
    if (escaped === "b" || escaped === "B") {
      this.#at++;
      return { kind: "assertion" };
    }
    if (/[1-9k]/.test(escaped)) throw this.error("a back-reference");
    return { kind: "characters", characters: this.#readEscape() };
  }

  #readGroup(): Node {
    const opening = /^\((?:\?(?:i:|:|<?[=!]|<\w+>))?/.exec(this.#source.slice(this.#at));
    if (opening === null) throw this.error("an unknown group");
    this.#at += opening[0].length;
    const node = this.readOptions();
    if (!this.#skip(")")) throw this.error("an open group");
    return /[=!]$/.test(opening[0]) ? { kind: "assertion" } : node;
  }

  #readClass(): Node {
    this.#at++;
    const negated = this.#skip("^");
    let members = "";
    while (!this.#skip("]")) {
      if (this.done) throw this.error("an open class");
      members += this.#readRange();
    }
    const characters = negated
      ? [...PRINTABLE].filter((character) => !members.includes(character)).join("")
      : members;
    return { kind: "characters", characters };
  }

  #readRange(): string {
    const first = this.#readMember();
    const next = this.#source[this.#at + 1];
    if (this.#source[this.#at] !== "-" || next === "]" || next === undefined) return first;
    this.#at++;
    const last = this.#readMember();
    let range = "";
    for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) {
      range += String.fromCharCode(code);
    }
    return range;
  }

  #readMember(): string {
    return this.#skip("\\") ? this.#readEscape() : this.#source[this.#at++] ?? "";
  }

  /** Reads what follows a backslash. */
  #readEscape(): string {
    const escaped = this.#source[this.#at++] ?? "";
    const hexadecimal = escaped === "x" ? this.#source.slice(this.#at, this.#at + 2) : "";
    if (hexadecimal === "") return CLASS_ESCAPES[escaped] ?? escaped;
    this.#at += 2;
    return String.fromCharCode(parseInt(hexadecimal, 16));
  }

  #skip(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

function lengthOf(node: Node, bound: "min" | "max"): number {
  if (node.kind === "assertion") return 0;
  if (node.kind === "characters") return 1;
  const lengths = node.options.map((items) =>
    items.reduce((sum, item) => sum + item[bound] * lengthOf(item.node, bound), 0)
  );
  return bound === "min" ? Math.min(...lengths) : Math.max(...lengths);
}

function literalPrefixOf(node: Node): string {
  if (node.kind !== "options" || node.options.length !== 1) return "";
  let prefix = "";
  for (const { node: inner, min, max } of node.options[0] ?? []) {
    const isLiteral = inner.kind === "characters" && inner.characters.length === 1 && min === max;
    if (!isLiteral) break;
    prefix += inner.characters.repeat(min);
  }
  return prefix;
}

function sampleOf(node: Node, random: () => number): string {
  if (node.kind === "assertion") return "";
  if (node.kind === "characters") {
    return node.characters[Math.floor(random() * node.characters.length)] ?? "";
  }
  const items = node.options[Math.floor(random() * node.options.length)] ?? [];
  let text = "";
  for (const item of items) {
    for (let count = 0; count < item.min; count++) text += sampleOf(item.node, random);
  }
  return text;
}

/** Numbers in 0..1 from FNV-1a of the seed and xorshift: samples need variety, not secrecy. */
function randomNumbers(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < seed.length; at++) {
    state = Math.imul(state ^ seed.charCodeAt(at), 0x01000193);
  }
  state ||= 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
