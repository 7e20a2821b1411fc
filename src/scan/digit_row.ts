/**
 * Bytes → rows of base64 digits, which may be wrapped over lines (RFC 2045 §6.8: at 76 digits).
 *
 * A row is found by probing at a distance of its shortest length, so that most bytes aren't looked at.
 * The digits of base32 and hexadecimal are base64 digits too.
 */
import { BASE64_VALUES, isEncodingByte, NO_DIGIT } from "./encoding_alphabets.ts";
import type { ScanWindow } from "./escape_view.ts";

/** A wrapped line has as many digits at least; shorter ones are words under each other. */
const MIN_LINE_DIGITS = 16;
/** Spaces and tabs before a wrapped line, as in YAML. */
const MAX_INDENT_BYTES = 16;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Digits `from` to `to` of the window; a row has one line or several. */
export interface RowLine {
  readonly from: number;
  readonly to: number;
}

/** Tells whether a row that is one line so far may go on in the next. */
export function mayWrap(bytes: Uint8Array, { from, to }: RowLine): boolean {
  const digits = to - from;
  if (digits < MIN_LINE_DIGITS || digits % 4 !== 0) return false;
  return bytes[to] === LINE_FEED || bytes[to] === CARRIAGE_RETURN;
}

/** Returns where the digits that begin at `from` end. */
export function lineEnd(bytes: Uint8Array, { from, to }: RowLine): number {
  let end = from;
  while (end < to && BASE64_VALUES[bytes[end]!] !== NO_DIGIT) end++;
  return end;
}

/** Returns where the first row of `minDigits` digits or more begins, or `to`. */
export function findRow(bytes: Uint8Array, { from, to }: RowLine, minDigits: number): number {
  let at = from + minDigits - 1;
  while (at < to) {
    let probe = at;
    while (probe >= from && BASE64_VALUES[bytes[probe]!] !== NO_DIGIT) probe--;
    if (probe <= at - minDigits) return probe + 1;
    from = probe + 1;
    at = from + minDigits - 1;
  }
  return to;
}

/**
 * The lines of the row that begins at `from`. The last one ends at `to` if the row may go on there.
 *
 * `continued`: the row began before, so that its first line may be the short rest of one.
 */
export function rowLines(
  { bytes }: ScanWindow,
  { from, to }: RowLine,
  start: "fresh" | "continued",
): RowLine[] {
  const lines: RowLine[] = [];
  let lineFrom = from;
  for (;;) {
    const end = lineEnd(bytes, { from: lineFrom, to });
    lines.push({ from: lineFrom, to: end });
    const digits = end - lineFrom;
    const isRest = lines.length === 1 && start === "continued";
    if (end === to || digits % 4 !== 0 || (digits < MIN_LINE_DIGITS && !isRest)) return lines;
    const next = nextLine(bytes, end, to);
    if (next === undefined) return lines;
    if (next === to) return [...lines, { from: to, to }];
    lineFrom = next;
  }
}

/** Where the digits of the next line begin; `to`: perhaps after it; undefined: there is none. */
function nextLine(bytes: Uint8Array, end: number, to: number): number | undefined {
  let at = end;
  if (bytes[at] === CARRIAGE_RETURN) at++;
  if (at >= to) return to;
  if (bytes[at] !== LINE_FEED) return undefined;
  at++;
  const indentTo = Math.min(at + MAX_INDENT_BYTES, to);
  while (at < indentTo && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++;
  if (at >= to) return to;
  return isEncodingByte(bytes[at]!) ? at : undefined;
}
