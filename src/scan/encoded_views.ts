/**
 * A stream of bytes → findings in it, and in whatever text is encoded in it.
 *
 * The bytes are scanned as they are; beside that, escapes are resolved and encoded text is decoded
 * wherever it looks like it, and what comes out is treated the same way, three levels deep. Escapes
 * of JSON come first and HTML's second: where they stand, the other encodings are looked for in the
 * text without them, so that a text of many escapes costs two passes and not one for each encoding.
 * Knows nothing of content codings and formats. Specification: design.md section 5.
 *
 * Invariant: the findings are those of the whole message, however it is cut; memory is bounded.
 */
import { NO_BYTES } from "./byte_sink.ts";
import { DecodedView, type StreamScanner, type ViewBudget } from "./decoded_view.ts";
import { endsPlainly, mayHoldEncoded } from "./encoded_hint.ts";
import { EncodedRows } from "./encoded_rows.ts";
import {
  type EscapeKind,
  EscapeView,
  type EscapeViewOptions,
  REGION_BYTES,
  type ScanWindow,
  type WindowSpan,
} from "./escape_view.ts";
import type { Finding } from "./finding.ts";
import { HexPairs } from "./hex_pairs.ts";
import { HTML_ENTITY } from "./html_entity.ts";
import { JSON_ESCAPE } from "./json_escape.ts";
import { latin1Text } from "./latin1.ts";
import { PERCENT_ESCAPE } from "./percent_escape.ts";
import { QUOTED_PRINTABLE } from "./quoted_printable.ts";
import { RepeatedFindings } from "./repeated_findings.ts";
import type { Direction } from "./rule.ts";
import type { RuleSet } from "./rule_set.ts";
import { Scanner } from "./scanner.ts";
import { Utf16Text } from "./utf16_text.ts";

/** Levels of encoding that are undone: text in base64 in JSON in a JSON string. */
export const MAX_VIEW_DEPTH = 3;
/** Bytes looked at in one go: bounds what a view holds before it is scanned. */
const PIECE_BYTES = 32_768;
/** Bytes kept for the next window: what a region begins before its first escape, and a waiting row. */
const TAIL_BYTES = 2 * REGION_BYTES;
/** Bytes all views of a message may decode: so many, and so many times the message. */
const BUDGET_BYTES = 1_048_576;
const BUDGET_RATIO = 6;

/** How to scan a message and its views. */
export interface ViewScannerOptions {
  readonly direction: Direction;
  /** Bytes of a stream held at a time. @default {65536} */
  readonly windowBytes?: number;
  /** How the bytes themselves were reached: `gzip`. @default {""} */
  readonly encoding?: string;
  /** Levels of encoding that are undone. @default {3} */
  readonly depth?: number;
  /** Percent-encoding: `everything` for a form or a URL. @default {"around_escapes"} */
  readonly percent?: "around_escapes" | "everything";
  /** Digits at the end of what was pushed that may be the start of base64, and wait. @default {1} */
  readonly minWaitingDigits?: number;
}

interface SharedBudget extends ViewBudget {
  /** What the views of views are paid from too. */
  readonly isShared: true;
}

/** Scans one message in one direction. */
export class ViewScanner implements StreamScanner {
  readonly #scanner: Scanner;
  readonly #encoding: string;
  /** Undefined: nothing is decoded. */
  readonly #openViews: ((seen: SeenBytes) => MessageViews) | undefined;
  /** Made when something may be encoded: most messages need none. */
  #views: MessageViews | undefined;
  /** Bytes before the views were made; nothing is encoded in them. */
  #seen: SeenBytes = { count: 0, tail: NO_BYTES };
  /** Undefined in a view: the message itself knows what was found in all of them. */
  readonly #repeated: RepeatedFindings | undefined;
  #cleared = 0;

