/**
 * Values that must never leave → keyed fingerprints of every form they may be written in, to be given
 * to a data worker, which can recognise the values and cannot tell them.
 *
 * Of each form a worker is given: how long it is, keyed 32-bit hashes of its first and of its last eight
 * bytes, and a keyed digest (HMAC) of all, which alone decides. What a worker's memory tells of a secret to
 * whoever reads it is therefore a means to confirm a guess. Pure: chance and digest are handed in.
 */
import type { Home } from "./rule.ts";
import { secretForms } from "./known_secret_forms.ts";

/** Shorter values are words that stand in any text. Also the width of the rolling window. */
export const MIN_VALUE_BYTES = 8;
/** Some ten forms each, of 60 bytes. */
export const MAX_KNOWN_SECRETS = 1_000;

/** A value and what it is called. */
export interface KnownSecretEntry {
  /** The variable's or the file's: `GITHUB_TOKEN`, `/home/me/.netrc api.example.com`. */
  readonly name: string;
  readonly value: string;
  /** Where it belongs; absent: nowhere. */
  readonly homes?: readonly Home[];
}

/** Computes a keyed digest of bytes: equal for equal bytes, no help to find others. */
export type KeyedDigest = (bytes: Uint8Array) => string;

/** Random numbers below 2^32 that key the window hash; made odd, so that every bit counts. */
export type HashKeys = readonly [low: number, high: number];

/** What keys the fingerprints. */
export interface KnownSecretKeys {
  readonly hashKeys: HashKeys;
  readonly digest: KeyedDigest;
}

/** All a worker is given. Can be cloned. */
export interface KnownSecretSet {
  readonly hashKeys: HashKeys;
  /** Names and homes, without the values. */
  readonly sources: readonly Omit<KnownSecretEntry, "value">[];
  readonly forms: readonly SecretFormPrint[];
  /**
   * By byte, 1 where a form may hold it: all that encodings use, and what values hold besides. A
   * stream that ends in another byte ends in no form.
   */
  readonly alphabet: Uint8Array;
}

/** The fingerprint of one form of one value. */
export interface SecretFormPrint {
  /** Index in `sources`. */
  readonly source: number;
  readonly encoding: string | undefined;
  /** In bytes. */
  readonly length: number;
  /** `windowHash()` of the first eight bytes, and of the last. */
  readonly headHash: number;
  readonly tailHash: number;
  readonly digest: string;
}

/** Bytes every encoding may write: whether one occurs tells nothing of a value. */
const COMMON_ALPHABET_REGEXP = /[A-Za-z0-9+/_%\\-]/;

/**
 * Makes the fingerprints. Of equal values the first gives its name.
 *
 * @throws {RangeError} for a value shorter than `MIN_VALUE_BYTES`, or too many of them
 */
export function compileKnownSecrets(
  entries: readonly KnownSecretEntry[],
  { hashKeys, digest }: KnownSecretKeys,
): KnownSecretSet {
  const unique = entries.filter(({ value }, index) =>
    entries.findIndex((other) => other.value === value) === index
  );
  if (unique.length > MAX_KNOWN_SECRETS) {
    throw new RangeError(
      `Cannot look for ${unique.length} known secrets: there may be ${MAX_KNOWN_SECRETS}`,
    );
  }
  const alphabet = commonAlphabet();
  const forms = unique.flatMap(({ name, value }, source) =>
    secretForms(value).map(({ encoding, bytes }): SecretFormPrint => {
      if (bytes.length < MIN_VALUE_BYTES) {
        throw new RangeError(
          `Cannot look for known secret "${name}": it is shorter than ${MIN_VALUE_BYTES} bytes`,
        );
      }
      for (const byte of bytes) alphabet[byte] = 1;
      return {
        source,
        encoding,
        length: bytes.length,
        headHash: windowHash(hashKeys, bytes, 0),
        tailHash: windowHash(hashKeys, bytes, bytes.length - MIN_VALUE_BYTES),
        digest: digest(bytes),
      };
    })
  );
  const sources = unique.map(({ name, homes }) => homes === undefined ? { name } : { name, homes });
  return { hashKeys, sources, forms, alphabet };
}

/**
 * Hashes the eight bytes at `at`: multilinear hashing of two 32-bit words, of which the high bits are
 * universal (Lemire and Kaser, "Strongly universal string hashing is fast", 2014, §3).
 */
export function windowHash([low, high]: HashKeys, bytes: Uint8Array, at: number): number {
  const word = (from: number) =>
    bytes[from]! << 24 | bytes[from + 1]! << 16 | bytes[from + 2]! << 8 | bytes[from + 3]!;
  return Math.imul(word(at), high | 1) + Math.imul(word(at + 4), low | 1) | 0;
}

function commonAlphabet(): Uint8Array {
  return Uint8Array.from(
    { length: 256 },
    (_, byte) => COMMON_ALPHABET_REGEXP.test(String.fromCharCode(byte)) ? 1 : 0,
  );
}
