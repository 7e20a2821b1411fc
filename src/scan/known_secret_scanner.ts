/**
 * A stream of bytes → where known secrets stand in it, however the stream is cut.
 *
 * Every eight bytes are hashed as they pass. Where the hash is that of some form's beginning, the rest
 * of the form is waited for, and a digest decides. Decodes nothing: the forms are the encoded texts.
 *
 * Invariant: no byte below `cleared` belongs to a known secret that hasn't been reported.
 */
import { NO_BYTES } from "./byte_sink.ts";
import type { Finding } from "./finding.ts";
import {
  type KeyedDigest,
  type KnownSecretSet,
  MIN_VALUE_BYTES,
  type SecretFormPrint,
  windowHash,
} from "./known_secrets.ts";
import { latin1Text } from "./latin1.ts";
import type { Rule } from "./rule.ts";

/** The label of every finding. */
export const KNOWN_SECRET_PATTERN = "known_secret";

/** Bits of the filter: 16 KB, which stay in the first cache. A thousand forms set less than 1 %. */
const FILTER_BITS = 17;
const INDEX_SHIFT = 32 - (FILTER_BITS - 5);
const BIT_SHIFT = 32 - FILTER_BITS;
/** Of a finding's `before` and `after`. */
const CONTEXT_BYTES = 64;
/** Bytes looked at in one go: bounds what is held. */
const PIECE_BYTES = 65_536;

/** A place where the first eight bytes of some forms stand. */
interface Candidate {
  /** Stream offset. */
  readonly start: number;
  readonly form: SecretFormPrint;
}

/** A set made ready for scanning; shared by the scanners of a worker. Immutable. */
export class KnownSecretIndex {
  readonly #set: KnownSecretSet;
  readonly #digest: KeyedDigest;
  readonly #rules: readonly Rule[];
  readonly #byHeadHash: ReadonlyMap<number, readonly SecretFormPrint[]>;
  readonly #filter: Uint32Array;

  /** `digest` is keyed as when the set was compiled. */
  constructor(set: KnownSecretSet, digest: KeyedDigest) {
    this.#set = set;
    this.#digest = digest;
    this.#rules = set.sources.map(knownSecretRule);
    this.#byHeadHash = Map.groupBy(set.forms, ({ headHash }) => headHash);
    this.#filter = new Uint32Array(1 << FILTER_BITS - 5);
    for (const hash of this.#byHeadHash.keys()) {
      this.#filter[hash >>> INDEX_SHIFT]! |= 1 << (hash >>> BIT_SHIFT & 31);
    }
  }

  /** The synthetic rules of findings, one for each secret. */
  get rules(): readonly Rule[] {
    return this.#rules;
  }

  /** Makes the scanner of one stream. */
  scanner(): KnownSecretScanner {
    return new KnownSecretScanner(this);
  }

  /** Scans `bytes`, a message of its own: a URL, a header's value. */
  scan(bytes: Uint8Array): Finding[] {
    return this.scanner().end(bytes);
  }

  /**
   * Puts the places in `bytes` where forms may begin into `found`, of the windows that end at `from` or
   * later; `base` is the stream offset of the first byte.
   */
  findStarts(bytes: Uint8Array, options: FindStartsOptions): void {
    const { from, base, found } = options;
    const filter = this.#filter;
    const lowKey = this.#set.hashKeys[0] | 1;
    const highKey = this.#set.hashKeys[1] | 1;
    const first = Math.max(0, from - MIN_VALUE_BYTES + 1);
    /** The last eight bytes, as two numbers: `windowHash()`, with each byte read once. */
    let high = 0;
    let low = 0;
    for (let at = first; at < bytes.length; at++) {
      high = high << 8 | low >>> 24;
      low = low << 8 | bytes[at]!;
      const hash = Math.imul(high, highKey) + Math.imul(low, lowKey) | 0;
      if ((filter[hash >>> INDEX_SHIFT]! >>> (hash >>> BIT_SHIFT & 31) & 1) === 0) continue;
      const start = at - MIN_VALUE_BYTES + 1;
      if (start < first) continue;
      for (const form of this.#byHeadHash.get(hash) ?? []) {
        found.push({ start: base + start, form });
      }
    }
  }

