/**
 * Host → certificate and key for the TLS server side, minted when first asked for and then kept.
 *
 * Made to live in a data worker that may use the network and nothing else: the CA arrives through
 * `postMessage` with a key that can sign but not be read. One P-256 key serves all hosts of a store, so
 * that a new host costs one signature. Not here: TLS itself, and which host a client asked for.
 *
 * The PEM holds the leaf alone: every leaf is issued by the root that the client trusts, and a root
 * that is sent along is ignored (RFC 8446 §4.4.2) and costs 600 octets a handshake.
 *
 * Invariants: at most `limit` leaves are held; a leaf handed out is valid now; a failure is
 * forgotten, so that the next request tries anew.
 */

import {
  BACKDATE_MS,
  issueCertificate,
  KEY_ALGORITHM,
  keyIdentifier,
  LEAF_LIFETIME_MS,
  leafProfile,
  SERIAL_BYTES,
} from "./certificate.ts";
import type { Der } from "./der.ts";
import { encodePem } from "./pem.ts";
import { type CertificateFields, readCertificate } from "./read_certificate.ts";
import { subjectAltName } from "./subject_alt_name.ts";

/** The CA as it is sent to a worker: both members survive `postMessage`. */
export interface CertificateAuthority {
  readonly certDer: Der;
  /** Non-extractable, usable for `sign`. */
  readonly privateKey: CryptoKey;
}

/**
 * What a TLS server needs for one host. The same object comes back for a host as long as it is
 * kept, so a `WeakMap` keyed by it can hold what was built from it.
 */
export interface Leaf {
  /** The leaf alone. */
  readonly certPem: string;
  /** PKCS#8; the same for all leaves of one store. */
  readonly keyPem: string;
  /** Epoch milliseconds. */
  readonly notAfterMs: number;
}

/** Settings of a `LeafStore`. */
export interface LeafStoreOptions {
  /** The clock, in epoch milliseconds. */
  readonly now: () => number;
  /** Leaves held at a time; the one not asked for the longest goes first. @default {1024} */
  readonly limit?: number;
}

/** About 1.5 KB a leaf: 1.5 MB. An agent rarely talks to a hundred hosts; beyond it, minting is 1 ms. */
const DEFAULT_LIMIT = 1024;

/** The part of its remaining life after which a leaf is replaced; 60 of 90 days. */
const RENEW_AFTER = 2 / 3;

/** The key that all leaves of one store share. */
interface LeafKey {
  readonly pem: string;
  readonly subjectPublicKeyInfo: Der;
  readonly identifier: Der;
}

interface CachedLeaf {
  /** Pending while the leaf is being signed. */
  readonly leaf: Promise<Leaf>;
  /** Epoch milliseconds between which the leaf is handed out. */
  readonly usableFromMs: number;
  readonly renewAtMs: number;
}

/** Mints and keeps the leaves of one worker. */
export class LeafStore {
  readonly #authority: CertificateAuthority;
  readonly #issuer: CertificateFields;
  readonly #authorityKeyIdentifier: Der;
  readonly #now: () => number;
  readonly #limit: number;
  /** By canonical host, the least recently used first. */
  readonly #leaves = new Map<string, CachedLeaf>();
  /** Undefined until the first leaf is asked for, and again after a failure. */
  #leafKey: Promise<LeafKey> | undefined;

  /**
   * @throws {SyntaxError} when the CA certificate cannot be read or has no key identifier.
   * @throws {RangeError} when the limit is no positive integer.
   */
  constructor(authority: CertificateAuthority, options: LeafStoreOptions) {
    const { now, limit = DEFAULT_LIMIT } = options;
    if (!Number.isInteger(limit) || limit < 1) {
      throw new RangeError(`Cannot hold "${limit}" leaves: a positive integer is needed`);
    }
    this.#authority = authority;
    this.#issuer = readCertificate(authority.certDer);
    const { subjectKeyIdentifier } = this.#issuer;
    if (subjectKeyIdentifier === undefined) {
      throw new SyntaxError(`Cannot issue leaves: the CA has no subject key identifier`);
    }
    this.#authorityKeyIdentifier = subjectKeyIdentifier;
    this.#now = now;
    this.#limit = limit;
  }

