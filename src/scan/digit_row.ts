/**
 * Bytes → rows of base64 digits, which may be wrapped over lines (RFC 2045 §6.8: at 76 digits).
 *
 * A row is found by probing at a distance of its shortest length, so that most bytes aren't looked at.
 * The digits of base32 and hexadecimal are base64 digits too.
 */
import { isEncodingByte } from "./encoding_alphabets.ts";
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

/** Returns where the first row of `minDigits` digits or more begins, or `to`. */
export function findRow(bytes: Uint8Array, { from, to }: RowLine, minDigits: number): number {
  let at = from + minDigits - 1;
  while (at < to) {
    let probe = at;
    while (probe >= from && isEncodingByte(bytes[probe]!)) probe--;
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
    let end = lineFrom;
    while (end < to && isEncodingByte(bytes[end]!)) end++;
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
