/**
 * The loops that every scanned byte goes through, in AssemblyScript: sixteen bytes a step.
 *
 * `deno task kernel` writes what it compiles to into `src/scan/scan_kernel_code.ts`. Addresses and the
 * layout of the tables are those of `src/scan/scan_kernel.ts`. Bytes beside those asked about are read, up
 * to 8 before and 96 after; what is read there never changes an answer.
 */

/** Bits 3 to 17 of a product are a slot. */
const SLOT_SHIFT: i32 = 17;
/** Where the tables of anchors stand. */
const FILTER: usize = 1_024;
const SECOND_FILTER: usize = FILTER + 32_768;
const FIRST_ENTRIES: usize = SECOND_FILTER + 16_384;
/** Bytes of an entry: word, mask, anchor, address of its bytes, offset, length, whether more follow. */
const ENTRY_BYTES: usize = 24;
/** Where the tables of digits stand, in a kernel that looks for encoded text. */
const LANE_MASKS: usize = 1_024;
const ALPHABETS: usize = LANE_MASKS + 4_096;
/** Digits of a row, at least. */
const MIN_DIGITS: i32 = 11;
/** Longer rows, and rows in which a script other than Latin may stand, are judged elsewhere. */
const MAX_WORD_DIGITS: i32 = 23;
const MIN_HEX_DIGITS: i32 = 16;
const MIN_BASE32_DIGITS: i32 = 13;
const MIN_LINE_DIGITS: i32 = 16;

/** Written by `findAnchors`: where it stopped. */
const NEXT: usize = 0;

/** Read by it: addresses, and how many hits may be there before a place is confirmed. */
const ENTRIES_AT: usize = 8;
const HITS_AT: usize = 12;
const MAX_HITS: usize = 16;
const CANDIDATES_AT: usize = 20;
/** Bytes filtered in one go, and where their masks are written: two bytes for sixteen. */
const CHUNK_BYTES: i32 = 2_048;
const MASKS: usize = 256;

/** Slots of the four words at `at`, `at` + 4, …, as anchors left them. */
function slotsAt(at: usize): v128 {
  const folded = v128.or(v128.load(at), i32x4.splat(0x20202020));
  return i32x4.shr_u(i32x4.mul(folded, i32x4.splat(0x3779b100)), SLOT_SHIFT);
}

/** Whether a text is an anchor's, but for the case of its letters. */
function isSame(text: usize, anchor: usize, length: i32): bool {
  for (; length > 0; length -= 16, text += 16, anchor += 16) {
    const bytes = v128.load(text);
    const isUpper = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x41)), i8x16.splat(26));
    const lower = v128.or(bytes, v128.and(isUpper, i8x16.splat(0x20)));
    const others = i8x16.bitmask(i8x16.ne(lower, v128.load(anchor)));
    if ((others & ((1 << min(length, 16)) - 1)) != 0) return false;
  }
  return true;
}

/**
 * Finds anchors whose fingerprints begin from `at` to `last`; all are indices from `bytes` on. Writes
 * pairs of number and index; returns how many, and at `NEXT` where to go on.
 *
 * Each chunk is passed over three times, so that nearly no branch depends on what it holds.
 */
export function findAnchors(
  bytes: usize,
  at: i32,
  last: i32,
  floor: i32,
  from: i32,
  to: i32,
): i32 {
  const maxHits = load<i32>(MAX_HITS);
  const hitsAt = load<usize>(HITS_AT);
  const candidatesAt = load<usize>(CANDIDATES_AT);
  let count: i32 = 0;
  for (; at < last; at += CHUNK_BYTES) {
    const blocks = (min(last - at, CHUNK_BYTES) + 15) >> 4;
    filterChunk(bytes + <usize> at, blocks);
    const candidatesEnd = listCandidates(bytes, at, (blocks + 3) >> 2, candidatesAt);
    for (let candidate = candidatesAt; candidate < candidatesEnd; candidate += 4) {
      const index = load<i32>(candidate);
      if (count > maxHits) {
        store<i32>(NEXT, index);
        return count;
      }
      count = confirm(bytes, index, floor, from, to, hitsAt, count);
    }
  }
  store<i32>(NEXT, at);
  return count;
}

