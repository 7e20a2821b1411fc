/**
 * A short message → whether anything in it may be encoded.
 *
 * Most messages, and most of what is decoded from others, hold nothing encoded; one pass that knows
 * the beginnings of all encodings says so, and spares them the decoders and their memory.
 *
 * Invariant: may over-report; never says no where a decoder would have decoded something.
 */
import { lineEnd, type RowLine } from "./digit_row.ts";
import { encodedFinder } from "./encoded_finder.ts";
import { mayBeText } from "./encoded_rows.ts";

/** Bytes that no encoding goes on after. */
const FINAL_BYTES: ReadonlySet<number> = new Set([...'}])".!?>\n'].map((one) => one.charCodeAt(0)));

/** Tells whether what ends with `bytes` is no encoding that bytes to come could complete. */
export function endsPlainly(bytes: Uint8Array): boolean {
  return FINAL_BYTES.has(bytes.at(-1)!);
}

/** Tells whether a decoder would find work in a part of `bytes`, which its neighbours don't prolong. */
export function mayHoldEncoded(
  bytes: Uint8Array,
  { from, to }: RowLine = { from: 0, to: bytes.length },
): boolean {
  const finder = encodedFinder();
  finder.load(bytes, { from, to });
  if (finder.holdsMarker()) return true;
  for (let row = finder.nextRow(from); row < to;) {
    const end = lineEnd(bytes, { from: row, to });
    if (mayBeText(bytes, { from: row, to: end }, to)) return true;
    row = finder.nextRow(end);
  }
  return false;
}
