/**
 * A profile, a serial, dates and keys → one signed X.509 v3 certificate in DER (RFC 5280).
 *
 * There are two profiles, the CA and a leaf for one host; both are what `openssl verify -x509_strict`
 * and Python's `ssl.VERIFY_X509_STRICT` ask for. Every key is P-256 and every signature is
 * ecdsa-with-SHA256. Not here: randomness, the clock, files (`ca_files.ts`), caching
 * (`leaf_store.ts`), revocation, intermediate CAs.
 *
 * Invariant: two leaves of one CA differ in nothing but host, serial, dates and key.
 */

import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  type Der,
  namedBits,
  octetString,
  sequence,
  setOfOne,
  time,
  unsignedInteger,
  utf8String,
} from "./der.ts";
import { objectIdentifier, OID } from "./oid.ts";
import { type SubjectAltName, subjectAltName } from "./subject_alt_name.ts";

const DAY_MS = 86_400_000;

/** How long before its making a certificate starts to be valid: room for wrong clocks, in ms. */
export const BACKDATE_MS = 2 * DAY_MS;

/** How long after its making a leaf is valid, in ms; with the two days before, below 100 days. */
export const LEAF_LIFETIME_MS = 90 * DAY_MS;

/** How long after its making the CA is valid, in ms: ten years, since people install it by hand. */
export const CA_LIFETIME_MS = 3_652 * DAY_MS;

/** The algorithm of every key, as WebCrypto names it. */
export const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

/** The algorithm of every signature, as WebCrypto names it. */
export const SIGNATURE_ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;

/** Octets of a serial number; 20 is the most, RFC 5280 §4.1.2.2. */
export const SERIAL_BYTES = 16;

/** ub-common-name, RFC 5280 appendix A.1: characters. */
const MAX_COMMON_NAME_CHARS = 64;

/** Octets of `r` and of `s` in a WebCrypto signature over P-256. */
const P256_SCALAR_BYTES = 32;

/** KeyUsage bits, RFC 5280 §4.2.1.3. */
const DIGITAL_SIGNATURE_BIT = 0;
const KEY_CERT_SIGN_BIT = 5;
const CRL_SIGN_BIT = 6;

const VERSION_3 = contextConstructed(0, unsignedInteger(Uint8Array.of(2)));

/** Without parameters, RFC 5758 §3.2. */
const ECDSA_WITH_SHA256 = sequence(objectIdentifier(OID.ecdsaWithSha256));

/** What all leaves have in common; encoded once, about 15 µs less a leaf. */
const LEAF_EXTENSIONS = [
  // An empty sequence: CA is false by default, and DER leaves defaults out (X.690 §11.5).
  criticalExtension(OID.basicConstraints, sequence()),
  criticalExtension(OID.keyUsage, namedBits([DIGITAL_SIGNATURE_BIT])),
  extension(OID.extendedKeyUsage, sequence(objectIdentifier(OID.serverAuth))),
];

/** The part of a certificate that says what it is for. */
export interface CertificateProfile {
  /** The subject as an encoded Name. */
  readonly subject: Der;
  /** The encoded Extensions. */
  readonly extensions: Der;
}

/** What `caProfile()` needs. */
export interface CaProfileOptions {
  /** The whole common name, 64 characters at most. */
  readonly commonName: string;
  /** Of the CA's own key, from `keyIdentifier()`. */
  readonly subjectKeyIdentifier: Uint8Array;
}

/** What `leafProfile()` needs. */
export interface LeafProfileOptions {
  /** Of the leaf's key, from `keyIdentifier()`. */
  readonly subjectKeyIdentifier: Uint8Array;
  /** As it stands in the CA certificate. */
  readonly authorityKeyIdentifier: Uint8Array;
}

/** What `issueCertificate()` needs. */
export interface IssueOptions {
  /** The issuer's subject, octet for octet; the profile's own when the certificate is self-signed. */
  readonly issuer: Der;
  /** Big-endian magnitude, not zero, 20 octets encoded at most. */
  readonly serial: Uint8Array;
  /** Epoch milliseconds; written to the second. */
  readonly notBeforeMs: number;
  /** Epoch milliseconds; written to the second. */
  readonly notAfterMs: number;
  /** The subject's key as SubjectPublicKeyInfo: WebCrypto's `spki` export. */
  readonly subjectPublicKeyInfo: Der;
  /** The issuer's private key, usable for `sign`. */
  readonly signingKey: CryptoKey;
}

/**
 * Builds the profile of a CA that may sign leaves and nothing else: `CA:TRUE, pathlen:0`,
 * keyCertSign and cRLSign, both critical (RFC 5280 §4.2.1.9, §4.2.1.3).
 *
 * @throws {RangeError} when the common name is empty or longer than 64 characters.
 */
export function caProfile(options: CaProfileOptions): CertificateProfile {
  const { commonName, subjectKeyIdentifier } = options;
  if (commonName === "" || commonName.length > MAX_COMMON_NAME_CHARS) {
    throw new RangeError(
      `Cannot name a CA "${commonName}": 1 to ${MAX_COMMON_NAME_CHARS} characters are needed`,
    );
  }
  const pathLength = unsignedInteger(Uint8Array.of(0));
  return {
    subject: distinguishedName([
      [OID.organizationName, "ClawSec Monitor"],
      [OID.commonName, commonName],
    ]),
    extensions: sequence(
      criticalExtension(OID.basicConstraints, sequence(boolean(true), pathLength)),
      criticalExtension(OID.keyUsage, namedBits([KEY_CERT_SIGN_BIT, CRL_SIGN_BIT])),
      extension(OID.subjectKeyIdentifier, octetString(subjectKeyIdentifier)),
    ),
  };
}

