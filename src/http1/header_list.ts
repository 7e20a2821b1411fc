/**
 * Header fields as received: order, case and duplicates kept (RFC 9110 §5.3).
 *
 * Immutable: `with()` and `without()` make new lists. Names are tokens and values hold no CR, LF,
 * NUL or other control character, so a list can always be written out without cutting a head in
 * two. Lists are short (256 fields at most), so look-ups walk them.
 */
import { FIELD_VALUE_REGEXP, TOKEN_REGEXP } from "./grammar.ts";

/** One field line: name in the sender's case, value without surrounding white space, latin1. */
export type HeaderEntry = readonly [name: string, value: string];

/** The header or trailer fields of one message. */
export class HeaderList {
  readonly entries: readonly HeaderEntry[];

  private constructor(entries: readonly HeaderEntry[]) {
    this.entries = entries;
  }

  /**
   * Makes a list of `entries`, in their order.
   *
   * @throws {TypeError} for a name that is no token or a value with a control character or one
   * above U+00FF.
   */
  static from(entries: Iterable<HeaderEntry>): HeaderList {
    const copy = [...entries];
    for (const [name, value] of copy) assertField(name, value);
    return new HeaderList(copy);
  }

  /** Wraps entries that a parser of this room has just checked; the list owns the array. */
  static fromParsed(entries: readonly HeaderEntry[]): HeaderList {
    return new HeaderList(entries);
  }

  /** Finds the first value of `lowerName`; `undefined` means there is none. */
  get(lowerName: string): string | undefined {
    for (const entry of this.entries) {
      if (isNamed(entry[0], lowerName)) return entry[1];
    }
    return undefined;
  }

  /** Collects every value of `lowerName`, in order. */
  getAll(lowerName: string): string[] {
    const values: string[] = [];
    for (const entry of this.entries) {
      if (isNamed(entry[0], lowerName)) values.push(entry[1]);
    }
    return values;
  }

  /** Tells whether there is a field `lowerName`. */
  has(lowerName: string): boolean {
    return this.get(lowerName) !== undefined;
  }

  /** Leaves out every field whose lower-case name is in `lowerNames`. */
  without(lowerNames: ReadonlySet<string>): HeaderList {
    const lengths = nameLengths(lowerNames);
    const kept = this.entries.filter(([name]) =>
      (lengths & (1 << name.length)) === 0 || !lowerNames.has(name.toLowerCase())
    );
    return kept.length === this.entries.length ? this : new HeaderList(kept);
  }

  /**
   * Puts `value` in the place of the first field of that name and drops its duplicates, or adds
   * the field at the end.
   *
   * @throws {TypeError} as `from()` does.
   */
  with(name: string, value: string): HeaderList {
    assertField(name, value);
    const lowerName = name.toLowerCase();
    const changed: HeaderEntry[] = [];
    let placed = false;
    for (const entry of this.entries) {
      if (!isNamed(entry[0], lowerName)) {
        changed.push(entry);
      } else if (!placed) {
        changed.push([name, value]);
        placed = true;
      }
    }
    if (!placed) changed.push([name, value]);
    return new HeaderList(changed);
  }
}

/**
 * Sums up the lengths of `names`, one bit each, so that most other names are ruled out by
 * `lengths & (1 << name.length)` before they are folded and hashed. The shift wraps at 32: a bit
 * may be set for a length that is not there, but is never missing.
 */
export function nameLengths(names: Iterable<string>): number {
  let lengths = 0;
  for (const name of names) lengths |= 1 << name.length;
  return lengths;
}

// The length decides nearly every comparison before a string is folded.
function isNamed(name: string, lowerName: string): boolean {
  return name.length === lowerName.length &&
    (name === lowerName || name.toLowerCase() === lowerName);
}

function assertField(name: string, value: string): void {
  if (!TOKEN_REGEXP.test(name)) {
    throw new TypeError("Cannot make a header field: the name is not a token");
  }
  if (!FIELD_VALUE_REGEXP.test(value)) {
    throw new TypeError(
      `Cannot make header field "${name}": the value holds a control character or one above U+00FF`,
    );
  }
}
