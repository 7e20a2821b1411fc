/**
 * A certificate in DER → the fields that decide whether it can be this program's CA (RFC 5280 §4.1).
 *
 * Reads P-256 certificates signed with ecdsa-with-SHA256, the only kind the program makes; another
 * algorithm is refused by name. It is no path validation: dates, trust and the signature are the
 * caller's to judge (`verifySelfSignature()` checks the last). Extensions that are not in
 * `CertificateFields` are skipped, critical or not.
 *
 * Invariant: reads what `issueCertificate()` writes, field for field.
 */

import { KEY_ALGORITHM, SIGNATURE_ALGORITHM } from "./certificate.ts";
import {
  type Der,
  type DerElement,
  readBits,
  readElement,
  readElements,
  readTime,
  readUnsignedInteger,
  TAG,
} from "./der.ts";
import { objectIdentifier, OID, readObjectIdentifier } from "./oid.ts";

/** What a certificate says about itself. Byte fields are views of the bytes that were read. */
export interface CertificateFields {
  /** Everything that is signed. */
  readonly tbsCertificate: Der;
  /** Big-endian magnitude. */
  readonly serial: Der;
  /** Encoded Name. */
  readonly issuer: Der;
  /** Encoded Name. */
  readonly subject: Der;
  /** Epoch milliseconds. */
  readonly notBeforeMs: number;
  /** Epoch milliseconds. */
  readonly notAfterMs: number;
  readonly subjectPublicKeyInfo: Der;
  /** Whether basicConstraints says `CA:TRUE`. */
  readonly isCa: boolean;
  /** Whether keyUsage is absent or allows keyCertSign (RFC 5280 §4.2.1.3). */
  readonly mayCertSign: boolean;
  /** Undefined: the certificate has none. */
  readonly subjectKeyIdentifier: Der | undefined;
  /** Raw `r || s`, 64 octets. */
  readonly signature: Der;
}

const VERSION_TAG = 0xa0;
const EXTENSIONS_TAG = 0xa3;
const KEY_CERT_SIGN_MASK = 0x04;
const P256_SCALAR_BYTES = 32;

/** AlgorithmIdentifier of a P-256 key, RFC 5480 §2.1.1. */
const P256_KEY_PARTS = [objectIdentifier(OID.ecPublicKey), objectIdentifier(OID.prime256v1)];

/**
 * Reads a certificate.
 *
 * @throws {SyntaxError} when `der` is no X.509 v3 certificate, or its key or signature is of
 * another algorithm.
 */
export function readCertificate(der: Der): CertificateFields {
  const [tbs, algorithm, signature] = members(readElement(der), "certificate", 3);
  requireSignatureAlgorithm(algorithm!);
  const parts = members(tbs!, "TBSCertificate", 8);
  const [version, serial, innerAlgorithm, issuer, validity, subject, key] = parts;
  if (version!.tag !== VERSION_TAG || version!.content.at(-1) !== 2) {
    throw new SyntaxError("Cannot read certificate: it is not of version 3");
  }
  requireSignatureAlgorithm(innerAlgorithm!);
  requireP256(key!);
  const [notBefore, notAfter] = members(validity!, "validity", 2);
  const wrapper = parts.find((part) => part.tag === EXTENSIONS_TAG);
  const extensions = readExtensions(wrapper);
  return {
    tbsCertificate: tbs!.encoded,
    serial: readUnsignedInteger(contentOf(serial!, TAG.integer, "serial")),
    issuer: issuer!.encoded,
    subject: subject!.encoded,
    notBeforeMs: readTime(notBefore!),
    notAfterMs: readTime(notAfter!),
    subjectPublicKeyInfo: key!.encoded,
    isCa: readIsCa(extensions.get(OID.basicConstraints)),
    mayCertSign: readMayCertSign(extensions.get(OID.keyUsage)),
    subjectKeyIdentifier: readKeyIdentifier(extensions.get(OID.subjectKeyIdentifier)),
    signature: rawSignature(readBits(contentOf(signature!, TAG.bitString, "signature"))),
  };
}

/** Tells whether the certificate names itself as its issuer and is signed by its own key. */
export async function verifySelfSignature(fields: CertificateFields): Promise<boolean> {
  if (fields.issuer.toHex() !== fields.subject.toHex()) return false;
  const publicKey = await importPublicKey(fields);
  const { signature, tbsCertificate } = fields;
  return await crypto.subtle.verify(SIGNATURE_ALGORITHM, publicKey, signature, tbsCertificate);
}

