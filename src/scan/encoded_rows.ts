/**
 * Rows of base64, base32 and hexadecimal digits in a message → the text they stand for.
 *
 * A row is read in blocks; a block is decoded in the lanes in which it looks like text. A row that
 * the window cuts off waits until it ends or is long; a long one is read on in the next window.
 */
import { ByteSink } from "./byte_sink.ts";
import type { DecodedView } from "./decoded_view.ts";
import { BASE32, BASE64, type DigitCoding, type DigitRange, HEX } from "./digit_coding.ts";
import { findRow, lineEnd, mayWrap, type RowLine, rowLines } from "./digit_row.ts";
import { encodedFinder } from "./encoded_finder.ts";
import { isEncodingByte, NO_DIGIT } from "./encoding_alphabets.ts";
import type { ScanWindow, WindowSpan } from "./escape_view.ts";

/** A row cut off by the window waits up to this length. */
const MAX_WAITING_BYTES = 1024;
/** In fewer bytes a row is found sooner than they are copied. */
const MIN_FINDER_BYTES = 64;
/** Digits judged, and decoded, at a time. */
const BLOCK_DIGITS = 512;
/** Digits before a block that are judged with it: text that begins just before is decoded whole. */
const OVERLAP_DIGITS = 64;

/** Longer rows are judged in blocks. */
const MAX_WORD_DIGITS = 64;
/** Digits decoded on trial: eighteen bytes. */
const UTF8_TRIAL_DIGITS = 24;
const CODINGS = [HEX, BASE32, BASE64] as const;
const MIN_DIGITS = Math.min(...CODINGS.map(({ minDigits }) => minDigits));

/** One reading of one alphabet. */
interface Lane {
  readonly number: number;
  /** Made when text first stands in the lane: most messages need none. */
  view: DecodedView | undefined;
  /** Place in the row up to which it was decoded; undefined: not at all yet. */
  decodedTo: number | undefined;
}

interface Reading {
  readonly coding: DigitCoding;
  readonly lanes: readonly Lane[];
}

/** A row as far as the window holds it. */
interface Row {
  readonly digits: Uint8Array;
  /** The digits, by index in `digits`. */
  readonly range: DigitRange;
  /** Place in the row of the first of them. */
  readonly place: number;
  /** Whether the row may go on after the window. */
  readonly isCut: boolean;
  /** Lines: from which index on, and the offset in the message that index has. */
  readonly lines: readonly { readonly index: number; readonly offset: number }[];
}

/** What waits for more to come. */
export interface EncodedRowsOptions {
  /** Fewer digits at the end don't make what was pushed wait; they are read all the same. @default {1} */
  readonly minWaitingDigits?: number;
}

/** Reads every row of one message. */
export class EncodedRows {
  readonly #open: (name: string) => DecodedView;
  readonly #minWaitingDigits: number;
  readonly #views: DecodedView[] = [];
  /** Made at the first row. */
  #readings: readonly Reading[] = [];
  /** Whether a lane has decoded something of the row. */
  #isDecoding = false;
  readonly #scratch = new ByteSink();
  #next = 0;
  /** End of the last span looked at. */
  #seenTo = 0;
  /** Place in the row of the digit at `#next`; undefined: no row is being read on. */
  #place: number | undefined;

  /** `open` makes the view of one coding, whose name it is given. */
  constructor(
    open: (name: string) => DecodedView,
    { minWaitingDigits = 1 }: EncodedRowsOptions = {},
  ) {
    this.#open = open;
    this.#minWaitingDigits = minWaitingDigits;
  }

  /** Offset of bytes that wait for more to come, and must stand in the next window; or infinity. */
  get heldFrom(): number {
    const waiting = this.#seenTo - this.#next;
    const isHeld = this.#place !== undefined ? waiting > 0 : waiting >= this.#minWaitingDigits;
    return isHeld ? this.#next : Infinity;
  }

  /** The views it has filled so far. */
  get views(): readonly DecodedView[] {
    return this.#views;
  }

  /** Goes on at `offset`; the bytes before it hold no row. */
  skipTo(offset: number): void {
    this.#next = offset;
    this.#seenTo = offset;
  }

