/** How many bytes to ask a stream for, told by what it gave last. Pure. */

/** Asked for at first and while little comes: more than most heads, and all that an idle stream costs. */
export const FIRST_READ_BYTES = 4_096;
/** Asked for at most, while a large body is on its way. */
export const LARGEST_READ_BYTES = 65_536;

/** After full reads, so many times more is asked for. */
const GROWTH = 4;

/** Returns what to ask for after `asked` bytes were asked for and `got` came. */
export function nextReadBytes(asked: number, got: number): number {
  if (got >= asked) return Math.min(asked * GROWTH, LARGEST_READ_BYTES);
  return got < FIRST_READ_BYTES ? FIRST_READ_BYTES : asked;
}