/**
 * Imports the certificate's public key for `verify`.
 *
 * @throws {DOMException} when its point is not on the curve.
 */
export async function importPublicKey(fields: CertificateFields): Promise<CryptoKey> {
  const { subjectPublicKeyInfo } = fields;
  return await crypto.subtle.importKey("spki", subjectPublicKeyInfo, KEY_ALGORITHM, true, [
    "verify",
  ]);
}

/** The content of an element that must have `tag`. */
function contentOf(read: DerElement | undefined, tag: number, what: string): Der {
  if (read?.tag === tag) return read.content;
  throw new SyntaxError(
    `Cannot read certificate: its ${what} has tag ${read?.tag ?? "none"}, ${tag} is needed`,
  );
}

/** The members of a SEQUENCE that must have at least `count` of them. */
function members(read: DerElement, what: string, count: number): readonly DerElement[] {
  const found = readElements(contentOf(read, TAG.sequence, what));
  if (found.length >= count) return found;
  throw new SyntaxError(
    `Cannot read certificate: its ${what} has ${found.length} members, ${count} are needed`,
  );
}

function requireSignatureAlgorithm(read: DerElement): void {
  const [type] = members(read, "signature algorithm", 1);
  const oid = readObjectIdentifier(contentOf(type, TAG.objectIdentifier, "signature algorithm"));
  if (oid === OID.ecdsaWithSha256) return;
  throw new SyntaxError(
    `Cannot read certificate: it is signed with ${oid}, ecdsa-with-SHA256 is needed`,
  );
}

function requireP256(key: DerElement): void {
  const [algorithm] = members(key, "public key", 2);
  const parts = members(algorithm!, "key algorithm", 1);
  const isP256 = parts.length === P256_KEY_PARTS.length &&
    parts.every((part, at) => part.encoded.toHex() === P256_KEY_PARTS[at]!.toHex());
  if (!isP256) throw new SyntaxError("Cannot read certificate: its key is not on P-256");
}

/** Extension type → the one element in its extnValue. */
function readExtensions(wrapper: DerElement | undefined): ReadonlyMap<string, DerElement> {
  const found = new Map<string, DerElement>();
  if (wrapper === undefined) return found;
  for (const extension of members(readElement(wrapper.content), "extensions", 1)) {
    const parts = members(extension, "extension", 2);
    const oid = readObjectIdentifier(contentOf(parts[0], TAG.objectIdentifier, "extension type"));
    // RFC 5280 §4.2: no extension twice. Which one would count is not guessed.
    if (found.has(oid)) throw new SyntaxError(`Cannot read certificate: extension ${oid} is twice`);
    found.set(oid, readElement(contentOf(parts.at(-1), TAG.octetString, "extension value")));
  }
  return found;
}

function readIsCa(value: DerElement | undefined): boolean {
  if (value === undefined) return false;
  const [first] = readElements(contentOf(value, TAG.sequence, "basicConstraints"));
  return first?.tag === TAG.boolean && first.content[0] === 0xff;
}

function readMayCertSign(value: DerElement | undefined): boolean {
  if (value === undefined) return true;
  const [bits = 0] = readBits(contentOf(value, TAG.bitString, "keyUsage"));
  return (bits & KEY_CERT_SIGN_MASK) !== 0;
}

function readKeyIdentifier(value: DerElement | undefined): Der | undefined {
  return value && contentOf(value, TAG.octetString, "subjectKeyIdentifier");
}

/** ECDSA-Sig-Value → WebCrypto's `r || s`, each scalar filled up with zeros on the left. */
function rawSignature(der: Der): Der {
  const scalars = members(readElement(der), "signature", 2)
    .map((part) => readUnsignedInteger(contentOf(part, TAG.integer, "signature")));
  const raw = new Uint8Array(2 * P256_SCALAR_BYTES);
  for (const [at, scalar] of scalars.entries()) {
    if (at > 1 || scalar.length > P256_SCALAR_BYTES) {
      throw new SyntaxError("Cannot read certificate: its signature is not of P-256");
    }
    raw.set(scalar, (at + 1) * P256_SCALAR_BYTES - scalar.length);
  }
  return raw;
}