  /** Looks at a span. */
  scan(window: ScanWindow, { from, to, edge }: WindowSpan): void {
    const { base, bytes } = window;
    if (base + from > this.#seenTo) this.#leaveRow(base + from);
    this.#seenTo = base + to;
    const finder = encodedFinder();
    let load = -1;
    for (;;) {
      const at = this.#next - base;
      if (this.#place === undefined) {
        const isShort = to - at < MIN_FINDER_BYTES;
        if (!isShort && !finder.has(load)) load = finder.load(bytes, { from: at, to });
        const start = isShort ? findRow(bytes, { from: at, to }, MIN_DIGITS) : finder.nextRow(at);
        this.#next = base + start;
        if (start >= to) {
          // The last digits may be the start of a row.
          if (edge === "open") this.#next = base + lastDigits(bytes, at, to);
          return;
        }
        const end = lineEnd(bytes, { from: start, to });
        // Most rows are long words.
        if (end < to && !mayBeText(bytes, { from: start, to: end }, to)) {
          this.#next = base + end;
          continue;
        }
      }
      if (this.#read(window, to, edge) === "waits") return;
    }
  }

  /** Reads the row at `#next`. */
  #read(window: ScanWindow, to: number, edge: "open" | "closed"): "on" | "waits" {
    const { base } = window;
    const from = this.#next - base;
    const start = this.#place === undefined ? "fresh" : "continued";
    const lines = rowLines(window, { from, to }, start);
    const end = lines.at(-1)!.to;
    const isCut = end === to && edge === "open";
    if (isCut && to - from < MAX_WAITING_BYTES) return "waits";
    const row = this.#rowOf(window, lines, isCut);
    this.#readRow(row);
    if (!isCut) {
      this.#leaveRow(base + end);
      return "on";
    }
    this.#goOn(row);
    return "waits";
  }

  #rowOf({ bytes, base }: ScanWindow, lines: readonly RowLine[], isCut: boolean): Row {
    const place = this.#place ?? 0;
    const [first] = lines;
    if (lines.length === 1) {
      const starts = [{ index: first!.from, offset: base + first!.from }];
      return { digits: bytes, range: first!, place, isCut, lines: starts };
    }
    const scratch = this.#scratch;
    scratch.clear();
    const starts = lines.map(({ from, to }) => {
      const index = scratch.length;
      scratch.append(bytes, from, to);
      return { index, offset: base + from };
    });
    const digits = scratch.bytes;
    return { digits, range: { from: 0, to: digits.length }, place, isCut, lines: starts };
  }

  #readRow(row: Row): void {
    const { digits, range } = row;
    if (this.#readings.length === 0) this.#readings = CODINGS.map(readingOf);
    for (const reading of this.#readings) {
      const { coding } = reading;
      if (range.to - range.from < coding.minDigits) continue;
      if (coding === BASE64) this.#readBlocks(row, reading, range);
      else {
        let isAll = false;
        for (const part of partsOf(digits, range, coding)) {
          this.#readBlocks(row, reading, part);
          isAll = part.to - part.from === range.to - range.from;
        }
        // A row of hexadecimal digits alone is that: what base64 makes of it is noise.
        if (isAll && coding === HEX) return;
      }
    }
  }

  #readBlocks(row: Row, { coding, lanes }: Reading, { from, to }: DigitRange): void {
    const { digits, range, place } = row;
    for (let block = from; block < to; block += BLOCK_DIGITS) {
      const start = Math.max(from, block - OVERLAP_DIGITS);
      const end = Math.min(to, block + BLOCK_DIGITS);
      let texts = coding.textLanes(digits, { from: start, to: end }, place + start - range.from);
      const isForeign = coding === BASE64 &&
        isNonAsciiText(digits, { from: start, to: end }, place + start - range.from);
      if (isForeign) texts |= 1;
      if (texts === 0) continue;
      const isLast = end === to && !(row.isCut && to === range.to);
      for (const lane of lanes) {
        if ((texts >> lane.number & 1) === 0) continue;
        this.#decode(row, coding, lane, { from: start, to: end, isLast });
      }
    }
  }

  /** Decodes what of a block wasn't decoded with the last one. `isLast`: the row ends with it. */
  #decode(
    row: Row,
    coding: DigitCoding,
    lane: Lane,
    { from, to, isLast }: DigitRange & { readonly isLast: boolean },
  ): void {
    if (lane.view === undefined) {
      lane.view = this.#open(coding.name);
      this.#views.push(lane.view);
    }
    this.#isDecoding = true;
    const { view } = lane;
    const shift = row.place - row.range.from;
    const isNext = lane.decodedTo !== undefined && lane.decodedTo >= from + shift;
    let at = isNext ? lane.decodedTo! - shift : alignUp(from + shift, lane, coding) - shift;
    if (!isNext) {
      if (lane.decodedTo !== undefined) view.endPiece(offsetOf(row, at));
      view.beginPiece(offsetOf(row, at), coding.ratio);
    }
    const end = isLast ? to : alignUp(to + shift - coding.lanes + 1, lane, coding) - shift;
    while (at < end) {
      const line = row.lines.find(({ index }) => index > at);
      const stop = line === undefined
        ? end
        : Math.min(end, alignUp(line.index + shift, lane, coding) - shift);
      coding.decode(row.digits, { from: at, to: stop }, view.sink);
      at = stop;
      if (at < end) view.continueAt(offsetOf(row, at), coding.ratio);
    }
    lane.decodedTo = at + shift;
  }

  /** Keeps the end of a long row for the next window. */
  #goOn({ range, place, lines }: Row): void {
    const index = Math.max(range.from, range.to - OVERLAP_DIGITS);
    const line = lines.findLast((one) => one.index <= index)!;
    this.#next = line.offset + index - line.index;
    this.#place = place + index - range.from;
  }

  #leaveRow(offset: number): void {
    this.#next = offset;
    this.#place = undefined;
    if (!this.#isDecoding) return;
    this.#isDecoding = false;
    for (const { lanes } of this.#readings) {
      for (const lane of lanes) {
        if (lane.decodedTo !== undefined) lane.view?.endPiece(offset);
        lane.decodedTo = undefined;
      }
    }
  }
}

