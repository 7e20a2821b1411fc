/** Finds a byte within a part of a window. */

/** Up to here a loop is quicker than a call. */
const SHORT_BYTES = 96;

/** Bytes, and the same bytes as text, one character each: made when first asked for. */
export interface SearchedBytes {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Returns where `byte` first stands from index `from` up to `to`, exclusive; or -1. Long parts are
 * searched as text, four times as fast as bytes; what is searched behind `to` in vain is no more than
 * a window.
 */
export function indexOfByte(
  searched: SearchedBytes,
  byte: number,
  from: number,
  to: number,
): number {
  if (to - from <= SHORT_BYTES) {
    const { bytes } = searched;
    for (let at = from; at < to; at++) if (bytes[at] === byte) return at;
    return -1;
  }
  const found = searched.text.indexOf(String.fromCharCode(byte), from);
  return found < to ? found : -1;
}
