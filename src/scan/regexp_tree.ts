/**
 * The source of a rule's regexp → a tree of byte sets, for what the engine must know of a rule
 * besides its matches: how long they get, where anchors stand in them, how they begin.
 *
 * Reads ECMAScript patterns without the `u` and `v` flags over latin1 text (ECMA-262 §22.2.1 and
 * annex B.1.2). Assertions are kept only as how many bytes they look at; a back-reference becomes a
 * copy of its group. Not supported: octal escapes other than `\0`, references to a later group.
 *
 * Invariant: the tree matches everything that the regexp matches; with an assertion or a
 * back-reference in it, it may match more.
 */

/** For each byte 1 where it is a member, else 0. */
export type ByteSet = Uint8Array;

/** A part of a regexp. */
export type RegexpNode =
  | { readonly kind: "byte"; readonly set: ByteSet }
  | { readonly kind: "sequence"; readonly items: readonly RegexpNode[] }
  | { readonly kind: "choice"; readonly options: readonly RegexpNode[] }
  | {
    readonly kind: "repeat";
    readonly node: RegexpNode;
    readonly min: number;
    /** `Infinity` for `*`, `+` and `{n,}`. */
    readonly max: number;
  }
  /** The bytes it may look at before and after its place; matches the empty text. */
  | { readonly kind: "assertion"; readonly behind: number; readonly ahead: number };

/** What can be said of the lengths of a node's matches, bytes. */
export interface Extent {
  readonly min: number;
  /** `Infinity`: without bound. */
  readonly max: number;
  /** Most bytes before the match's start, and after its end, that decide on the match. */
  readonly behind: number;
  readonly ahead: number;
}

/**
 * Parses a regexp.
 *
 * @throws {SyntaxError} A construct that is not supported.
 */
export function regexpTree({ source, flags }: RegExp): RegexpNode {
  return new TreeReader(source).read({
    ignoreCase: flags.includes("i"),
    dotAll: flags.includes("s"),
  });
}

/** Measures a node. */
export function extentOf(node: RegexpNode): Extent {
  switch (node.kind) {
    case "byte":
      return { min: 1, max: 1, behind: 0, ahead: 0 };
    case "assertion":
      return { min: 0, max: 0, behind: node.behind, ahead: node.ahead };
    case "repeat": {
      const { min, max, behind, ahead } = extentOf(node.node);
      return {
        min: min * node.min,
        max: max === 0 || node.max === 0 ? 0 : max * node.max,
        behind,
        ahead,
      };
    }
    case "choice": {
      const extents = node.options.map(extentOf);
      return {
        min: Math.min(...extents.map(({ min }) => min)),
        max: Math.max(...extents.map(({ max }) => max)),
        behind: Math.max(...extents.map(({ behind }) => behind)),
        ahead: Math.max(...extents.map(({ ahead }) => ahead)),
      };
    }
    case "sequence":
      return node.items.map(extentOf).reduce((left, right) => ({
        min: left.min + right.min,
        max: left.max + right.max,
        // What the items in between surely consume is no longer outside of the match.
        behind: Math.max(left.behind, right.behind - left.min),
        ahead: Math.max(right.ahead, left.ahead - right.min),
      }), { min: 0, max: 0, behind: 0, ahead: 0 });
    default:
      return node satisfies never;
  }
}

/** A character code, or the set of a class escape. */
type Member = number | ByteSet;

interface Modes {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
}

const LINE_ENDS = setOf((byte) => byte === 0x0a || byte === 0x0d);
const DIGITS = setOf((byte) => byte >= 0x30 && byte <= 0x39);
const WORDS = setOf((byte) => /\w/.test(String.fromCharCode(byte)));
const SPACES = setOf((byte) => /\s/.test(String.fromCharCode(byte)));
const ALL = setOf(() => true);

const CLASS_ESCAPES: Readonly<Record<string, ByteSet>> = {
  d: DIGITS,
  D: inverse(DIGITS),
  w: WORDS,
  W: inverse(WORDS),
  s: SPACES,
  S: inverse(SPACES),
};
const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };
const QUANTIFIER_STARTS: ReadonlySet<string> = new Set("*+?{");
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4 };

class TreeReader {
  readonly #source: string;
  #at = 0;
  #groupCount = 0;
  /** The groups closed so far, by number and by name. */
  readonly #groups = new Map<string, RegexpNode>();

  constructor(source: string) {
    this.#source = source;
  }