/**
 * Builds the profile of a TLS server's certificate for one host. The subjectAltName alone decides
 * (RFC 6125 §6.4.4); the common name repeats it for people where it fits, and where it does not the
 * subject is empty and the subjectAltName critical (RFC 5280 §4.2.1.6).
 *
 * @throws {SyntaxError} when `host` is no host name or IP address.
 */
export function leafProfile(host: string, options: LeafProfileOptions): CertificateProfile {
  const altName = subjectAltName(host);
  const hasCommonName = altName.text.length <= MAX_COMMON_NAME_CHARS;
  const altNameExtension = hasCommonName ? extension : criticalExtension;
  return {
    subject: distinguishedName(hasCommonName ? [[OID.commonName, altName.text]] : []),
    extensions: sequence(
      ...LEAF_EXTENSIONS,
      altNameExtension(OID.subjectAltName, sequence(generalName(altName))),
      extension(OID.subjectKeyIdentifier, octetString(options.subjectKeyIdentifier)),
      extension(
        OID.authorityKeyIdentifier,
        sequence(contextPrimitive(0, options.authorityKeyIdentifier)),
      ),
    ),
  };
}

/**
 * Signs a certificate with the given profile and returns it in DER.
 *
 * @throws {RangeError} when the serial is zero or too long, or the dates are in the wrong order.
 */
export async function issueCertificate(
  profile: CertificateProfile,
  options: IssueOptions,
): Promise<Der> {
  const { issuer, notBeforeMs, notAfterMs, subjectPublicKeyInfo, signingKey } = options;
  if (!(notBeforeMs < notAfterMs)) {
    throw new RangeError(
      `Cannot issue a certificate until "${notAfterMs}": it is not after notBefore ${notBeforeMs}`,
    );
  }
  const tbsCertificate = sequence(
    VERSION_3,
    serialNumber(options.serial),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(time(notBeforeMs), time(notAfterMs)),
    profile.subject,
    subjectPublicKeyInfo,
    contextConstructed(3, profile.extensions),
  );
  const signature = await crypto.subtle.sign(SIGNATURE_ALGORITHM, signingKey, tbsCertificate);
  return sequence(
    tbsCertificate,
    ECDSA_WITH_SHA256,
    bitString(ecdsaSignature(new Uint8Array(signature))),
  );
}

/**
 * Encodes WebCrypto's raw `r || s` as the ECDSA-Sig-Value of RFC 5480 appendix A.
 *
 * @throws {RangeError} when `raw` does not have the 64 octets of a P-256 signature.
 */
export function ecdsaSignature(raw: Uint8Array): Der {
  if (raw.length !== 2 * P256_SCALAR_BYTES) {
    throw new RangeError(`Cannot encode a signature of "${raw.length}" octets: 64 are needed`);
  }
  return sequence(
    unsignedInteger(raw.subarray(0, P256_SCALAR_BYTES)),
    unsignedInteger(raw.subarray(P256_SCALAR_BYTES)),
  );
}

/**
 * Computes a key's identifier: the leftmost 160 bits of the SHA-256 hash of the public key
 * (RFC 7093 §2 method 1; the SHA-1 of RFC 5280 §4.2.1.2 is only a suggestion there).
 *
 * @param publicKey Content of SubjectPublicKeyInfo's bit string: WebCrypto's `raw` export.
 */
export async function keyIdentifier(publicKey: Der): Promise<Der> {
  const hash = await crypto.subtle.digest("SHA-256", publicKey);
  return new Uint8Array(hash, 0, 20);
}

function serialNumber(serial: Uint8Array): Der {
  const encoded = unsignedInteger(serial);
  // Tag and length take two octets of what is allowed at most 20 of content.
  if (encoded.length > 2 + 20 || serial.every((octet) => octet === 0)) {
    throw new RangeError(
      `Cannot use serial "${serial.toHex()}": a positive number of at most 20 octets is needed`,
    );
  }
  return encoded;
}

/** One attribute a RelativeDistinguishedName; UTF8String as RFC 5280 §4.1.2.4 asks of new ones. */
function distinguishedName(attributes: readonly (readonly [string, string])[]): Der {
  const names = attributes.map(([type, text]) =>
    setOfOne(sequence(objectIdentifier(type), utf8String(text)))
  );
  return sequence(...names);
}

function extension(type: string, value: Der): Der {
  return sequence(objectIdentifier(type), octetString(value));
}

function criticalExtension(type: string, value: Der): Der {
  return sequence(objectIdentifier(type), boolean(true), octetString(value));
}

/** GeneralName, RFC 5280 §4.2.1.6: dNSName is `[2] IA5String`, iPAddress `[7] OCTET STRING`. */
function generalName(altName: SubjectAltName): Der {
  return altName.kind === "ip"
    ? contextPrimitive(7, altName.octets)
    : contextPrimitive(2, new TextEncoder().encode(altName.text));
}