/**
 * Tells whether the digits of a row may stand for text, or go on in a next line before `end`. May
 * over-report.
 */
export function mayBeText(bytes: Uint8Array, range: DigitRange, end: number): boolean {
  if (range.to - range.from > MAX_WORD_DIGITS) return true;
  if (range.to < end && mayWrap(bytes, range)) return true;
  return BASE64.textLanes(bytes, range, 0) !== 0 || isNonAsciiText(bytes, range, 0) ||
    holdsText(bytes, range, HEX) || holdsText(bytes, range, BASE32);
}

/** Whether a stretch of a smaller alphabet may stand for text. */
function holdsText(bytes: Uint8Array, range: DigitRange, coding: DigitCoding): boolean {
  return partsOf(bytes, range, coding).some((part) => coding.textLanes(bytes, part, 0) !== 0);
}

function readingOf(coding: DigitCoding): Reading {
  const lanes = Array.from({ length: coding.lanes }, (_, number) => ({
    number,
    view: undefined,
    decodedTo: undefined,
  }));
  return { coding, lanes };
}

/** The first place of a group of the lane, at `place` or after it. */
function alignUp(place: number, { number }: Lane, { lanes }: DigitCoding): number {
  return place + ((number - place) & (lanes - 1));
}

/** Offset in the message of the digit at `index`. */
function offsetOf({ lines }: Row, index: number): number {
  const line = lines.findLast((one) => one.index <= index) ?? lines[0]!;
  return line.offset + index - line.index;
}

/** The stretches of the row that are digits of a smaller alphabet, if long enough. */
function partsOf(
  digits: Uint8Array,
  { from, to }: DigitRange,
  { values, minDigits }: DigitCoding,
): DigitRange[] {
  const parts: DigitRange[] = [];
  let floor = from;
  for (let at = from + minDigits - 1; at < to; at = floor + minDigits - 1) {
    let start = at;
    while (start >= floor && values[digits[start]!] !== NO_DIGIT) start--;
    floor = start + 1;
    if (floor > at - minDigits + 1) continue;
    let end = at + 1;
    while (end < to && values[digits[end]!] !== NO_DIGIT) end++;
    parts.push({ from: floor, to: end });
    floor = end;
  }
  return parts;
}

/** Where the digits begin that the span ends with, or `to`. */
function lastDigits(bytes: Uint8Array, from: number, to: number): number {
  let start = to;
  while (start > from && isEncodingByte(bytes[start - 1]!)) start--;
  return start;
}

/**
 * Tells whether a block of base64 digits, read from its first group on, begins with UTF-8 of another
 * script than Latin, which no lane looks like. `place` is the place in the row of the digit `from`.
 * Checks eighteen bytes; a random row passes once in a million.
 */
function isNonAsciiText(
  digits: Uint8Array,
  { from, to }: DigitRange,
  place: number,
): boolean {
  const start = from + (-place & 3);
  if (to - start < UTF8_TRIAL_DIGITS) return false;
  const values = BASE64.values;
  let characters = 0;
  /** Bytes that must go on a character; before the first one's lead there may be some of another. */
  let pending = 0;
  let isBeforeFirst = true;
  let bits = 0;
  for (let index = 0; index < UTF8_TRIAL_DIGITS; index++) {
    bits = bits << 6 | values[digits[start + index]!]!;
    if (index % 4 === 0) continue;
    const byte = bits >>> (6 - 2 * (index % 4)) & 0xff;
    if (isContinuation(byte)) {
      if (pending > 0) pending--;
      else if (!isBeforeFirst || index > 3) return false;
      continue;
    }
    const length = byte < 0x80 ? 1 : byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    if (pending > 0 || length === 0 || byte > 0xf4) return false;
    isBeforeFirst = false;
    if (length > 1) characters++;
    pending = length - 1;
  }
  return characters > 1;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