  read(modes: Modes): RegexpNode {
    const node = this.#readChoice(modes);
    if (this.#at < this.#source.length) throw this.#error("an unmatched )");
    return node;
  }

  #readChoice(modes: Modes): RegexpNode {
    const options = [this.#readSequence(modes)];
    while (this.#skip("|")) options.push(this.#readSequence(modes));
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  }

  #readSequence(modes: Modes): RegexpNode {
    const items: RegexpNode[] = [];
    while (this.#at < this.#source.length && !this.#sees("|") && !this.#sees(")")) {
      items.push(this.#readQuantified(modes));
    }
    return items.length === 1 ? items[0]! : { kind: "sequence", items };
  }

  #readQuantified(modes: Modes): RegexpNode {
    const node = this.#readAtom(modes);
    if (!QUANTIFIER_STARTS.has(this.#source[this.#at] ?? "")) return node;
    const quantifier = this.#take(/(?:([*+?])|\{(\d+)(,(\d*))?\})\??/y);
    if (quantifier === undefined) return node;
    const [, sign, from, range, to] = quantifier;
    if (sign !== undefined) {
      return { kind: "repeat", node, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Infinity };
    }
    const min = Number(from);
    if (range === undefined) return { kind: "repeat", node, min, max: min };
    return { kind: "repeat", node, min, max: to === "" ? Infinity : Number(to) };
  }

  #readAtom(modes: Modes): RegexpNode {
    if (this.#skip("(")) return this.#readGroup(modes);
    if (this.#skip("[")) return this.#readClass(modes);
    if (this.#skip(".")) return { kind: "byte", set: modes.dotAll ? ALL : inverse(LINE_ENDS) };
    if (this.#skip("^")) return { kind: "assertion", behind: 1, ahead: 0 };
    if (this.#skip("$")) return { kind: "assertion", behind: 0, ahead: 1 };
    if (!this.#sees("\\")) return { kind: "byte", set: setOfMember(this.#readCode(), modes) };
    if (this.#take(/\\[bB]/y) !== undefined) return { kind: "assertion", behind: 1, ahead: 1 };
    const reference = this.#take(/\\(?:([1-9]\d?)|k<(\w+)>)/y);
    if (reference !== undefined) return this.#readReference(reference[1] ?? reference[2]!);
    this.#skip("\\");
    return { kind: "byte", set: setOfMember(this.#readEscape(), modes) };
  }

  /** A group that took no part in the match is referred to as the empty text. */
  #readReference(group: string): RegexpNode {
    const node = this.#groups.get(group);
    if (node === undefined) {
      throw this.#error(`a reference to "${group}", which is no earlier group`);
    }
    return { kind: "repeat", node, min: 0, max: 1 };
  }

  #readGroup(modes: Modes): RegexpNode {
    const opening = this.#take(/\?(?:(<?[=!])|<(\w+)>|([ims]*)(?:-([ims]+))?:)/y);
    if (opening === undefined && this.#sees("?")) throw this.#error("an unknown group");
    const [, look, name, added = "", removed = ""] = opening ?? [];
    const isCaptured = opening === undefined || name !== undefined;
    const number = isCaptured ? ++this.#groupCount : 0;
    const node = this.#readChoice({
      ignoreCase: (modes.ignoreCase || added.includes("i")) && !removed.includes("i"),
      dotAll: (modes.dotAll || added.includes("s")) && !removed.includes("s"),
    });
    if (!this.#skip(")")) throw this.#error("an open group");
    if (isCaptured) this.#groups.set(String(number), node).set(name ?? String(number), node);
    if (look === undefined) return node;
    const { max, behind, ahead } = extentOf(node);
    return look.startsWith("<")
      ? { kind: "assertion", behind: max + behind, ahead }
      : { kind: "assertion", behind, ahead: max + ahead };
  }

  #readClass(modes: Modes): RegexpNode {
    const from = this.#at;
    const end = this.#take(/(?:[^\]\\]|\\[^])*\]/y);
    if (end === undefined) throw this.#error("an open class");
    const key = `${modes.ignoreCase ? "i" : ""}[${end[0]}`;
    const known = KNOWN_SETS.get(key);
    if (known !== undefined) return { kind: "byte", set: known };
    this.#at = from;
    const set = this.#readMembers(modes);
    KNOWN_SETS.set(key, set);
    return { kind: "byte", set };
  }

  #readMembers(modes: Modes): ByteSet {
    const isNegated = this.#skip("^");
    const members = new Uint8Array(256);
    while (!this.#skip("]")) {
      const from = this.#readMember();
      const isRange = this.#sees("-") && this.#source[this.#at + 1] !== "]";
      if (isRange) this.#readRange(members, from);
      else add(members, from);
    }
    const set = modes.ignoreCase ? withBothCases(members) : members;
    return shared(isNegated ? inverse(set) : set);
  }

  #readRange(members: Uint8Array, from: Member): void {
    this.#skip("-");
    const to = this.#readMember();
    if (typeof from === "number" && typeof to === "number") {
      members.fill(1, Math.min(from, 256), Math.min(to, 255) + 1);
      return;
    }
    // Annex B: a class escape is no end of a range, and the hyphen stands for itself.
    for (const member of [from, to, 0x2d]) add(members, member);
  }

  #readMember(): Member {
    if (!this.#skip("\\")) return this.#readCode();
    return this.#skip("b") ? 8 : this.#readEscape();
  }

  /** Reads what follows a backslash. */
  #readEscape(): Member {
    const letter = this.#source[this.#at++] ?? "";
    const known = CLASS_ESCAPES[letter];
    if (known !== undefined) return known;
    const control = CONTROL_ESCAPES[letter];
    if (control !== undefined) return control;
    const digits = HEX_DIGITS[letter];
    if (digits !== undefined) {
      const code = this.#take(digits === 2 ? /[\da-fA-F]{2}/y : /[\da-fA-F]{4}/y);
      if (code !== undefined) return parseInt(code[0], 16);
    }
    if (letter === "c") {
      const code = this.#take(/[A-Za-z]/y);
      if (code !== undefined) return code[0].charCodeAt(0) & 31;
      throw this.#error("a stray \\c");
    }
    if (letter === "0" && this.#take(/(?=\d)/y) === undefined) return 0;
    if (/[0-9]/.test(letter)) throw this.#error("an octal escape");
    return letter.charCodeAt(0);
  }

  #readCode(): number {
    return this.#source.charCodeAt(this.#at++);
  }

  #sees(character: string): boolean {
    return this.#source[this.#at] === character;
  }

  #skip(character: string): boolean {
    if (!this.#sees(character)) return false;
    this.#at++;
    return true;
  }

  /** Takes what `sticky` matches here; undefined: it doesn't. */
  #take(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#source) ?? undefined;
    if (match !== undefined) this.#at = sticky.lastIndex;
    return match;
  }

  #error(found: string): SyntaxError {
    return new SyntaxError(`Cannot analyse the regexp "${this.#source}": ${found} at ${this.#at}`);
  }
}

function setOf(isMember: (byte: number) => boolean): ByteSet {
  const set = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) if (isMember(byte)) set[byte] = 1;
  return set;
}

/** By source and case, what was read before: the few hundred classes and characters of all rules. */
const KNOWN_SETS = new Map<string, ByteSet>();
/** The same for single members, without regard to case and with it. */
const CASELESS_SETS = new Map<Member, ByteSet>();
const CASED_SETS = new Map<Member, ByteSet>();

function setOfMember(member: Member, { ignoreCase }: Modes): ByteSet {
  const knownSets = ignoreCase ? CASELESS_SETS : CASED_SETS;
  const known = knownSets.get(member);
  if (known !== undefined) return known;
  const members = new Uint8Array(256);
  add(members, member);
  const set = shared(ignoreCase ? withBothCases(members) : members);
  knownSets.set(member, set);
  return set;
}

/** Some hundred sets occur in all rules together, each thousands of times. */
const SHARED_SETS = new Map<string, ByteSet>();

/** Returns the one set that equal sets share: what is worked out for one need not be for the next. */
function shared(set: ByteSet): ByteSet {
  const units = new Uint16Array(16);
  for (let byte = 0; byte < 256; byte++) units[byte >> 4]! |= set[byte]! << (byte & 15);
  const key = String.fromCharCode(...units);
  const known = SHARED_SETS.get(key);
  if (known === undefined) SHARED_SETS.set(key, set);
  return known ?? set;
}

function inverse(set: ByteSet): ByteSet {
  return set.map((flag) => 1 - flag);
}

/** Adds a member to a set; a code above 255 stands in no latin1 text. */
function add(set: Uint8Array, member: Member): void {
  if (typeof member !== "number") member.forEach((flag, byte) => set[byte]! |= flag);
  else if (member < 256) set[member] = 1;
}

/** Adds the bytes that `i` makes equal to a member: ECMA-262 §22.2.2.7.3, Canonicalize. */
function withBothCases(set: ByteSet): ByteSet {
  const canonical = new Uint8Array(256);
  set.forEach((flag, byte) => canonical[CANONICAL[byte]!]! |= flag);
  return setOf((byte) => canonical[CANONICAL[byte]!] === 1);
}

const CANONICAL = Uint8Array.from({ length: 256 }, (_, byte) => canonicalCode(byte));

function canonicalCode(byte: number): number {
  const upper = String.fromCharCode(byte).toUpperCase();
  const code = upper.charCodeAt(0);
  // Where upper case is no latin1 (\xb5, \xff), no other byte has the same.
  return upper.length > 1 || code > 255 || (byte >= 128 && code < 128) ? byte : code;
}
