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
import type { StreamScanner, ViewBudget } from "./decoded_view.ts";
import { endsPlainly, mayHoldEncoded } from "./encoded_hint.ts";
import type { Finding } from "./finding.ts";
import { MessageViews, type SeenBytes, seenWith } from "./message_views.ts";
import { RepeatedFindings } from "./repeated_findings.ts";
import type { Direction } from "./rule.ts";
import type { RuleSet } from "./rule_set.ts";
import { Scanner } from "./scanner.ts";

/** Levels of encoding that are undone: text in base64 in JSON in a JSON string. */
export const MAX_VIEW_DEPTH = 3;
/** Bytes looked at in one go: bounds what a view holds before it is scanned. */
const PIECE_BYTES = 32_768;
/** Bytes all views of a message may decode: so many, and some times the message. */
const BUDGET_BYTES = 1_048_576;

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

const NOTHING_SEEN: SeenBytes = { count: 0, tail: NO_BYTES };

/** Scans one message in one direction. */
export class ViewScanner implements StreamScanner {
  readonly #ruleSet: RuleSet;
  readonly #options: ViewScannerOptions;
  /** Of the message that this is a view of; undefined: it is the message itself. */
  readonly #budget: ViewBudget | undefined;
  readonly #scanner: Scanner;
  readonly #encoding: string;
  readonly #depth: number;
  /** Made when something may be encoded: most messages need none. */
  #views: MessageViews | undefined;
  /** Bytes before the views were made; nothing is encoded in them. */
  #seen: SeenBytes = NOTHING_SEEN;
  /** Undefined in a view: the message itself knows what was found in all of them. */
  readonly #repeated: RepeatedFindings | undefined;
  #cleared = 0;

  constructor(ruleSet: RuleSet, options: ViewScannerOptions, budget?: ViewBudget) {
    this.#ruleSet = ruleSet;
    this.#options = options;
    this.#budget = budget;
    this.#scanner = new Scanner(ruleSet, options);
    this.#encoding = options.encoding ?? "";
    this.#depth = options.depth ?? MAX_VIEW_DEPTH;
    if (this.#depth === 0) return;
    if (budget === undefined) this.#repeated = new RepeatedFindings();
    if (options.percent === "everything") this.#views = this.#openViews();
  }

  /** Scans the next bytes of the message, which may be reused afterwards. */
  push(bytes: Uint8Array): Finding[] {
    const found = this.#label(this.#scanner.push(bytes));
    if (this.#depth === 0 || bytes.length === 0) return found;
    if (this.#views === undefined && endsPlainly(bytes) && !mayHoldEncoded(bytes)) {
      this.#seen = seenWith(this.#seen, bytes);
    } else {
      this.#views ??= this.#openViews();
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
    if (this.#depth === 0) return found;
    if (this.#views === undefined && mayHoldEncoded(lastBytes)) this.#views = this.#openViews();
    if (this.#views !== undefined) {
      const lastFrom = Math.max(0, lastBytes.length - PIECE_BYTES);
      if (lastFrom > 0) pushPieces(this.#views, lastBytes.subarray(0, lastFrom), found);
      const inViews = this.#views.end(lastFrom > 0 ? lastBytes.subarray(lastFrom) : lastBytes);
      if (inViews.length > 0) found.push(...inViews);
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

  #openViews(): MessageViews {
    const budget = this.#budget ?? { bytesLeft: BUDGET_BYTES, bytesRefused: 0 };
    const openScanner = (name: string) =>
      new ViewScanner(this.#ruleSet, {
        ...this.#options,
        percent: "around_escapes",
        encoding: this.#encoding === "" ? name : `${this.#encoding}>${name}`,
        depth: this.#depth - 1,
      }, budget);
    const isOutermost = this.#budget === undefined;
    return new MessageViews({ ...this.#options, openScanner, budget, isOutermost }, this.#seen);
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

function pushPieces(views: MessageViews, bytes: Uint8Array, found: Finding[]): void {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const inViews = views.push(bytes.subarray(at, at + PIECE_BYTES));
    if (inViews.length > 0) found.push(...inViews);
  }
}
