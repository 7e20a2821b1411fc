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
import type { Candidate } from "./anchor_walks.ts";
import { NO_BYTES } from "./byte_sink.ts";
import type { Finding } from "./finding.ts";
import { latin1Text } from "./latin1.ts";
import { MatchQueue } from "./match_queue.ts";
import type { Direction } from "./rule.ts";
import type { RuleSet } from "./rule_set.ts";
import { BUFFER_START } from "./scan_buffer.ts";
import type { CompiledRule, ScanProgram } from "./scan_program.ts";

/** Config's own default of `maxScanBytes`. */
const DEFAULT_WINDOW_BYTES = 65_536;
/** Room that a tail has for growing, and from where on it is given up when too little is used. */
const MIN_SPARE_BYTES = 64;
const MAX_SPARE_BYTES = 1_024;
/** From so many on, cutting out a text for each costs more than one of everything held. */
const MANY_CANDIDATES = 32;
/** Searches of a rule in vain, in one call, after which all that is held is searched at once. */
const MANY_MISSES = 16;

/** How to scan. */
export interface ScanOptions {
  readonly direction: Direction;
}

/** How to scan a stream. */
export interface ScannerOptions extends ScanOptions {
  /** Bytes of the stream held at a time. @default {65536} */
  readonly windowBytes?: number;
}

/** How far the stream is judged. */
interface Span {
  /** Matches are looked for that begin from `searched`, inclusive, to `settled`, exclusive. */
  readonly searched: number;
  readonly settled: number;
}

