/**
 * A host as a client names it → the one subjectAltName entry that matches it (RFC 5280 §4.2.1.6,
 * RFC 6125 §6.4).
 *
 * An IPv4 or IPv6 literal becomes an iPAddress entry, anything else a dNSName; never both, since a
 * client looks an address up among addresses only. Not here: wildcards (one host, one leaf), names in
 * Unicode (callers hand over A-labels, RFC 5890), IPv6 zones (they mean nothing to another machine).
 *
 * Invariant: pure. What cannot be a host on the internet is refused, so no text from the network
 * reaches a certificate unchecked.
 */

/** What a leaf is valid for. `text` is canonical: lower case, no brackets, no dot at the end. */
export type SubjectAltName =
  | { readonly kind: "dns"; readonly text: string }
  | { readonly kind: "ip"; readonly text: string; readonly octets: Uint8Array<ArrayBuffer> };

/** RFC 1035 §2.3.4 allows 255 octets on the wire, which are 253 characters of text. */
const MAX_NAME_CHARS = 253;

/** ASCII alone may be lower-cased: U+212A, the Kelvin sign, would become a k. */
const ASCII_REGEXP = /^[\x21-\x7e]*$/;

/**
 * One label, RFC 1123 §2.1: 1 to 63 letters, digits and inner hyphens. Wider than the RFC: underscores,
 * which names in real use contain and clients accept.
 */
const LABEL_REGEXP = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** A last label that makes WHATWG URL §3.5 take the whole name for an IPv4 address. */
const NUMERIC_LABEL_REGEXP = /^(?:\d+|0x[0-9a-f]*)$/;

/** A decimal octet without leading zeros: `010` is 8 to some readers and 10 to others. */
const IPV4_OCTET_REGEXP = /^(?:0|[1-9]\d{0,2})$/;

const IPV6_GROUP_REGEXP = /^[0-9a-f]{1,4}$/;

/**
 * Tells what a certificate for `host` must be valid for. Case, the brackets that `URL.hostname` puts
 * around IPv6, and one dot at the end of a name make no difference.
 *
 * @throws {SyntaxError} when `host` is neither an IP literal nor a host name in A-label form.
 */
export function subjectAltName(host: string): SubjectAltName {
  // Checked first so that the message below stays short whatever was sent.
  if (host.length > MAX_NAME_CHARS + 1) throw notAHost(`${host.slice(0, 32)}...`);
  if (!ASCII_REGEXP.test(host)) throw notAHost(host);
  const lowerCase = host.toLowerCase();
  const isBracketed = lowerCase.startsWith("[") && lowerCase.endsWith("]");
  const bare = isBracketed ? lowerCase.slice(1, -1) : lowerCase;
  const ipv6 = ipv6Octets(bare);
  if (ipv6 !== undefined) return { kind: "ip", text: bare, octets: ipv6 };
  const ipv4 = isBracketed ? undefined : ipv4Octets(bare);
  if (ipv4 !== undefined) return { kind: "ip", text: bare, octets: ipv4 };
  const name = lowerCase.endsWith(".") ? lowerCase.slice(0, -1) : lowerCase;
  if (!isHostName(name)) throw notAHost(host);
  return { kind: "dns", text: name };
}

function notAHost(shown: string): SyntaxError {
  return new SyntaxError(
    `Cannot name ${JSON.stringify(shown)} in a certificate: ` +
      `it is no host name or IP address, a name in A-label form is needed`,
  );
}

function isHostName(name: string): boolean {
  const labels = name.split(".");
  return name.length <= MAX_NAME_CHARS &&
    labels.every((label) => LABEL_REGEXP.test(label)) &&
    !NUMERIC_LABEL_REGEXP.test(labels.at(-1)!);
}

function ipv4Octets(text: string): Uint8Array<ArrayBuffer> | undefined {
  const parts = text.split(".");
  const isAddress = parts.length === 4 &&
    parts.every((part) => IPV4_OCTET_REGEXP.test(part) && Number(part) <= 0xff);
  return isAddress ? Uint8Array.from(parts, Number) : undefined;
}

/** RFC 4291 §2.2: eight groups, at most one `::`, the last two groups possibly as an IPv4 address. */
function ipv6Octets(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!text.includes(":")) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, at) => groupOctets(half, at === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? Uint8Array.from(head) : undefined;
  // `::` stands for one group of zeros or more.
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  const octets = new Uint8Array(16);
  octets.set(head, 0);
  octets.set(tail, 16 - tail.length);
  return octets;
}

/** The octets of colon-separated groups; `isLast` allows the IPv4 form at their end. */
function groupOctets(half: string, isLast: boolean): readonly number[] | undefined {
  if (half === "") return [];
  const groups = half.split(":");
  const octets: number[] = [];
  for (const [at, group] of groups.entries()) {
    if (IPV6_GROUP_REGEXP.test(group)) {
      const value = parseInt(group, 16);
      octets.push(value >> 8, value & 0xff);
      continue;
    }
    const ipv4 = isLast && at === groups.length - 1 ? ipv4Octets(group) : undefined;
    if (ipv4 === undefined) return undefined;
    octets.push(...ipv4);
  }
  return octets;
}