  /** Whether the form stands at index `at` of `bytes`. */
  confirms(form: SecretFormPrint, bytes: Uint8Array, at: number): boolean {
    const end = at + form.length;
    return windowHash(this.#set.hashKeys, bytes, end - MIN_VALUE_BYTES) === form.tailHash &&
      this.#digest(bytes.subarray(at, end)) === form.digest;
  }

  /**
   * Index behind the last byte of `bytes`, from `from` on, that no form holds: none goes on across it.
   * `from` where there is no such byte.
   */
  lastBreak(bytes: Uint8Array, from: number): number {
    const { alphabet } = this.#set;
    let at = bytes.length;
    while (at > from && alphabet[bytes[at - 1]!] === 1) at--;
    return at;
  }

  /** The rule that a finding of `form` names. */
  ruleOf(form: SecretFormPrint): Rule {
    return this.#rules[form.source]!;
  }
}

/** Where `findStarts()` looks and what it fills. */
export interface FindStartsOptions {
  readonly from: number;
  readonly base: number;
  readonly found: Candidate[];
}

/** Scans one stream. */
export class KnownSecretScanner {
  readonly #index: KnownSecretIndex;
  /** The end of the stream so far, as far back as a form or its context may reach. */
  #held: Uint8Array = NO_BYTES;
  /** Stream offset of the next byte pushed. */
  #end = 0;
  #cleared = 0;
  /** Places whose form is not yet complete, in order. */
  #candidates: Candidate[] = [];

  constructor(index: KnownSecretIndex) {
    this.#index = index;
  }

  /** Offset below which no byte is part of a finding that is yet to come. */
  get cleared(): number {
    return this.#cleared;
  }

  /** Scans the next bytes of the stream, which may be reused afterwards. */
  push(bytes: Uint8Array): Finding[] {
    const found: Finding[] = [];
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.#advance(bytes.subarray(at, at + PIECE_BYTES), found);
    }
    return found;
  }

  /** Says that the stream is over, with its last bytes if there are any left. */
  end(lastBytes?: Uint8Array): Finding[] {
    const found = lastBytes === undefined ? [] : this.push(lastBytes);
    this.#candidates = [];
    this.#held = NO_BYTES;
    this.#cleared = this.#end;
    return found;
  }

  #advance(piece: Uint8Array, found: Finding[]): void {
    const from = this.#held.length;
    const bytes = new Uint8Array(from + piece.length);
    bytes.set(this.#held);
    bytes.set(piece, from);
    this.#end += piece.length;
    const base = this.#end - bytes.length;
    this.#index.findStarts(bytes, { from, base, found: this.#candidates });
    const incomplete: Candidate[] = [];
    for (const candidate of this.#candidates) {
      const at = candidate.start - base;
      if (at + candidate.form.length > bytes.length) {
        incomplete.push(candidate);
      } else if (this.#index.confirms(candidate.form, bytes, at)) {
        found.push(this.#finding(candidate, bytes, base));
      }
    }
    const windowStart = Math.max(0, bytes.length - MIN_VALUE_BYTES + 1);
    const firstStart = (incomplete[0]?.start ?? this.#end) - base;
    const alive = base + this.#index.lastBreak(bytes, Math.min(firstStart, windowStart));
    this.#candidates = incomplete.filter(({ start }) => start >= alive);
    const open = Math.max(alive, base + windowStart);
    this.#cleared = Math.min(open, this.#candidates[0]?.start ?? open);
    this.#held = bytes.slice(Math.max(0, this.#cleared - CONTEXT_BYTES - base));
  }

  #finding({ start, form }: Candidate, bytes: Uint8Array, base: number): Finding {
    const at = start - base;
    const end = at + form.length;
    const text = latin1Text(bytes, at, end);
    const rule = this.#index.ruleOf(form);
    return {
      rule,
      severity: rule.severity,
      start,
      end: start + form.length,
      match: text,
      secret: text,
      secretStart: 0,
      before: latin1Text(bytes, Math.max(0, at - CONTEXT_BYTES), at),
      after: latin1Text(bytes, end, end + CONTEXT_BYTES),
      ...(form.encoding === undefined ? {} : { encoding: form.encoding }),
    };
  }
}

/** The rule of a known secret: no scanner compiles it, threats and policies read it. */
function knownSecretRule({ name, homes }: KnownSecretSet["sources"][number]): Rule {
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "");
  return {
    id: `${KNOWN_SECRET_PATTERN}_${slug}`,
    pattern: KNOWN_SECRET_PATTERN,
    type: "EXFIL",
    severity: "critical",
    directions: ["outbound"],
    anchors: [],
    regexp: /(?!)/,
    maxLength: 0,
    ...(homes === undefined ? {} : { homes }),
    concealed: true,
    description: `The value of ${name}, named in known_secrets.`,
    source: "The setting known_secrets",
    examples: [],
    nonExamples: [],
  };
}
