/**
 * A stream of bytes → findings, with absolute offsets, however the stream is cut.
 *
 * The findings of a stream are those of its bytes in one piece: a match is reported, exactly once,
 * as soon as no further byte can change it. Only the bytes that a match may still need are kept.
 * Decodes nothing: content codings, encoded views and streamed answers are other files' work.
 * Never throws because of the bytes scanned. Specification: design.md sections 5 and 7.
 *
 * Invariant: no byte below `cleared` belongs to a match that hasn't been reported.
 */
import type { Finding } from "./finding.ts";
import { latin1Text, writeLatin1 } from "./latin1.ts";
import { MatchQueue } from "./match_queue.ts";
import type { Direction } from "./rule.ts";
import type { RuleSet } from "./rule_set.ts";
import type { CompiledAnchor, CompiledRule, ScanProgram } from "./scan_program.ts";

/** Config's own default of `maxScanBytes`. */
const DEFAULT_WINDOW_BYTES = 65_536;
const NOTHING = new Uint8Array(0);

/** How to scan. */
export interface ScanOptions {
  readonly direction: Direction;
}

/** How to scan a stream. */
export interface ScannerOptions extends ScanOptions {
  /** Bytes of the stream held at a time. @default {65536} */
  readonly windowBytes?: number;
}

interface Candidate {
  readonly anchor: CompiledAnchor;
  /** Stream offset of the anchor's first byte. */
  readonly position: number;
}

/** The bytes at hand and how far they are judged. */
interface Window {
  readonly bytes: Uint8Array;
  /** Stream offset of the first byte. */
  readonly base: number;
  /** Matches are looked for that begin from `searched`, inclusive, to `settled`, exclusive. */
  readonly searched: number;
  readonly settled: number;
  readonly text: (start: number, end: number) => string;
}

/** Scans one stream in one direction. */
export class Scanner {
  readonly #program: ScanProgram;
  readonly #windowBytes: number;
  /** The end of the stream so far, as far back as a match or its context may reach. */
  #tail: Uint8Array = NOTHING;
  /** Stream offset of the first byte of `#tail`. */
  #tailStart = 0;
  /** Stream offset of the next byte pushed. */
  #end = 0;
  #cleared = 0;
  /** Every match that begins below is in `#matches` or was reported. */
  #settled = 0;
  /** Anchors that a match beginning at `#settled` or later may be built on. */
  #candidates: Candidate[] = [];
  readonly #matches = new MatchQueue();
  /** By rule, where to look next: no match that is yet to be found begins below. */
  readonly #cursors = new Map<CompiledRule, number>();

  constructor(ruleSet: RuleSet, { direction, windowBytes = DEFAULT_WINDOW_BYTES }: ScannerOptions) {
    this.#program = ruleSet.programs[direction];
    this.#windowBytes = windowBytes;
  }

  /** The offset below which no byte can be part of a match that is yet to be reported. */
  get cleared(): number {
    return this.#cleared;
  }

  /** Scans the next bytes of the stream, which may be reused afterwards; in stream order. */
  push(bytes: Uint8Array): Finding[] {
    const found: Finding[] = [];
    for (let at = 0; at < bytes.length; at += this.#windowBytes) {
      found.push(...this.#advance(bytes.subarray(at, at + this.#windowBytes), "more"));
    }
    return found;
  }

  /** Says that the stream is over; reports what was still undecided. */
  end(): Finding[] {
    return this.#advance(NOTHING, "over");
  }

  #advance(piece: Uint8Array, stream: "more" | "over"): Finding[] {
    const bytes = this.#tail.length === 0 ? piece : joined(this.#tail, piece);
    const base = this.#tailStart;
    this.#collectCandidates(bytes, bytes.length - piece.length);
    this.#end += piece.length;
    const isOver = stream === "over";
    const searched = this.#settled;
    this.#settled = isOver ? this.#end : this.#settle(bytes);
    const text = (start: number, end: number) =>
      latin1Text(bytes, Math.max(0, start - base), end - base);
    this.#match({ bytes, base, searched, settled: this.#settled, text });
    const found = this.#matches.take({ settled: this.#settled, end: this.#end, isOver, text });
    this.#cleared = Math.min(this.#settled, this.#matches.start ?? this.#settled);
    this.#tailStart = Math.max(base, this.#cleared - this.#program.maxBehind);
    this.#tail = bytes.slice(this.#tailStart - base);
    return found;
  }

