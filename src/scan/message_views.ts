/**
 * A stream of bytes → the encoded text in it, decoded and scanned, whatever the encoding.
 *
 * Invariant: what is found is that of the whole stream, however it is cut.
 */
import { NO_BYTES } from "./byte_sink.ts";
import { DecodedView, type StreamScanner, type ViewBudget } from "./decoded_view.ts";
import { EncodedRows } from "./encoded_rows.ts";
import { EscapeView, REGION_BYTES, type ScanWindow, type WindowSpan } from "./escape_view.ts";
import type { Finding } from "./finding.ts";
import { HexPairs } from "./hex_pairs.ts";
import { HTML_ENTITY } from "./html_entity.ts";
import { indexOfByte } from "./index_of_byte.ts";
import { JSON_ESCAPE } from "./json_escape.ts";
import { latin1Text } from "./latin1.ts";
import { PERCENT_ESCAPE } from "./percent_escape.ts";
import { QUOTED_PRINTABLE } from "./quoted_printable.ts";
import { Utf16Text } from "./utf16_text.ts";

/** Bytes kept for the next window: what a region begins before its first escape, and a waiting row. */
const TAIL_BYTES = 2 * REGION_BYTES;
/** So many times the bytes of a message all its views may decode. */
const BUDGET_RATIO = 6;

/** What of a message was passed over because nothing is encoded in it. */
export interface SeenBytes {
  readonly count: number;
  /** The last of them, in which a view may begin. */
  readonly tail: Uint8Array;
}

/** Adds what was passed over next. */
export function seenWith({ count, tail }: SeenBytes, bytes: Uint8Array): SeenBytes {
  const kept = bytes.length >= TAIL_BYTES ? bytes.slice(-TAIL_BYTES) : joined(tail, bytes.slice());
  return {
    count: count + bytes.length,
    tail: kept.length > TAIL_BYTES ? kept.slice(-TAIL_BYTES) : kept,
  };
}

/** The kinds of decoding, in the order in which what they show is reported. */
const ESCAPE_KINDS = [JSON_ESCAPE, HTML_ENTITY, PERCENT_ESCAPE, QUOTED_PRINTABLE] as const;
const JSON_VIEW = 0;
const HTML_VIEW = 1;
const PERCENT_VIEW = 2;
const HEX_VIEW = ESCAPE_KINDS.length;
const UTF16_VIEW = HEX_VIEW + 1;
const NUL = 0x00;
/** Byte order marks of UTF-16 begin with it or with the byte after. */
const FIRST_MARK = 0xfe;

/** Where in the message the spans of one level follow each other without a gap. */
class Run {
  from = 0;
  to = 0;

  add(from: number, to: number): void {
    if (from > this.to) this.from = from;
    this.to = to;
  }
}

/** What the views of a stream are made with. */
export interface MessageViewsOptions {
  /** Makes what scans the text of one kind of decoding, `json` or `base64`. */
  readonly openScanner: (name: string) => StreamScanner;
  /** Of the whole message. */
  readonly budget: ViewBudget;
  /** Whether this stream is the message itself, whose bytes fill the budget. */
  readonly isOutermost: boolean;
  /** Percent-encoding: `everything` for a form or a URL. @default {"around_escapes"} */
  readonly percent?: "around_escapes" | "everything";
  /** Digits at the end of what was pushed that may be the start of base64, and wait. @default {1} */
  readonly minWaitingDigits?: number;
}

/** Looks into one stream; a kind of decoding is set up when the first sign of it is seen. */
export class MessageViews {
  readonly #options: MessageViewsOptions;
  /** By kind. */
  readonly #views: (DecodedView | undefined)[] = [];
  readonly #escapes: (EscapeView | undefined)[] = [];
  #hexPairs: HexPairs | undefined;
  #utf16: Utf16Text | undefined;
  #rows: EncodedRows | undefined;
  readonly #withoutJson = new Run();
  readonly #withoutEscapes = new Run();
  #tail: Uint8Array = NO_BYTES;
  /** Offset of the first byte of `#tail`. */
  #base = 0;
  #end = 0;

  /** `seen`: what was passed over of the stream. */
  constructor(options: MessageViewsOptions, seen: SeenBytes) {
    this.#options = options;
    if (options.percent === "everything") {
      const view = this.#openView(PERCENT_VIEW);
      this.#escapes[PERCENT_VIEW] = new EscapeView(PERCENT_ESCAPE, view, { region: "everything" });
    }
    if (seen.count > 0) this.#passOver(seen);
  }