  /** Leaves held now, those being minted included. */
  get size(): number {
    return this.#leaves.size;
  }

  /**
   * Resolves to the leaf for a host name or IP literal. Requests for one host at the same time mint
   * once.
   *
   * @throws {SyntaxError} when `host` is no host name or IP address.
   * @throws {RangeError} when the CA has expired or is not valid yet.
   */
  async leafFor(host: string): Promise<Leaf> {
    const name = subjectAltName(host).text;
    const nowMs = this.#now();
    const cached = this.#leaves.get(name);
    if (cached && cached.usableFromMs <= nowMs && nowMs < cached.renewAtMs) {
      // A Map keeps the order of insertion: taken out and put back, it is the newest.
      this.#leaves.delete(name);
      this.#leaves.set(name, cached);
      return await cached.leaf;
    }
    return await this.#mintInto(name, nowMs);
  }

  async #mintInto(name: string, nowMs: number): Promise<Leaf> {
    const { notBeforeMs: caNotBeforeMs, notAfterMs: caNotAfterMs } = this.#issuer;
    if (nowMs < caNotBeforeMs || nowMs >= caNotAfterMs) {
      const [from, until] = [caNotBeforeMs, caNotAfterMs].map((ms) => new Date(ms).toISOString());
      throw new RangeError(
        `Cannot issue a leaf for "${name}": the CA is valid from ${from} until ${until}`,
      );
    }
    // Within the CA's own dates: some clients want the periods nested.
    const notBeforeMs = Math.max(nowMs - BACKDATE_MS, caNotBeforeMs);
    const notAfterMs = Math.min(nowMs + LEAF_LIFETIME_MS, caNotAfterMs);
    const minted: CachedLeaf = {
      leaf: this.#mint(name, notBeforeMs, notAfterMs),
      usableFromMs: notBeforeMs,
      renewAtMs: nowMs + (notAfterMs - nowMs) * RENEW_AFTER,
    };
    this.#leaves.delete(name);
    this.#leaves.set(name, minted);
    this.#evict();
    try {
      return await minted.leaf;
    } catch (error) {
      if (this.#leaves.get(name) === minted) this.#leaves.delete(name);
      throw error;
    }
  }

  async #mint(name: string, notBeforeMs: number, notAfterMs: number): Promise<Leaf> {
    const key = await this.#sharedKey();
    const profile = leafProfile(name, {
      subjectKeyIdentifier: key.identifier,
      authorityKeyIdentifier: this.#authorityKeyIdentifier,
    });
    const certificate = await issueCertificate(profile, {
      issuer: this.#issuer.subject,
      serial: crypto.getRandomValues(new Uint8Array(SERIAL_BYTES)),
      notBeforeMs,
      notAfterMs,
      subjectPublicKeyInfo: key.subjectPublicKeyInfo,
      signingKey: this.#authority.privateKey,
    });
    return { certPem: encodePem("CERTIFICATE", certificate), keyPem: key.pem, notAfterMs };
  }

  #evict(): void {
    for (const oldest of this.#leaves.keys()) {
      if (this.#leaves.size <= this.#limit) return;
      this.#leaves.delete(oldest);
    }
  }

  async #sharedKey(): Promise<LeafKey> {
    const pending = this.#leafKey ??= generateLeafKey();
    try {
      return await pending;
    } catch (error) {
      if (this.#leafKey === pending) this.#leafKey = undefined;
      throw error;
    }
  }
}

async function generateLeafKey(): Promise<LeafKey> {
  // Extractable, unlike the CA's: a TLS server takes its key as PEM.
  const { publicKey, privateKey } = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign"]);
  const [pkcs8, spki, point] = await Promise.all([
    crypto.subtle.exportKey("pkcs8", privateKey),
    crypto.subtle.exportKey("spki", publicKey),
    crypto.subtle.exportKey("raw", publicKey),
  ]);
  return {
    pem: encodePem("PRIVATE KEY", new Uint8Array(pkcs8)),
    subjectPublicKeyInfo: new Uint8Array(spki),
    identifier: await keyIdentifier(new Uint8Array(point)),
  };
}
