/**
 * Text in which escapes stand (`\n`, `%2F`, `&amp;`, `=3D`) → the same text without them.
 *
 * Decodes only where escapes are: from a little before the first to a little after the last.
 * Spans without any are handed on, so that a further kind of decoding sees each byte once.
 * Says nothing of whether the text is JSON, a URL or HTML: an escape is known by its own form.
 */
import { isEncodingByte } from "./encoding_alphabets.ts";
import { ByteSink } from "./byte_sink.ts";
import type { DecodedView } from "./decoded_view.ts";
import { indexOfByte } from "./index_of_byte.ts";

/** Bytes decoded before the first escape and after the last: longer than most secrets. */
export const REGION_BYTES = 1024;

/** The bytes at hand: the end of what was seen, and what is new. */
export interface ScanWindow {
  readonly bytes: Uint8Array;
  /** The same bytes, one character each. */
  readonly text: string;
  /** Offset in the message of the first of them. */
  readonly base: number;
}

/** A stretch of the window; `closed`: what follows `to` does not belong to it. */
export interface WindowSpan {
  readonly from: number;
  readonly to: number;
  readonly edge: "open" | "closed";
}

/** No escape stands here. */
export const NOT_AN_ESCAPE = 0;
/** The bytes end within what may be an escape. */
export const ESCAPE_CUT_SHORT = -1;

/** One way to write a character by other characters. */
export interface EscapeKind {
  /** As it stands in a finding's `encoding`. */
  readonly name: string;
  /** The byte that every escape begins with. */
  readonly lead: number;
  /**
   * Decodes the escape at `at` into `sink`, reading no byte at `to` or later.
   *
   * @returns Bytes read, or {@link NOT_AN_ESCAPE}, or {@link ESCAPE_CUT_SHORT}.
   */
  decode(bytes: Uint8Array, at: number, to: number, sink: ByteSink): number;
  /** A byte that stands for another wherever such escapes stand. */
  readonly substitute?: { readonly byte: number; readonly by: number };
}

/** Where escapes are looked for. */
export interface EscapeViewOptions {
  /**
   * `around_escapes`: text without any is left alone. `everything`: the whole message is decoded,
   * for text that is known to be encoded so.
   * @default {"around_escapes"}
   */
  readonly region?: "around_escapes" | "everything";
}

/** Where an escape is decoded to find out whether it is one. */
const TRIAL = new ByteSink();

/** Receives spans without escapes, ascending; each begins where the last ended or further on. */
export type SpanSink = (span: WindowSpan) => void;

/** Decodes one kind of escape in one message. */
export class EscapeView {
  readonly #kind: EscapeKind;
  readonly #view: DecodedView;
  /** Offset in the message from which bytes are yet to be looked at. */
  #next = 0;
  /** End of the last span looked at. */
  #seenTo = 0;
  /** No region may begin before: the end of the last one. */
  #floor = 0;
  /** Where the region ends unless another escape comes; undefined: no region is under way. */
  #horizon: number | undefined;
  /**
   * Where what may become an escape stands that the region was begun for: a match that has begun before
   * it is held so. Undefined: the region has an escape.
   */
  #trialAt: number | undefined;

  constructor(
    kind: EscapeKind,
    view: DecodedView,
    { region = "around_escapes" }: EscapeViewOptions = {},
  ) {
    this.#kind = kind;
    this.#view = view;
    if (region === "everything") {
      view.beginPiece(0);
      this.#horizon = Infinity;
    }
  }

  /** Offset of bytes that wait for more to come, and must stand in the next window; or infinity. */
  get heldFrom(): number {
    return this.#next < this.#seenTo ? this.#next : Infinity;
  }

  /** Begins at `offset`: the bytes before it hold no escape, and those from `floor` on belong with it. */
  beginAt(offset: number, floor: number): void {
    this.#next = offset;
    this.#seenTo = offset;
    this.#floor = floor;
  }

  /** Looks at a span; hands on the parts without escapes. */
  scan(window: ScanWindow, { from, to, edge }: WindowSpan, idle: SpanSink): void {
    if (window.base + from > this.#seenTo) this.#jump(window.base + from);
    this.#seenTo = window.base + to;
    while (this.#next - window.base < to || edge === "closed") {
      const at = this.#next - window.base;
      const wentOn = this.#horizon === undefined
        ? this.#seek(window, { from: at, to, edge }, idle)
        : this.#trialAt === this.#next
        ? this.#judge(window, { from: at, to, edge }, idle)
        : this.#decode(window, { from: at, to, edge }, this.#horizon);
      if (wentOn === "stopped") return;
    }
  }

  /** Starts afresh after bytes that were not shown. */
  #jump(offset: number): void {
    this.#next = offset;
    this.#floor = offset;
  }

