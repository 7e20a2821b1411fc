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
import { CONTEXT_BYTES, MatchQueue } from "./match_queue.ts";
import type { Direction } from "./rule.ts";
import { type CompiledRule, type RuleSet, type ScanProgram } from "./rule_set.ts";

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
  readonly anchor: number;
  /** Stream offset of the anchor's first byte. */
  readonly position: number;
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
  /** Anchors that a match may still be built on. */
  #candidates: Candidate[] = [];
  readonly #matches = new MatchQueue();
  /** By rule, the end of its last match: matches of one rule don't overlap. */
  readonly #matchedTo = new Map<CompiledRule, number>();

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
    const base = this.#tailStart;
    const from = this.#tail.length;
    const window = new Uint8Array(from + piece.length);
    window.set(this.#tail);
    window.set(piece, from);
    this.#program.prefilter.scan(
      window,
      { floor: 0, from, to: window.length },
      (anchor, position) => {
        this.#candidates.push({ anchor, position: base + position });
      },
    );
    this.#end += piece.length;
    const isOver = stream === "over";
    const searched = this.#settled;
    this.#settled = isOver ? this.#end : Math.max(searched, this.#liveStart());
    if (this.#candidates.length > 0) this.#match(latin1Text(window, 0, window.length), searched);
    const found = this.#matches.take({
      settled: this.#settled,
      end: this.#end,
      isOver,
      text: (start, end) => latin1Text(window, Math.max(0, start - base), end - base),
    });
    this.#cleared = Math.min(this.#settled, this.#matches.start ?? this.#settled);
    this.#tailStart = Math.max(base, this.#cleared - CONTEXT_BYTES);
    this.#tail = window.slice(this.#tailStart - base);
    return found;
  }

  /** The earliest offset at which a match may begin that further bytes could change. */
  #liveStart(): number {
    return Math.max(0, this.#end - this.#program.maxMatchBytes - CONTEXT_BYTES);
  }

  /** Queues the matches that begin from `searched` up to `#settled`. */
  #match(text: string, searched: number): void {
    for (const { anchor, position } of this.#candidates) {
      for (const index of this.#program.rulesOfAnchor[anchor]!) {
        this.#matchRule(this.#program.rules[index]!, position, text, searched);
      }
    }
    this.#candidates = this.#candidates.filter(({ position }) => position >= this.#settled);
  }

  #matchRule(compiled: CompiledRule, anchor: number, text: string, searched: number): void {
    const { rule, search, order } = compiled;
    const base = this.#tailStart;
    const floor = Math.max(searched, anchor - rule.maxLength, this.#matchedTo.get(compiled) ?? 0);
    const sliceStart = Math.max(0, floor - CONTEXT_BYTES - base);
    const slice = text.slice(sliceStart, anchor + rule.maxLength + CONTEXT_BYTES - base);
    const sliceOffset = base + sliceStart;
    search.lastIndex = floor - sliceOffset;
    for (let hit = search.exec(slice); hit !== null; hit = search.exec(slice)) {
      const start = sliceOffset + hit.index;
      if (start > anchor || start >= this.#settled) return;
      const [matched] = hit;
      const end = start + matched.length;
      this.#matchedTo.set(compiled, end);
      const groups = hit.groups ?? {};
      const [secretFrom] = hit.indices?.groups?.secret ?? [hit.index];
      const secret = groups.secret ?? matched;
      const secretStart = secretFrom - hit.index;
      this.#matches.add({ rule, order, start, end, text: matched, secret, secretStart, groups });
    }
  }
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