/** Scans one stream in one direction. */
export class Scanner {
  readonly #program: ScanProgram;
  readonly #windowBytes: number;
  /** The end of the stream so far, as far back as a match or its context may reach. */
  #tail: Uint8Array = NO_BYTES;
  /** How many bytes of `#tail` are of use: it's made anew only when they don't fit. */
  #tailLength = 0;
  /** Stream offset of the first byte of `#tail`, and of the buffer's index 0 while one is scanned. */
  #tailStart = 0;
  #base = 0;
  /** Stream offset of the next byte pushed. */
  #end = 0;
  #cleared = 0;
  /** Every match that begins below is in `#matches` or was reported. */
  #settled = 0;
  /** Anchors that a match beginning at `#settled` or later may be built on. */
  #candidates: Candidate[] = [];
  /** Made at the first match. */
  #matches: MatchQueue | undefined;
  /** All text that is held, while many matches are looked for in it; undefined: each gets its own part. */
  #sharedText: string | undefined;
  /** By rule, where to look next: no match that is yet to be found begins below. */
  #cursors: Map<CompiledRule, number> | undefined;
  /** By rule, how often it was searched for in vain in this call. */
  #misses: Map<CompiledRule, number> | undefined;

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
    if (bytes.length === 0) return [];
    if (bytes.length <= this.#windowBytes) return this.#advance(bytes, "more");
    const found: Finding[] = [];
    for (let at = 0; at < bytes.length; at += this.#windowBytes) {
      found.push(...this.#advance(bytes.subarray(at, at + this.#windowBytes), "more"));
    }
    return found;
  }

  /**
   * Says that the stream is over, with its last bytes if there are any left; reports what was still
   * undecided. A short message that comes in one piece is looked at once that way.
   */
  end(lastBytes: Uint8Array = NO_BYTES): Finding[] {
    if (lastBytes.length <= this.#windowBytes) return this.#advance(lastBytes, "over");
    return [...this.push(lastBytes), ...this.#advance(NO_BYTES, "over")];
  }

  #advance(piece: Uint8Array, stream: "more" | "over"): Finding[] {
    const { buffer, maxBehind } = this.#program;
    const to = buffer.load(this.#tail, piece, this.#tailLength);
    this.#base = this.#tailStart - BUFFER_START;
    const searched = this.#settled;
    const from = this.#end;
    this.#end += piece.length;
    const isOver = stream === "over";
    this.#walk({ from: from - this.#base, to });
    this.#settled = isOver ? this.#end : this.#settle(to);
    this.#match({ searched, settled: this.#settled });
    const found = this.#take(isOver);
    this.#cleared = Math.min(this.#settled, this.#matches?.start ?? this.#settled);
    if (isOver) return found;
    this.#tailStart = Math.max(this.#tailStart, this.#cleared - maxBehind);
    const tailFrom = this.#tailStart - this.#base;
    this.#tailLength = to - tailFrom;
    const isTooLarge = this.#tail.length > MAX_SPARE_BYTES &&
      this.#tail.length > 2 * this.#tailLength;
    if (this.#tailLength > this.#tail.length || isTooLarge) {
      this.#tail = new Uint8Array(this.#tailLength + MIN_SPARE_BYTES);
    }
    buffer.save(this.#tail, tailFrom, to);
    return found;
  }

  /** Takes the findings that no further byte can change. */
  #take(isOver: boolean): Finding[] {
    if (this.#matches === undefined || this.#matches.isEmpty) return [];
    return this.#matches.take({
      settled: this.#settled,
      end: this.#end,
      isOver,
      text: (start, end) => this.#text(start, end),
    });
  }

  /** Reads on from the anchors that are undecided, and from those that end after `from`. */
  #walk({ from, to }: { readonly from: number; readonly to: number }): void {
    const base = this.#base;
    const { buffer, prefilter, walks } = this.#program;
    const floor = this.#settled - base;
    const { count, anchors, positions } = prefilter.scan(buffer, { floor, from, to });
    const walked = { bytes: buffer.bytes, base, to };
    walks.allow(to - from);
    if (this.#candidates.length > 0) {
      for (const candidate of this.#candidates) if (candidate.isOpen) walks.goOn(candidate, walked);
      this.#candidates = this.#candidates.filter(isOfUse);
    }
    for (let index = 0; index < count; index++) {
      const candidate = walks.begin(anchors[index]!, base + positions[index]!, walked);
      if (candidate !== undefined && isOfUse(candidate)) this.#candidates.push(candidate);
    }
  }

  /** Returns the lowest offset at which a match may begin that further bytes could change. */
  #settle(end: number): number {
    const base = this.#base;
    const program = this.#program;
    const floor = Math.max(this.#settled, this.#end - this.#windowBytes);
    let start = base + program.liveStart({ floor: floor - base, end });
    for (const { anchor, position, isOpen } of this.#candidates) {
      if (isOpen) start = Math.min(start, position - program.anchors[anchor]!.maxBeforeAny);
    }
    return Math.max(start, floor);
  }

  /** Queues the matches of `span`; keeps the anchors of which a later one may be built. */
  #match(span: Span): void {
    const candidates = this.#candidates;
    if (candidates.length === 0) return;
    this.#sharedText = candidates.length < MANY_CANDIDATES ? undefined : this.#text(0, this.#end);
    for (const candidate of candidates) {
      if (
        candidate.position - this.#program.anchors[candidate.anchor]!.maxBeforeAny < span.settled
      ) {
        for (const rule of candidate.rules) this.#matchRule(rule, candidate, span);
      }
    }
    this.#sharedText = undefined;
    this.#misses = undefined;
    this.#candidates = candidates.filter(({ position }) => position >= span.settled);
  }

  /** Queues the matches of a rule that begin at the candidate's anchor or before. */
  #matchRule(index: number, { anchor, position }: Candidate, span: Span): void {
    const compiled = this.#program.rules[index]!;
    const cursor = this.#cursors?.get(compiled) ?? 0;
    const maxBefore = this.#program.anchors[anchor]!.maxBefore.get(index) ?? 0;
    let start = Math.max(span.searched, position - maxBefore, cursor);
    let last = Math.min(position, span.settled - 1);
    if (start > last) return;
    const { rule, behind, ahead, sticky, search } = compiled;
    const isAtAnchor = start === position;
    const misses = isAtAnchor ? 0 : this.#misses?.get(compiled) ?? 0;
    // The search goes on past `last`, in vain: where it is one of many, let it serve for all of them.
    const servesAll = misses >= MANY_MISSES && this.#sharedText !== undefined;
    if (servesAll) last = span.settled - 1;
    const regexp = isAtAnchor ? sticky : search;
    const shared = isAtAnchor || servesAll ? this.#sharedText : undefined;
    const held = this.#base + BUFFER_START;
    const offset = shared === undefined ? Math.max(held, start - behind) : held;
    const text = shared ?? this.#text(offset, position + rule.maxLength + ahead);
    while (start <= last) {
      regexp.lastIndex = start - offset;
      const hit = regexp.exec(text);
      if (hit === null || offset + hit.index > last) {
        if (!isAtAnchor) (this.#misses ??= new Map()).set(compiled, misses + 1);
        break;
      }
      start = offset + regexp.lastIndex;
      this.#queue(compiled, hit, offset);
    }
    this.#cursors ??= new Map();
    this.#cursors.set(compiled, Math.max(start, last + 1));
  }

  /** Returns the stream's text between two offsets, as far as it is held. */
  #text(start: number, end: number): string {
    const from = Math.max(BUFFER_START, start - this.#base);
    return latin1Text(this.#program.buffer.bytes, from, Math.min(end, this.#end) - this.#base);
  }

  #queue({ rule, order }: CompiledRule, hit: RegExpExecArray, offset: number): void {
    const [text] = hit;
    const start = offset + hit.index;
    const groups = hit.groups ?? {};
    const [secretFrom] = hit.indices?.groups?.secret ?? [hit.index];
    this.#matches ??= new MatchQueue();
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

/** Most anchors stand alone. */
function isOfUse({ isOpen, rules }: Candidate): boolean {
  return isOpen || rules.length > 0;
}

/** Scans `bytes`, a message of its own, in one piece. */
export function scanBytes(ruleSet: RuleSet, bytes: Uint8Array, options: ScanOptions): Finding[] {
  return new Scanner(ruleSet, options).end(bytes);
}