  push(piece: Uint8Array): Finding[] {
    this.#look(piece, "open");
    const found: Finding[] = [];
    this.#forEachView((view) => {
      const inView = view.settle();
      if (inView.length > 0) found.push(...inView);
    });
    return found;
  }

  /** Looks at the last bytes of the message. */
  end(piece: Uint8Array): Finding[] {
    this.#look(piece, "closed");
    const found: Finding[] = [];
    this.#forEachView((view) => {
      const inView = view.end();
      if (inView.length > 0) found.push(...inView);
    });
    return found;
  }

  get cleared(): number {
    let cleared = Math.min(this.#end, this.#heldFrom());
    this.#forEachView((view) => cleared = Math.min(cleared, view.cleared));
    return cleared;
  }

  get refusedBytes(): number {
    const { isOutermost, budget } = this.#options;
    return isOutermost ? budget.bytesRefused : 0;
  }

  #passOver({ count, tail }: SeenBytes): void {
    this.#earn(count);
    this.#tail = tail;
    this.#base = count - tail.length;
    this.#end = count;
    this.#withoutJson.add(0, count);
    this.#withoutEscapes.add(0, count);
  }

  #earn(bytes: number): void {
    const { isOutermost, budget } = this.#options;
    if (isOutermost) budget.bytesLeft += bytes * BUDGET_RATIO;
  }

  #look(piece: Uint8Array, edge: "open" | "closed"): void {
    this.#earn(piece.length);
    const bytes = joined(this.#tail, piece);
    const window = new Window(bytes, this.#base);
    this.#end += piece.length;
    const held = (this.#escapes[JSON_VIEW]?.heldFrom ?? Infinity) - this.#base;
    const span = { from: Math.min(this.#tail.length, held), to: bytes.length, edge };
    const json = this.#escapes[JSON_VIEW] ??
      this.#escapesIn(window, span, { kind: JSON_VIEW, floor: 0 });
    if (json === undefined) this.#lookWithoutJson(window, span);
    else json.scan(window, span, (rest) => this.#lookWithoutJson(window, rest));
    if (edge === "closed") return;
    const keepFrom = Math.max(this.#base, Math.min(this.#end - TAIL_BYTES, this.#heldFrom()));
    this.#tail = bytes.slice(keepFrom - this.#base);
    this.#base = keepFrom;
  }

  #lookWithoutJson(window: ScanWindow, span: WindowSpan): void {
    this.#withoutJson.add(window.base + span.from, window.base + span.to);
    const html = this.#escapes[HTML_VIEW] ??
      this.#escapesIn(window, span, { kind: HTML_VIEW, floor: this.#withoutJson.from });
    if (html === undefined) this.#lookWithoutEscapes(window, span);
    else html.scan(window, span, (rest) => this.#lookWithoutEscapes(window, rest));
  }

  #lookWithoutEscapes(window: ScanWindow, span: WindowSpan): void {
    const { bytes, base } = window;
    const { from, to } = span;
    this.#withoutEscapes.add(base + from, base + to);
    const floor = this.#withoutEscapes.from;
    for (let kind = PERCENT_VIEW; kind < ESCAPE_KINDS.length; kind++) {
      const escapes = this.#escapes[kind] ?? this.#escapesIn(window, span, { kind, floor });
      escapes?.scan(window, span, ignoreSpan);
    }
    if (this.#hexPairs === undefined && to > from) {
      this.#hexPairs = new HexPairs(this.#openView(HEX_VIEW));
      this.#hexPairs.skipTo(base + from);
    }
    this.#hexPairs?.scan(window, span);
    const mayBeMarked = base + from === 0 && (to === 1 || bytes[0]! >= FIRST_MARK);
    if (this.#utf16 === undefined && (mayBeMarked || indexOfByte(window, NUL, from, to) >= 0)) {
      this.#utf16 = new Utf16Text(this.#openView(UTF16_VIEW));
      this.#utf16.skipTo(base + from);
    }
    this.#utf16?.scan(window, span);
    if (this.#rows === undefined && to > from) {
      this.#rows = new EncodedRows((name) => this.#view(name), this.#options);
      this.#rows.skipTo(base + from);
    }
    this.#rows?.scan(window, span);
  }

  /** Sets up a kind of escapes if one of them may stand in the span. */
  #escapesIn(
    window: ScanWindow,
    { from, to }: WindowSpan,
    { kind, floor }: { readonly kind: number; readonly floor: number },
  ): EscapeView | undefined {
    const escapes = ESCAPE_KINDS[kind]!;
    if (indexOfByte(window, escapes.lead, from, to) < 0) return undefined;
    const view = new EscapeView(escapes, this.#openView(kind));
    view.beginAt(window.base + from, floor);
    return this.#escapes[kind] = view;
  }

  /** The first byte that a kind of decoding waits at, or infinity. */
  #heldFrom(): number {
    let held = Infinity;
    for (const escapes of this.#escapes) held = Math.min(held, escapes?.heldFrom ?? Infinity);
    return Math.min(
      held,
      this.#hexPairs?.heldFrom ?? Infinity,
      this.#utf16?.heldFrom ?? Infinity,
      this.#rows?.heldFrom ?? Infinity,
    );
  }

  #forEachView(visit: (view: DecodedView) => void): void {
    for (const view of this.#views) if (view !== undefined) visit(view);
    this.#rows?.views.forEach(visit);
  }

  #openView(kind: number): DecodedView {
    const name = ESCAPE_KINDS[kind]?.name ?? (kind === HEX_VIEW ? "hex" : "utf-16");
    return this.#views[kind] = this.#view(name);
  }

  #view(name: string): DecodedView {
    const { openScanner, budget } = this.#options;
    return new DecodedView(() => openScanner(name), budget);
  }
}

/** The bytes at hand; their text is made when it is first asked for. */
class Window implements ScanWindow {
  readonly bytes: Uint8Array;
  readonly base: number;
  #text: string | undefined;

  constructor(bytes: Uint8Array, base: number) {
    this.bytes = bytes;
    this.base = base;
  }

  get text(): string {
    return this.#text ??= latin1Text(this.bytes, 0, this.bytes.length);
  }
}

/** Both in a row; the second itself if the first is empty. */
function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/** Spans that hold no percent-encoding are of no further interest. */
function ignoreSpan(): void {}