/** Lists what passes the second filter too, of which the masks of `groups` times 64 bytes tell. */
function listCandidates(bytes: usize, at: i32, groups: i32, candidate: usize): usize {
  for (let group: i32 = 0; group < groups; group++) {
    let found = load<u64>(MASKS + (<usize> group << 3));
    for (; found != 0; found &= found - 1) {
      const index = at + (group << 6) + <i32> ctz(found);
      const word = load<u32>(bytes + <usize> index) | 0x20202020;
      store<i32>(candidate, index);
      candidate += ((secondFilter(word) | secondFilter(word << 8)) & 1) << 2;
    }
  }
  return candidate;
}

/** Writes a mask for each block of sixteen bytes: where a fingerprint may begin. */
function filterChunk(p: usize, blocks: i32): void {
  // The last group of masks is read whole.
  store<u64>(MASKS + (<usize> (blocks >> 2) << 3), 0);
  for (let block: i32 = 0; block < blocks; block++, p += 16) {
    const slots0 = slotsAt(p);
    const slots1 = slotsAt(p + 1);
    const slots2 = slotsAt(p + 2);
    const slots3 = slotsAt(p + 3);
    let fourths = i8x16.splat(0);
    let two = <u64> i64x2.extract_lane(slots0, 0);
    fourths = v128.load_lane<u8>(<usize> (<u32> two), fourths, 0, FILTER);
    fourths = v128.load_lane<u8>(<usize> (two >> 32), fourths, 4, FILTER);
    two = <u64> i64x2.extract_lane(slots0, 1);
    fourths = v128.load_lane<u8>(<usize> (<u32> two), fourths, 8, FILTER);
    fourths = v128.load_lane<u8>(<usize> (two >> 32), fourths, 12, FILTER);
    two = <u64> i64x2.extract_lane(slots1, 0);
    fourths = v128.load_lane<u8>(<usize> (<u32> two), fourths, 1, FILTER);
    fourths = v128.load_lane<u8>(<usize> (two >> 32), fourths, 5, FILTER);
    two = <u64> i64x2.extract_lane(slots1, 1);
    fourths = v128.load_lane<u8>(<usize> (<u32> two), fourths, 9, FILTER);
    fourths = v128.load_lane<u8>(<usize> (two >> 32), fourths, 13, FILTER);
    two = <u64> i64x2.extract_lane(slots2, 0);
    fourths = v128.load_lane<u8>(<usize> (<u32> two), fourths, 2, FILTER);
    fourths = v128.load_lane<u8>(<usize> (two >> 32), fourths, 6, FILTER);
    two = <u64> i64x2.extract_lane(slots2, 1);
    fourths = v128.load_lane<u8>(<usize> (<u32> two), fourths, 10, FILTER);
    fourths = v128.load_lane<u8>(<usize> (two >> 32), fourths, 14, FILTER);
    two = <u64> i64x2.extract_lane(slots3, 0);
    fourths = v128.load_lane<u8>(<usize> (<u32> two), fourths, 3, FILTER);
    fourths = v128.load_lane<u8>(<usize> (two >> 32), fourths, 7, FILTER);
    two = <u64> i64x2.extract_lane(slots3, 1);
    fourths = v128.load_lane<u8>(<usize> (<u32> two), fourths, 11, FILTER);
    fourths = v128.load_lane<u8>(<usize> (two >> 32), fourths, 15, FILTER);
    const bits = i8x16.swizzle(
      i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0),
      v128.and(v128.load(p, 3), i8x16.splat(7)),
    );
    store<u16>(
      MASKS + (<usize> block << 1),
      <u16> i8x16.bitmask(i8x16.ne(v128.and(fourths, bits), i8x16.splat(0))),
    );
  }
}

/** Its lowest bit: whether an anchor may have left the word. */
function secondFilter(word: u32): u32 {
  const bit = (word * 0x9e3779b1) >> 15;
  return <u32> load<u8>(<usize> (bit >> 3), SECOND_FILTER) >> (bit & 7);
}

