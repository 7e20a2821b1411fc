/**
 * IPv6 literals: text → the one normal form (RFC 4291 §2.2 in, RFC 5952 §4 out).
 *
 * Two spellings of one address must compare equal, else an allowed or forbidden host is evaded
 * by writing it differently. Zone identifiers are refused: they mean something on one machine only.
 */
import { H16_REGEXP, IPV4_REGEXP } from "./grammar.ts";

const GROUPS = 8;

/**
 * Normalises an IPv6 literal without brackets: lower case, no leading zeros, the longest run of
 * zero groups as `::`; an embedded IPv4 address becomes two groups. `undefined` when `text` is no
 * IPv6 address.
 */
export function normalizeIpv6(text: string): string | undefined {
  const halves = text.toLowerCase().split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? "");
  const tail = halves[1] === undefined ? [] : groupsOf(halves[1]);
  if (head === undefined || tail === undefined) return undefined;
  // Only the end of the address may be written as IPv4.
  if (halves[1] !== undefined && halves[0]!.includes(".")) return undefined;

  const missing = GROUPS - head.length - tail.length;
  // `::` stands for one group at least.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return format([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** Reads groups between colons; an empty text has none. */
function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (H16_REGEXP.test(part)) {
      groups.push(parseInt(part, 16));
    } else if (i === parts.length - 1 && IPV4_REGEXP.test(part)) {
      const octets = part.split(".").map(Number);
      groups.push(octets[0]! * 256 + octets[1]!, octets[2]! * 256 + octets[3]!);
    } else {
      return undefined;
    }
  }
  return groups;
}

function format(groups: readonly number[]): string {
  let bestStart = 0;
  let bestLength = 1;
  for (let start = 0; start < GROUPS; start++) {
    let end = start;
    while (end < GROUPS && groups[end] === 0) end++;
    if (end - start > bestLength) {
      bestStart = start;
      bestLength = end - start;
    }
  }
  const digits = groups.map((group) => group.toString(16));
  // RFC 5952 §4.2.2: a single zero group is not shortened.
  if (bestLength === 1) return digits.join(":");
  return `${digits.slice(0, bestStart).join(":")}::${
    digits.slice(bestStart + bestLength).join(":")
  }`;
}
