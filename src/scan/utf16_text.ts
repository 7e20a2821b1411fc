/**
 * UTF-16 in either byte order → UTF-8.
 *
 * Told by its form, ASCII characters with a NUL each, or by a byte order mark at the start of the message.
 * UTF-16 of other scripts without a mark isn't recognised. A character whose NUL is yet to come doesn't
 * wait for it, or the last byte of every message would: what is found there begins with the NUL.
 */
import type { DecodedView } from "./decoded_view.ts";
import type { ScanWindow, WindowSpan } from "./escape_view.ts";

/** Four characters of ASCII, little-endian or big-endian. */
const MARKER_REGEXP = /(?:[\t\n\r -~]\0){4}|(?:\0[\t\n\r -~]){4}/y;
/** What may be the beginning of it at the end of the window. */
const CUT_MARKER_REGEXP = /(?:(?:[\t\n\r -~]\0){1,3}[\t\n\r -~]?|(?:\0[\t\n\r -~]){1,3}\0?|\0)$/;
/** The longest beginning of it that the end of the window hides. */
const HIDDEN_BYTES = 7;
/** So many characters outside Latin-1 in a row, and it is something else, unless a mark says so. */
const MAX_FOREIGN = 16;

/** Where UTF-16 begins, from `at` on, or `to`. Most text has no NUL, which is quick to see. */
function findMarker(text: string, at: number, to: number): number {
  for (let nul = text.indexOf("\0", at); nul >= 0 && nul <= to; nul = text.indexOf("\0", nul + 1)) {
    // A NUL alone parts the pieces of a view.
    if (text.charCodeAt(nul + 2) !== 0) continue;
    for (let start = Math.max(at, nul - 1); start <= nul && start < to; start++) {
      MARKER_REGEXP.lastIndex = start;
      if (MARKER_REGEXP.test(text)) return start;
    }
  }
  return to;
}

type ByteOrder = "little" | "big";

/** Decodes UTF-16 in one message. */
export class Utf16Text {
  readonly #view: DecodedView;
  #next = 0;
  /** End of the last span looked at. */
  #seenTo = 0;
  #heldFrom = Infinity;
  /** Bytes before it were let go. */
  #freeTo = 0;
  /** Undefined: no UTF-16 is under way. */
  #order: ByteOrder | undefined;
  #isMarked = false;
  #foreign = 0;
  /** The next character is a piece's first, a byte of which was let go. */
  #isFirst = false;
  /** A high surrogate that waits for the low one; 0: none. */
  #high = 0;

  constructor(view: DecodedView) {
    this.#view = view;
  }

  /** Offset of bytes that wait for more to come, and must stand in the next window; or infinity. */
  get heldFrom(): number {
    return this.#heldFrom;
  }

  /** Goes on at `offset`; the bytes before it hold no UTF-16. */
  skipTo(offset: number): void {
    this.#next = offset;
    this.#seenTo = offset;
  }

  /** Looks at a span. */
  scan(window: ScanWindow, { from, to, edge }: WindowSpan): void {
    const { base } = window;
    if (base + from > this.#seenTo) {
      this.#leave(base + from);
      this.#next = base + from;
    }
    this.#freeTo = Math.min(this.#heldFrom, this.#seenTo);
    this.#seenTo = base + to;
    this.#heldFrom = Infinity;
    if (this.#next === 0 && this.#order === undefined) {
      if (to < 2 && edge === "open") {
        if (window.bytes[0]! >= 0xfe) this.#heldFrom = 0;
        return;
      }
      this.#readMark(window, to);
    }
    for (;;) {
      if (this.#order !== undefined) this.#decode(window, to);
      if (this.#order === undefined && this.#seek(window, { to, edge })) continue;
      if (this.#order !== undefined && this.#next < base + to) this.#heldFrom = this.#next;
      if (edge === "closed") {
        this.#heldFrom = Infinity;
        this.#leave(base + to);
        this.#next = base + to;
      }
      return;
    }
  }

  #readMark({ bytes }: ScanWindow, to: number): void {
    if (to < 2) return;
    const [first, second] = bytes;
    if (first === 0xff && second === 0xfe) this.#begin(2, "little");
    else if (first === 0xfe && second === 0xff) this.#begin(2, "big");
    else return;
    this.#isMarked = true;
  }

  /** Looks for characters with NULs; true: found. */
  #seek({ text, bytes, base }: ScanWindow, { to, edge }: Omit<WindowSpan, "from">): boolean {
    const at = this.#next - base;
    const found = findMarker(text, at, to);
    if (found < to) {
      this.#begin(base + found, bytes[found] === 0 ? "big" : "little");
      return true;
    }
    this.#next = base + to;
    if (edge === "closed") return false;
    const tailFrom = Math.max(at, to - HIDDEN_BYTES);
    this.#next = base + tailFrom;
    const cut = CUT_MARKER_REGEXP.exec(text.slice(tailFrom, to));
    if (cut !== null) this.#heldFrom = Math.max(this.#freeTo, base + tailFrom + cut.index);
    return false;
  }

  #begin(offset: number, order: ByteOrder): void {
    const start = Math.max(offset, this.#freeTo);
    this.#view.beginPiece(start, { decodedUnit: 1, encodedUnit: 2 - (start - offset) });
    this.#isFirst = start > offset;
    this.#next = offset;
    this.#order = order;
    this.#foreign = 0;
    this.#high = 0;
  }

  #decode({ bytes, base }: ScanWindow, to: number): void {
    const lowAt = this.#order === "little" ? 0 : 1;
    let at = this.#next - base;
    for (; at + 1 < to; at += 2) {
      const unit = bytes[at + lowAt]! | bytes[at + 1 - lowAt]! << 8;
      this.#foreign = unit > 0xff ? this.#foreign + 1 : 0;
      if ((this.#foreign > MAX_FOREIGN || unit === 0) && !this.#isMarked) {
        this.#leave(base + at);
        break;
      }
      this.#put(unit, base + at);
    }
    this.#next = base + at;
  }

  #put(unit: number, offset: number): void {
    const { sink } = this.#view;
    if (unit < 0x80) {
      sink.put(unit);
      if (this.#isFirst) this.#view.continueAt(offset + 2, { decodedUnit: 1, encodedUnit: 2 });
      this.#isFirst = false;
      return;
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
      this.#high = unit;
      return;
    }
    const isPair = unit >= 0xdc00 && unit < 0xe000 && this.#high !== 0;
    sink.putCodePoint(
      isPair ? 0x10000 + ((this.#high - 0xd800) << 10) + (unit - 0xdc00) : unit,
    );
    this.#high = 0;
    this.#view.continueAt(offset + 2, { decodedUnit: 1, encodedUnit: 2 });
  }

  #leave(offset: number): void {
    if (this.#order !== undefined) this.#view.endPiece(offset);
    this.#order = undefined;
    this.#isMarked = false;
  }
}