  #collectCandidates(bytes: Uint8Array, from: number): void {
    const { prefilter, anchors } = this.#program;
    const floor = this.#settled - this.#tailStart;
    prefilter.scan(bytes, { floor, from, to: bytes.length }, (anchor, position) => {
      this.#candidates.push({ anchor: anchors[anchor]!, position: this.#tailStart + position });
    });
  }

  /** Returns the lowest offset at which a match may begin that further bytes could change. */
  #settle(bytes: Uint8Array): number {
    const base = this.#tailStart;
    const floor = Math.max(this.#settled, this.#end - this.#windowBytes) - base;
    return base + this.#program.liveStart(bytes, { floor, end: bytes.length });
  }

  #match(window: Window): void {
    if (this.#candidates.length === 0) return;
    const { base, bytes, settled } = window;
    const waiting: Candidate[] = [];
    const rules = new Set<number>();
    for (const candidate of this.#candidates) {
      const { anchor, position } = candidate;
      if (position >= settled) waiting.push(candidate);
      if (position - anchor.maxBeforeAny >= settled) continue;
      const at = position + anchor.length - base;
      this.#program.rulesFrom(anchor, { bytes, at, to: bytes.length }, rules);
      for (const index of rules) this.#matchRule(index, candidate, window);
      rules.clear();
    }
    this.#candidates = waiting;
  }

  /** Queues the matches of a rule that begin at the candidate's anchor or before. */
  #matchRule(index: number, { anchor, position }: Candidate, window: Window): void {
    const compiled = this.#program.rules[index]!;
    const cursor = this.#cursors.get(compiled) ?? 0;
    const maxBefore = anchor.maxBefore.get(index) ?? 0;
    let start = Math.max(window.searched, position - maxBefore, cursor);
    const last = Math.min(position, window.settled - 1);
    if (start > last) return;
    const { rule, behind, ahead, sticky, search } = compiled;
    const regexp = start === position ? sticky : search;
    const offset = Math.max(window.base, start - behind);
    const text = window.text(offset, position + rule.maxLength + ahead);
    while (start <= last) {
      regexp.lastIndex = start - offset;
      const hit = regexp.exec(text);
      if (hit === null || offset + hit.index > last) break;
      start = offset + regexp.lastIndex;
      this.#queue(compiled, hit, offset);
    }
    this.#cursors.set(compiled, Math.max(start, last + 1));
  }

  #queue({ rule, order }: CompiledRule, hit: RegExpExecArray, offset: number): void {
    const [text] = hit;
    const start = offset + hit.index;
    const groups = hit.groups ?? {};
    const [secretFrom] = hit.indices?.groups?.secret ?? [hit.index];
    this.#matches.add({
      rule,
      order,
      start,
      end: start + text.length,
      text,
      secret: groups.secret ?? text,
      secretStart: secretFrom - hit.index,
      groups,
    });
  }
}

function joined(head: Uint8Array, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + rest.length);
  bytes.set(head);
  bytes.set(rest, head.length);
  return bytes;
}

/** Scans `bytes`, a message of its own, in one piece. */
export function scanBytes(ruleSet: RuleSet, bytes: Uint8Array, options: ScanOptions): Finding[] {
  const scanner = new Scanner(ruleSet, options);
  return [...scanner.push(bytes), ...scanner.end()];
}

/** Scans `text`, one character a byte, as a message of its own: a header, a URL. */
export function scanText(ruleSet: RuleSet, text: string, options: ScanOptions): Finding[] {
  const bytes = new Uint8Array(text.length);
  writeLatin1(text, bytes, 0);
  return scanBytes(ruleSet, bytes, options);
}
