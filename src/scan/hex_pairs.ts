/**
 * Hexadecimal bytes with something between them (`72:6d:20`, `0x72, 0x6d`, `72 6d 20`) → bytes.
 *
 * Digits without delimiters are a row (encoded_rows.ts), `\x72` is an escape (json_escape.ts).
 */
import type { DecodedView } from "./decoded_view.ts";
import { encodedFinder } from "./encoded_finder.ts";
import { HEX_VALUES } from "./encoding_alphabets.ts";
import type { ScanWindow, WindowSpan } from "./escape_view.ts";
import type { UnitRatio } from "./offset_map.ts";

/** One of C's bytes. */
const C_MARKER_REGEXP = /0x[0-9A-Fa-f]{2}[,;: ]/g;
/** Bytes that may stand between two pairs: `", "`, a line break with an indent. */
const MAX_DELIMITER_BYTES = 8;
/** What may be the beginning of pairs at the end of the window. */
const CUT_MARKER_REGEXP =
  /(?:(?<![0-9A-Za-z])[0-9A-Fa-f]{2}([ :,-])(?:[0-9A-Fa-f]{2}\1)?[0-9A-Fa-f]{0,2}|0(?:x[0-9A-Fa-f]{0,2})?)$/;
/** The longest beginning of pairs that the end of the window hides, and the byte before: ` 72 6d 20`. */
const HIDDEN_BYTES = 9;

/** The digits of one byte. */
const PAIR_RATIO: UnitRatio = { decodedUnit: 1, encodedUnit: 2 };

/** Decodes delimited hexadecimal bytes in one message. */
export class HexPairs {
  readonly #view: DecodedView;
  #next = 0;
  /** End of the last span looked at. */
  #seenTo = 0;
  #heldFrom = Infinity;
  #isInPiece = false;

  constructor(view: DecodedView) {
    this.#view = view;
  }

  /** Offset of bytes that wait for more to come, and must stand in the next window; or infinity. */
  get heldFrom(): number {
    return this.#heldFrom;
  }

  /** Goes on at `offset`; the bytes before it hold no pairs. */
  skipTo(offset: number): void {
    this.#next = offset;
    this.#seenTo = offset;
  }

  /** Looks at a span. */
  scan(window: ScanWindow, { from, to, edge }: WindowSpan): void {
    const { base, bytes } = window;
    if (base + from > this.#seenTo) {
      this.#leave(base + from);
      this.#next = base + from;
    }
    this.#seenTo = base + to;
    this.#heldFrom = Infinity;
    for (;;) {
      if (this.#isInPiece && this.#decode(window, { from, to, edge }) === "waits") {
        this.#heldFrom = this.#next;
        return;
      }
      const at = this.#next - base;
      const found = findMarker(window, at, to);
      if (found >= to) {
        this.#waitForMore(window, at, { to, edge });
        return;
      }
      const start = bytes[found] === 0x30 ? found : pairBefore(bytes, found, at);
      this.#view.beginPiece(base + start, { decodedUnit: 1, encodedUnit: 1 });
      this.#next = base + start;
      this.#isInPiece = true;
    }
  }

  /** Decodes pair after pair. */
  #decode({ bytes, base }: ScanWindow, { to, edge }: WindowSpan): "on" | "waits" {
    for (;;) {
      const at = this.#next - base;
      const pair = pairAt(bytes, at, { to, edge });
      if (pair === undefined && edge === "open" && to - at <= MAX_DELIMITER_BYTES + 4) {
        return "waits";
      }
      if (pair === undefined) {
        this.#leave(this.#next);
        return "on";
      }
      this.#view.continueAt(base + pair.from, PAIR_RATIO);
      this.#view.sink.put(pair.value);
      this.#next = base + pair.to;
    }
  }

  /** No pairs stand here; but they may begin with the last bytes. */
  #waitForMore(
    { base, text }: ScanWindow,
    at: number,
    { to, edge }: Omit<WindowSpan, "from">,
  ): void {
    this.#next = base + to;
    if (edge === "closed") return;
    const tailFrom = Math.max(at, to - HIDDEN_BYTES);
    this.#next = base + tailFrom;
    const cut = CUT_MARKER_REGEXP.exec(text.slice(tailFrom, to));
    if (cut !== null) this.#heldFrom = base + tailFrom + cut.index;
  }

  #leave(offset: number): void {
    if (this.#isInPiece) this.#view.endPiece(offset);
    this.#isInPiece = false;
  }
}

/** Where pairs begin, from `from` on, or `to`. */
function findMarker({ bytes, text }: ScanWindow, from: number, to: number): number {
  const found = findCMarker(text, from, to);
  const finder = encodedFinder();
  finder.load(bytes, { from, to: found });
  for (let at = finder.nextPair(from); at < found; at = finder.nextPair(at + 1)) {
    if (isMarker(bytes, at, to)) return at;
  }
  return found;
}

function findCMarker(text: string, from: number, to: number): number {
  // The span alone: a search that goes on to the window's end would do so for each of many spans.
  const span = text.slice(from, to);
  const zero = span.indexOf("0x");
  if (zero < 0) return to;
  C_MARKER_REGEXP.lastIndex = zero;
  const found = C_MARKER_REGEXP.exec(span);
  return found === null ? to : from + found.index;
}

/** A delimiter, a pair, the delimiter, a pair, the delimiter; the first pair stands before. */
function isMarker(bytes: Uint8Array, at: number, to: number): boolean {
  const delimiter = bytes[at]!;
  return bytes[at + 3] === delimiter && bytes[at + 6] === delimiter && at + 6 < to &&
    isPairDelimiter(delimiter) && isHex(bytes[at + 1]!) && isHex(bytes[at + 2]!) &&
    isHex(bytes[at + 4]!) && isHex(bytes[at + 5]!);
}

/** One of ` :,-`. */
function isPairDelimiter(byte: number): boolean {
  return byte === 0x20 || byte === 0x3a || byte === 0x2c || byte === 0x2d;
}

/** Where the pair begins that stands directly before `found`, or `found`. */
function pairBefore(bytes: Uint8Array, found: number, floor: number): number {
  const start = found - 2;
  const isPair = start >= floor && isHex(bytes[start]!) && isHex(bytes[start + 1]!);
  return isPair ? start : found;
}

interface Pair {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

/** The pair at `at`, perhaps after a delimiter; undefined: none stands there, as far as can be seen. */
function pairAt(
  bytes: Uint8Array,
  at: number,
  { to, edge }: Omit<WindowSpan, "from">,
): Pair | undefined {
  let from = at;
  while (from < to && from - at < MAX_DELIMITER_BYTES && isDelimiter(bytes[from]!)) from++;
  if (bytes[from] === 0x30 && from + 1 < to && (bytes[from + 1]! | 0x20) === 0x78) from += 2;
  if (from + 2 > to || (from + 2 === to && edge === "open")) return undefined;
  const high = HEX_VALUES[bytes[from]!]!;
  const low = HEX_VALUES[bytes[from + 1]!]!;
  // A third digit makes it a number, so one byte more than the pair is looked at.
  if (high > 15 || low > 15 || (from + 2 < to && isHex(bytes[from + 2]!))) return undefined;
  return { from, to: from + 2, value: high << 4 | low };
}

function isHex(byte: number): boolean {
  return HEX_VALUES[byte]! < 16;
}

function isDelimiter(byte: number): boolean {
  switch (byte) {
    case 0x20:
    case 0x3a:
    case 0x2c:
    case 0x2d:
    case 0x3b:
    case 0x0d:
    case 0x0a:
    case 0x09:
      return true;
    default:
      return false;
  }
}