/** Adds the anchors of which a fingerprint stands at `at`; it passed both filters. */
function confirm(
  bytes: usize,
  at: i32,
  floor: i32,
  from: i32,
  to: i32,
  hitsAt: usize,
  count: i32,
): i32 {
  const word = load<u32>(bytes + <usize> at) | 0x20202020;
  const slot = (word * 0x3779b100) >> SLOT_SHIFT;
  let entry = load<usize>(ENTRIES_AT) +
    <usize> load<u32>(<usize> slot << 2, FIRST_ENTRIES) * ENTRY_BYTES;
  for (let more = true; more; entry += ENTRY_BYTES) {
    more = load<u32>(entry, 20) != 0;
    if ((word & load<u32>(entry, 4)) != load<u32>(entry)) continue;
    const length = <i32> load<u16>(entry, 18);
    const position = at - <i32> load<u16>(entry, 16);
    const end = position + length;
    if (position < floor || end > to || end <= from) continue;
    if (!isSame(bytes + <usize> position, load<usize>(entry, 12), length)) continue;
    const hit = hitsAt + (<usize> count << 3);
    store<i32>(hit, load<i32>(entry, 8));
    store<i32>(hit, position, 4);
    count++;
  }
  return count;
}

/** One bit for each of sixteen bytes that is a base64 digit of either alphabet. */
function digitMask(at: usize): u64 {
  const bytes = v128.load(at);
  // By the lower four bits and the upper: 1, one of `+-/`; 2, a decimal digit; 4, `a` to `o`; 8, `p` to
  // `z`; 16, `_`.
  const low = i8x16.swizzle(
    i8x16(10, 14, 14, 14, 14, 14, 14, 14, 14, 14, 12, 5, 4, 5, 4, 21),
    v128.and(bytes, i8x16.splat(15)),
  );
  const high = i8x16.swizzle(
    i8x16(0, 0, 1, 2, 4, 24, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0),
    i8x16.shr_u(bytes, 4),
  );
  return <u64> (<u32> i8x16.bitmask(i8x16.ne(v128.and(low, high), i8x16.splat(0))));
}

/**
 * Returns the address of the first row between two addresses that has to be judged: it may hold text,
 * may go on in a next line, is long or ends at `to`; or `to`.
 */
export function nextRow(from: usize, to: usize): usize {
  let at = from;
  while (at + MIN_DIGITS <= to) {
    const digits = digitMask(at) | digitMask(at + 16) << 16 | digitMask(at + 32) << 32 |
      digitMask(at + 48) << 48;
    // The places at which eleven digits begin.
    let starts = digits & digits >> 1;
    starts &= starts >> 2;
    starts &= starts >> 4;
    starts &= digits >> 8 & digits >> 9 & digits >> 10;
    if (starts == 0) {
      at += 64 - MIN_DIGITS + 1;
      continue;
    }
    const start = at + <usize> ctz(starts);
    if (start + MIN_DIGITS > to) return to;
    const end = rowEnd(start + MIN_DIGITS, to);
    if (end >= to || mayBeText(start, end)) return start;
    at = end;
  }
  return to;
}

function rowEnd(at: usize, to: usize): usize {
  for (; at < to; at += 16) {
    const others = digitMask(at) ^ 0xffff;
    if (others != 0) return min(to, at + <usize> ctz(others));
  }
  return to;
}

/** Whether a row has to be judged by others. `lanes`: see `DigitCoding`. */
function mayBeText(from: usize, to: usize): bool {
  const length = <i32> (to - from);
  if (length > MAX_WORD_DIGITS) return true;
  if (length >= MIN_LINE_DIGITS && (length & 3) == 0) {
    const after = load<u8>(to);
    if (after == 10 || after == 13) return true;
  }
  const bias: u32 = (0x80 - <u32> MIN_DIGITS) * 0x01010101;
  let counts: u32 = 0;
  let hex: i32 = 0;
  let base32: i32 = 0;
  for (let at: usize = 0; at < <usize> length; at++) {
    const byte = <usize> load<u8>(from + at);
    counts = (counts + 0x01010101) & load<u32>(LANE_MASKS + (((at & 3) << 8 | byte) << 2));
    const alphabets = <i32> load<u8>(ALPHABETS + byte);
    hex = (hex + 1) & -(alphabets & 1);
    base32 = (base32 + 1) & -(alphabets >> 1);
    if (((counts + bias) & 0x80808080) != 0) return true;
    if (hex >= MIN_HEX_DIGITS || base32 >= MIN_BASE32_DIGITS) return true;
  }
  return false;
}

