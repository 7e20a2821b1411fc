/**
 * Dotted object identifiers ⇄ DER elements (X.690 §8.19), and the identifiers that our certificates use.
 *
 * Invariant: pure. Arcs are unbounded, as in X.660: UUID-based ones need 128 bits.
 */

import { type Der, element, TAG } from "./der.ts";

/** The identifiers of our certificates, each with where it is defined. */
export const OID = {
  /** RFC 5480 §2.1.1 */
  ecPublicKey: "1.2.840.10045.2.1",
  /** P-256, RFC 5480 §2.1.1.1 */
  prime256v1: "1.2.840.10045.3.1.7",
  /** RFC 5758 §3.2 */
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  /** RFC 5280 appendix A.1 */
  commonName: "2.5.4.3",
  /** RFC 5280 appendix A.1 */
  organizationName: "2.5.4.10",
  /** RFC 5280 §4.2.1.2 */
  subjectKeyIdentifier: "2.5.29.14",
  /** RFC 5280 §4.2.1.3 */
  keyUsage: "2.5.29.15",
  /** RFC 5280 §4.2.1.6 */
  subjectAltName: "2.5.29.17",
  /** RFC 5280 §4.2.1.9 */
  basicConstraints: "2.5.29.19",
  /** RFC 5280 §4.2.1.1 */
  authorityKeyIdentifier: "2.5.29.35",
  /** RFC 5280 §4.2.1.12 */
  extendedKeyUsage: "2.5.29.37",
  /** RFC 5280 §4.2.1.12 */
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

/** At least two arcs, without leading zeros. */
const DOTTED_REGEXP = /^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/;

/**
 * Encodes a dotted identifier as an OBJECT IDENTIFIER element.
 *
 * @throws {SyntaxError} when `dotted` is not two or more decimal arcs, or its first two arcs are
 * out of range: 0 to 2, then below 40 unless the first is 2.
 */
export function objectIdentifier(dotted: string): Der {
  if (!DOTTED_REGEXP.test(dotted)) {
    throw new SyntaxError(`Cannot encode OID "${dotted}": two or more decimal arcs are needed`);
  }
  const [root, second, ...arcs] = dotted.split(".").map(BigInt) as [bigint, bigint, ...bigint[]];
  if (root > 2n || (root < 2n && second > 39n)) {
    throw new SyntaxError(`Cannot encode OID "${dotted}": its first two arcs are out of range`);
  }
  const subidentifiers = [root * 40n + second, ...arcs];
  return element(TAG.objectIdentifier, Uint8Array.from(subidentifiers.flatMap(base128)));
}

/**
 * Reads an OBJECT IDENTIFIER's content as a dotted identifier.
 *
 * @throws {SyntaxError} when an arc is cut short or written with needless octets.
 */
export function readObjectIdentifier(content: Uint8Array): string {
  const subidentifiers: bigint[] = [];
  let value = 0n;
  let isInside = false;
  for (const octet of content) {
    if (!isInside && octet === 0x80) {
      throw new SyntaxError("Cannot read OID: an arc starts with a needless octet");
    }
    value = (value << 7n) | BigInt(octet & 0x7f);
    isInside = octet >= 0x80;
    if (isInside) continue;
    subidentifiers.push(value);
    value = 0n;
  }
  const [first, ...arcs] = subidentifiers;
  if (first === undefined || isInside) {
    throw new SyntaxError("Cannot read OID: its last arc is cut short");
  }
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...arcs].join(".");
}

/** Seven bits an octet, highest first, all but the last with the top bit set. */
function base128(value: bigint): number[] {
  const octets = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}