  constructor(ruleSet: RuleSet, options: ViewScannerOptions, budget?: SharedBudget) {
    const { direction, windowBytes, encoding = "", depth = MAX_VIEW_DEPTH } = options;
    this.#encoding = encoding;
    if (budget === undefined && depth > 0) this.#repeated = new RepeatedFindings();
    this.#scanner = new Scanner(ruleSet, {
      direction,
      ...(windowBytes === undefined ? {} : { windowBytes }),
    });
    if (depth === 0) return;
    const resolved = { ...options, encoding, depth };
    this.#openViews = (seen) => new MessageViews(ruleSet, resolved, { budget, seen });
    if (options.percent === "everything") this.#views = this.#openViews(this.#seen);
  }

  /** Scans the next bytes of the message, which may be reused afterwards. */
  push(bytes: Uint8Array): Finding[] {
    const found = this.#label(this.#scanner.push(bytes));
    if (this.#openViews === undefined || bytes.length === 0) return found;
    if (this.#views === undefined && endsPlainly(bytes) && !mayHoldEncoded(bytes)) {
      this.#seen = seenWith(this.#seen, bytes);
    } else {
      this.#views ??= this.#openViews(this.#seen);
      pushPieces(this.#views, bytes, found);
    }
    return this.#repeated?.fresh(found) ?? found;
  }

  /**
   * Says that the message is over, with its last bytes if there are any left; reports what was still
   * undecided.
   */
  end(lastBytes: Uint8Array = NO_BYTES): Finding[] {
    const found = this.#label(this.#scanner.end(lastBytes));
    if (this.#openViews === undefined) return found;
    if (this.#views === undefined && mayHoldEncoded(lastBytes)) {
      this.#views = this.#openViews(this.#seen);
    }
    if (this.#views !== undefined) {
      const lastFrom = Math.max(0, lastBytes.length - PIECE_BYTES);
      pushPieces(this.#views, lastBytes.subarray(0, lastFrom), found);
      found.push(...this.#views.end(lastBytes.subarray(lastFrom)));
    }
    return this.#repeated?.fresh(found) ?? found;
  }

  /** Offset below which no byte is part of a finding that is yet to come. */
  get cleared(): number {
    const cleared = Math.min(this.#scanner.cleared, this.#views?.cleared ?? Infinity);
    // A view that begins late reads again what was cleared; whatever it finds there was found before.
    this.#cleared = Math.max(this.#cleared, cleared);
    return this.#cleared;
  }

  /** Bytes of views that were not looked at because the message decodes to too much. */
  get refusedBytes(): number {
    return this.#views?.refusedBytes ?? 0;
  }

  #label(found: Finding[]): Finding[] {
    if (this.#encoding === "" || found.length === 0) return found;
    return found.map((finding) => ({ ...finding, encoding: this.#encoding }));
  }
}

/** Scans `bytes`, a message of its own, in one piece, with its views. */
export function scanViews(
  ruleSet: RuleSet,
  bytes: Uint8Array,
  options: ViewScannerOptions,
): Finding[] {
  const scanner = new ViewScanner(ruleSet, options);
  return scanner.end(bytes);
}

/** What of a message was passed over because nothing is encoded in it. */
interface SeenBytes {
  readonly count: number;
  /** The last of them, in which a view may begin. */
  readonly tail: Uint8Array;
}

function seenWith({ count, tail }: SeenBytes, bytes: Uint8Array): SeenBytes {
  const kept = bytes.length >= TAIL_BYTES ? bytes.slice(-TAIL_BYTES) : joined(tail, bytes.slice());
  return {
    count: count + bytes.length,
    tail: kept.length > TAIL_BYTES ? kept.slice(-TAIL_BYTES) : kept,
  };
}

function pushPieces(views: MessageViews, bytes: Uint8Array, found: Finding[]): void {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const inViews = views.push(bytes.subarray(at, at + PIECE_BYTES));
    if (inViews.length > 0) found.push(...inViews);
  }
}

interface ResolvedOptions extends ViewScannerOptions {
  readonly encoding: string;
  readonly depth: number;
}

/** One kind of decoding. */
interface Stage {
  readonly heldFrom: number;
  /** Goes on at an offset before which nothing is encoded so. */
  skipTo(offset: number): void;
}

/** The views of one stream. */
class MessageViews {
  readonly #ruleSet: RuleSet;
  readonly #options: ResolvedOptions;
  readonly #budget: SharedBudget;
  /** Whether this stream is the message itself, whose bytes fill the budget. */
  readonly #isOutermost: boolean;
  readonly #views: DecodedView[] = [];
  readonly #json: EscapeView;
  readonly #html: EscapeView;
  readonly #percent: EscapeView;
  readonly #quotedPrintable: EscapeView;
  readonly #hexPairs: HexPairs;
  readonly #utf16: Utf16Text;
  readonly #rows: EncodedRows;
  readonly #stages: readonly Stage[];
  #tail: Uint8Array = NO_BYTES;
  /** Offset of the first byte of `#tail`. */
  #base = 0;
  #end = 0;

  constructor(
    ruleSet: RuleSet,
    options: ResolvedOptions,
    { budget, seen }: { readonly budget: SharedBudget | undefined; readonly seen: SeenBytes },
  ) {
    this.#ruleSet = ruleSet;
    this.#options = options;
    this.#isOutermost = budget === undefined;
    this.#budget = budget ?? { bytesLeft: BUDGET_BYTES, bytesRefused: 0, isShared: true };
    const region = options.percent ?? "around_escapes";
    this.#json = this.#escapeView(JSON_ESCAPE);
    this.#html = this.#escapeView(HTML_ENTITY);
    this.#percent = this.#escapeView(PERCENT_ESCAPE, { region });
    this.#quotedPrintable = this.#escapeView(QUOTED_PRINTABLE);
    this.#hexPairs = new HexPairs(this.#keep(this.#view("hex")));
    this.#utf16 = new Utf16Text(this.#keep(this.#view("utf-16")));
    this.#rows = new EncodedRows((name) => this.#view(name), options);
    this.#stages = [
      this.#json,
      this.#html,
      this.#percent,
      this.#quotedPrintable,
      this.#hexPairs,
      this.#utf16,
      this.#rows,
    ];
    if (seen.count > 0) this.#passOver(seen);
  }

  push(piece: Uint8Array): Finding[] {
    this.#look(piece, "open");
    const found: Finding[] = [];
    for (const view of this.#allViews()) {
      const inView = view.settle();
      if (inView.length > 0) found.push(...inView);
    }
    return found;
  }

  /** Looks at the last bytes of the message. */
  end(piece: Uint8Array): Finding[] {
    this.#look(piece, "closed");
    const found: Finding[] = [];
    for (const view of this.#allViews()) found.push(...view.end());
    return found;
  }

  get cleared(): number {
    let cleared = Math.min(this.#end, this.#heldFrom());
    for (const view of this.#allViews()) cleared = Math.min(cleared, view.cleared);
    return cleared;
  }

  get refusedBytes(): number {
    return this.#isOutermost ? this.#budget.bytesRefused : 0;
  }

  #passOver({ count, tail }: SeenBytes): void {
    this.#earn(count);
    this.#tail = tail;
    this.#base = count - tail.length;
    this.#end = count;
    for (const stage of this.#stages) stage.skipTo(count);
  }

  #earn(bytes: number): void {
    if (this.#isOutermost) this.#budget.bytesLeft += bytes * BUDGET_RATIO;
  }

  #look(piece: Uint8Array, edge: "open" | "closed"): void {
    this.#earn(piece.length);
    const bytes = joined(this.#tail, piece);
    const base = this.#base;
    const window = { bytes, text: latin1Text(bytes, 0, bytes.length), base };
    this.#end += piece.length;
    const from = Math.min(this.#tail.length, this.#json.heldFrom - base);
    this.#json.scan(window, { from, to: bytes.length, edge }, (withoutJson) => {
      this.#html.scan(window, withoutJson, (span) => this.#lookAt(window, span));
    });
    if (edge === "closed") return;
    const keepFrom = Math.max(base, Math.min(this.#end - TAIL_BYTES, this.#heldFrom()));
    this.#tail = bytes.slice(keepFrom - base);
    this.#base = keepFrom;
  }

  #lookAt(window: ScanWindow, span: WindowSpan): void {
    this.#percent.scan(window, span, ignoreSpan);
    this.#quotedPrintable.scan(window, span, ignoreSpan);
    this.#hexPairs.scan(window, span);
    this.#utf16.scan(window, span);
    this.#rows.scan(window, span);
  }

  /** The first byte that a kind of decoding waits at, or infinity. */
  #heldFrom(): number {
    let held = Infinity;
    for (const stage of this.#stages) held = Math.min(held, stage.heldFrom);
    return held;
  }

  *#allViews(): Iterable<DecodedView> {
    yield* this.#views;
    yield* this.#rows.views;
  }

  #escapeView(kind: EscapeKind, options?: EscapeViewOptions): EscapeView {
    return new EscapeView(kind, this.#keep(this.#view(kind.name)), options);
  }

  #keep(view: DecodedView): DecodedView {
    this.#views.push(view);
    return view;
  }

  #view(name: string): DecodedView {
    const { encoding, depth, direction, windowBytes, minWaitingDigits } = this.#options;
    const options = {
      direction,
      encoding: encoding === "" ? name : `${encoding}>${name}`,
      depth: depth - 1,
      ...(windowBytes === undefined ? {} : { windowBytes }),
      ...(minWaitingDigits === undefined ? {} : { minWaitingDigits }),
    };
    return new DecodedView(
      () => new ViewScanner(this.#ruleSet, options, this.#budget),
      this.#budget,
    );
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