/** The bytes that are one of ` :,-`. */
function delimiters(bytes: v128): v128 {
  return v128.or(
    v128.or(i8x16.eq(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x3a))),
    v128.or(i8x16.eq(bytes, i8x16.splat(0x2c)), i8x16.eq(bytes, i8x16.splat(0x2d))),
  );
}

/** Bytes that stand three and six places further on too, with hexadecimal digits directly after. */
function paired(at: usize, bytes: v128): v128 {
  const isThrice = v128.and(
    i8x16.eq(bytes, v128.load(at, 3)),
    i8x16.eq(bytes, v128.load(at, 6)),
  );
  return v128.and(isThrice, v128.and(hexDigits(v128.load(at, 1)), hexDigits(v128.load(at, 2))));
}

function hexDigits(bytes: v128): v128 {
  return v128.or(
    i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10)),
    i8x16.lt_u(
      i8x16.sub(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x61)),
      i8x16.splat(6),
    ),
  );
}

/** The address of the first delimiter of hexadecimal pairs, as far as three bytes tell, or `to`. */
export function nextPair(from: usize, to: usize): usize {
  for (let at = from; at < to; at += 16) {
    const bytes = v128.load(at);
    const found = i8x16.bitmask(v128.and(delimiters(bytes), paired(at, bytes)));
    if (found != 0) return min(to, at + <usize> ctz(found));
  }
  return to;
}

/** Whether an escape, UTF-16 or a row of hexadecimal pairs may stand between two addresses. */
export function holdsMarker(from: usize, to: usize): bool {
  for (let at = from; at < to; at += 16) {
    const bytes = v128.load(at);
    const isPaired = v128.or(
      paired(at, bytes),
      v128.and(
        i8x16.eq(v128.load(at - 4), i8x16.splat(0x30)),
        i8x16.eq(v128.load(at - 3), i8x16.splat(0x78)),
      ),
    );
    const isDelimiter = v128.or(delimiters(bytes), i8x16.eq(bytes, i8x16.splat(0x3b)));
    const isNul = v128.and(
      i8x16.eq(bytes, i8x16.splat(0)),
      i8x16.eq(v128.load(at, 2), i8x16.splat(0)),
    );
    const isSure = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x5c)), i8x16.ge_u(bytes, i8x16.splat(-2))),
      v128.or(isNul, v128.and(isDelimiter, isPaired)),
    );
    const isLead = v128.or(
      i8x16.eq(bytes, i8x16.splat(0x25)),
      v128.or(i8x16.eq(bytes, i8x16.splat(0x26)), i8x16.eq(bytes, i8x16.splat(0x3d))),
    );
    const either = v128.or(isSure, isLead);
    if (!v128.any_true(either)) continue;
    const within: i32 = to - at < 16 ? (1 << <i32> (to - at)) - 1 : 0xffff;
    if ((i8x16.bitmask(isSure) & within) != 0) return true;
    for (let leads = i8x16.bitmask(isLead) & within; leads != 0; leads &= leads - 1) {
      if (isEscape(at + <usize> ctz(leads))) return true;
    }
  }
  return false;
}

function isHex(byte: u32): bool {
  return byte - 0x30 < 10 || (byte | 0x20) - 0x61 < 6;
}

/** Whether what begins with `%`, `&` or `=` may be an escape. */
function isEscape(at: usize): bool {
  const byte = load<u8>(at);
  const next = <u32> load<u8>(at, 1);
  if (byte == 0x26) {
    if (next == 0x23) return true;
    for (let end: usize = 1; end < 9; end++) if (load<u8>(at + end) == 0x3b) return true;
    return false;
  }
  if (byte == 0x25 ? next == 0x75 : next == 10 || next == 13) return true;
  return isHex(next) && isHex(<u32> load<u8>(at, 2));
}