  /** Outside a region: looks for the next escape and begins a region before it. */
  #seek(window: ScanWindow, { from, to, edge }: WindowSpan, idle: SpanSink): "on" | "stopped" {
    const { found, read } = this.#find(window, from, to);
    const mayBecomeEscape = read === ESCAPE_CUT_SHORT && edge === "open";
    if (read <= 0 && !mayBecomeEscape) {
      this.#next = window.base + to;
      idle({ from, to, edge });
      return "stopped";
    }
    idle({ from, to: found, edge: mayBecomeEscape ? "open" : "closed" });
    if (mayBecomeEscape) this.#trialAt = window.base + found;
    const start = Math.max(found - REGION_BYTES, this.#floor - window.base, 0);
    if (mayBecomeEscape) this.#view.beginTrial(window.base + start);
    else this.#view.beginPiece(window.base + start);
    this.#next = window.base + start;
    this.#horizon = window.base + found + REGION_BYTES;
    return "on";
  }

  /** The first escape from `from` on, whole or cut short. */
  #find(window: ScanWindow, from: number, to: number): { found: number; read: number } {
    for (let at = from;;) {
      const found = indexOfByte(window, this.#kind.lead, at, to);
      if (found < 0) return { found: to, read: NOT_AN_ESCAPE };
      TRIAL.clear();
      const read = this.#kind.decode(window.bytes, found, to, TRIAL);
      if (read !== NOT_AN_ESCAPE) return { found, read };
      at = found + 1;
    }
  }

  /** Inside a region: copies up to the next escape, decodes it; ends the region at its horizon. */
  #decode(window: ScanWindow, { from, to, edge }: WindowSpan, horizon: number): "on" | "stopped" {
    const { bytes, base } = window;
    const { lead, substitute } = this.#kind;
    const { sink } = this.#view;
    const end = Math.min(to, horizon - base, (this.#trialAt ?? Infinity) - base);
    const found = sink.appendUntil(bytes, { from, to: end }, lead);
    if (substitute !== undefined) sink.replace(found - from, substitute.byte, substitute.by);
    this.#next = base + found;
    if (found === end) {
      if (this.#next === this.#trialAt) return "on";
      if (end < to) this.#leave(window, base + found, horizon);
      else if (edge === "closed") this.#close(base + found);
      return end < to ? "on" : "stopped";
    }
    const read = this.#kind.decode(bytes, found, to, sink);
    if (read === ESCAPE_CUT_SHORT && edge === "open") return "stopped";
    if (read > 0) {
      this.#next = base + found + read;
      this.#view.continueAt(this.#next);
      this.#horizon = Math.max(horizon, this.#next + REGION_BYTES);
    } else {
      sink.put(bytes[found]!);
      this.#next = base + found + 1;
    }
    return "on";
  }

  /** Decides whether the region begun on trial goes on. */
  #judge(window: ScanWindow, { from, to, edge }: WindowSpan, idle: SpanSink): "on" | "stopped" {
    const { bytes, base } = window;
    const read = this.#kind.decode(bytes, from, to, this.#view.sink);
    if (read === ESCAPE_CUT_SHORT && edge === "open") return "stopped";
    this.#trialAt = undefined;
    if (read > 0) {
      idle({ from, to: from, edge: "closed" });
      this.#next = base + from + read;
      this.#view.continueAt(this.#next);
      this.#horizon = this.#next + REGION_BYTES;
    } else {
      this.#view.discardTrial();
      this.#horizon = undefined;
    }
    return "on";
  }

  /** Ends the region with the span. */
  #close(offset: number): void {
    this.#view.endPiece(offset);
    this.#horizon = undefined;
    this.#floor = offset;
  }

  /** Ends the region at its horizon. A run that it ends within is shown to the next kind from its start. */
  #leave(window: ScanWindow, offset: number, horizon: number): void {
    this.#close(offset);
    const lastEscape = Math.max(horizon - REGION_BYTES, window.base);
    let next = offset;
    while (next > lastEscape && isEncodingByte(window.bytes[next - 1 - window.base]!)) next--;
    this.#next = next;
  }
}
