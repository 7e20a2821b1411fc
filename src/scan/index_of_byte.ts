/** Finds a byte within a part of some bytes. */

/** Up to here a loop is quicker than a view of the part and the call that searches it. */
const SHORT_BYTES = 96;

/** Returns where `byte` first stands in `bytes` from index `from` up to `to`, exclusive; or -1. */
export function indexOfByte(bytes: Uint8Array, byte: number, from: number, to: number): number {
  if (to - from <= SHORT_BYTES) {
    for (let at = from; at < to; at++) if (bytes[at] === byte) return at;
    return -1;
  }
  if (to === bytes.length) return bytes.indexOf(byte, from);
  const found = bytes.subarray(from, to).indexOf(byte);
  return found < 0 ? -1 : from + found;
}
