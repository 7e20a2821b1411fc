/** A CA in memory, made of the same parts as the one on disk, with dates of the test's choice. */

import {
  BACKDATE_MS,
  CA_LIFETIME_MS,
  caProfile,
  issueCertificate,
  KEY_ALGORITHM,
  keyIdentifier,
} from "../../src/ca/certificate.ts";
import type { CertificateAuthority } from "../../src/ca/leaf_store.ts";
import { encodePem } from "../../src/ca/pem.ts";

/** A key in the forms a certificate needs. */
export interface TestKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly subjectPublicKeyInfo: Uint8Array<ArrayBuffer>;
  readonly identifier: Uint8Array<ArrayBuffer>;
}

/** Generates an extractable key. */
export async function testKey(): Promise<TestKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(KEY_ALGORITHM, true, [
    "sign",
    "verify",
  ]);
  const spki = await crypto.subtle.exportKey("spki", publicKey);
  const point = await crypto.subtle.exportKey("raw", publicKey);
  return {
    privateKey,
    publicKey,
    subjectPublicKeyInfo: new Uint8Array(spki),
    identifier: await keyIdentifier(new Uint8Array(point)),
  };
}

/** Makes a CA; dates in epoch milliseconds, from two days ago for ten years if not given. */
export async function testAuthority(
  dates: { readonly notBeforeMs?: number; readonly notAfterMs?: number } = {},
): Promise<CertificateAuthority & { readonly certPem: string; readonly key: TestKey }> {
  const {
    notBeforeMs = Date.now() - BACKDATE_MS,
    notAfterMs = Date.now() + CA_LIFETIME_MS,
  } = dates;
  const key = await testKey();
  const profile = caProfile({
    commonName: "ClawSec Test CA",
    subjectKeyIdentifier: key.identifier,
  });
  const certDer = await issueCertificate(profile, {
    issuer: profile.subject,
    serial: crypto.getRandomValues(new Uint8Array(16)),
    notBeforeMs,
    notAfterMs,
    subjectPublicKeyInfo: key.subjectPublicKeyInfo,
    signingKey: key.privateKey,
  });
  return { certDer, certPem: encodePem("CERTIFICATE", certDer), privateKey: key.privateKey, key };
}
