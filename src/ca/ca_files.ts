/**
 * `ca.key` and `ca.crt` in `log_dir` ⇄ the CA in memory: made at the first start, loaded ever after.
 *
 * A pair that does not load stops the start; it is never replaced, because every client trusts the
 * old certificate and because whoever damaged it must not go unseen. An own CA may be put there as
 * long as it is self-signed, on P-256, and its key unencrypted PKCS#8.
 *
 * Invariants: the private key leaves this file only as a non-extractable `CryptoKey`; `ca.key` is
 * never on disk with a mode other than 0600; processes that start at the same time end up with one
 * and the same pair (`ca.lock` is held while it is made, and both files appear by rename).
 */

import { CaError } from "./ca_error.ts";
import {
  BACKDATE_MS,
  CA_LIFETIME_MS,
  caProfile,
  issueCertificate,
  KEY_ALGORITHM,
  keyIdentifier,
  SERIAL_BYTES,
  SIGNATURE_ALGORITHM,
} from "./certificate.ts";
import type { Der } from "./der.ts";
import { prepareLogDir } from "./log_dir.ts";
import { decodePem, encodePem } from "./pem.ts";
import {
  type CertificateFields,
  importPublicKey,
  readCertificate,
  verifySelfSignature,
} from "./read_certificate.ts";

const KEY_FILE_MODE = 0o600;
const CERTIFICATE_FILE_MODE = 0o644;

/** Permission bits of group and others. */
const OPEN_TO_OTHERS_MASK = 0o077;

/** Octets of the suffix in the CA's name; it only keeps the CAs in a trust store apart. */
const NAME_SUFFIX_BYTES = 4;

/** A CA that is ready to issue. `certDer` and `privateKey` are what a worker needs. */
export interface Ca {
  readonly certPem: string;
  readonly certDer: Der;
  /** Non-extractable, usable for `sign`; survives `postMessage`. */
  readonly privateKey: CryptoKey;
  /** Whether this call made it, so that people still have to trust it. */
  readonly created: boolean;
  readonly notAfter: Date;
}

/** Settings of `loadOrCreateCa()`. */
export interface CaFilesOptions {
  /** The clock, in epoch milliseconds. @default {Date.now} */
  readonly now?: () => number;
}

/** Where the pair stands. */
interface CaPaths {
  readonly key: string;
  readonly certificate: string;
  readonly lock: string;
}

/**
 * Loads the CA from `logDir`, or makes one where there is none. Prepares the directory itself
 * (`prepareLogDir()`), so no key is ever read from or written to one that others can enter.
 *
 * @throws {CaError} when the directory or the CA in it cannot be used; the message names the file
 * and what to do.
 */
export async function loadOrCreateCa(logDir: string, options: CaFilesOptions = {}): Promise<Ca> {
  const nowMs = (options.now ?? Date.now)();
  const directory = await prepareLogDir(logDir);
  const paths: CaPaths = {
    key: `${directory}/ca.key`,
    certificate: `${directory}/ca.crt`,
    lock: `${directory}/ca.lock`,
  };
  if (await exists(paths.key) && await exists(paths.certificate)) {
    return await loadCa(paths, { nowMs, created: false });
  }
  // Half a pair may be another process between its two renames: only under the lock is it final.
  using lock = await openLock(paths.lock);
  await lock.lock(true);
  const hasKey = await exists(paths.key);
  const hasCertificate = await exists(paths.certificate);
  if (hasKey !== hasCertificate) throw halfOfPair(paths, hasKey ? "key" : "certificate");
  if (!hasKey) await createCa(paths, nowMs);
  // A CA just made takes the same way as any other: what does not load is found now, not next time.
  return await loadCa(paths, { nowMs, created: !hasKey });
}

async function loadCa(
  paths: CaPaths,
  options: { readonly nowMs: number; readonly created: boolean },
): Promise<Ca> {
  const certPem = await readCaFile(paths.certificate, 0);
  const keyPem = await readCaFile(paths.key, OPEN_TO_OTHERS_MASK);
  const { certDer, fields } = await understand(paths.certificate, async () => {
    const certDer = decodePem(certPem, "CERTIFICATE");
    const fields = readCertificate(certDer);
    await importPublicKey(fields);
    return { certDer, fields };
  });
  await requireIssuingCa(paths.certificate, { fields, nowMs: options.nowMs });
  const privateKey = await understand(paths.key, async () => {
    const pkcs8 = decodePem(keyPem, "PRIVATE KEY");
    return await crypto.subtle.importKey("pkcs8", pkcs8, KEY_ALGORITHM, false, ["sign"]);
  });
  if (!await isPair(privateKey, fields)) {
    throw refusal(paths.key, `it is not the key of "${paths.certificate}", ${restoreBoth(paths)}`);
  }
  const { created } = options;
  return { certPem, certDer, privateKey, created, notAfter: new Date(fields.notAfterMs) };
}

async function requireIssuingCa(
  path: string,
  options: { readonly fields: CertificateFields; readonly nowMs: number },
): Promise<void> {
  const { fields, nowMs } = options;
  const restore = "restore the file, or remove ca.crt and ca.key to have a new CA made";
  if (!fields.isCa || !fields.mayCertSign) {
    throw refusal(path, `it is not the certificate of a CA that may sign others, ${restore}`);
  }
  if (fields.subjectKeyIdentifier === undefined) {
    throw refusal(path, `it has no subject key identifier, ${restore}`);
  }
  if (!await verifySelfSignature(fields)) {
    throw refusal(path, `it is not signed by its own key, ${restore}`);
  }
  if (nowMs >= fields.notAfterMs) {
    const at = new Date(fields.notAfterMs).toISOString();
    throw refusal(
      path,
      `it expired at ${at}, remove ca.crt and ca.key to have a new CA made and trust that one`,
    );
  }
  if (nowMs < fields.notBeforeMs) {
    const at = new Date(fields.notBeforeMs).toISOString();
    throw refusal(path, `it is not valid before ${at}, set the clock or ${restore}`);
  }
}

/** Signs with one and checks with the other: the private key itself cannot be looked at. */
async function isPair(privateKey: CryptoKey, fields: CertificateFields): Promise<boolean> {
  const probe = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign(SIGNATURE_ALGORITHM, privateKey, probe);
  const publicKey = await importPublicKey(fields);
  return await crypto.subtle.verify(SIGNATURE_ALGORITHM, publicKey, signature, probe);
}

/** Makes a key and its certificate and puts them in place, the lock being held. */
async function createCa(paths: CaPaths, nowMs: number): Promise<void> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign"]);
  const [pkcs8, spki, point] = await Promise.all([
    crypto.subtle.exportKey("pkcs8", privateKey),
    crypto.subtle.exportKey("spki", publicKey),
    crypto.subtle.exportKey("raw", publicKey),
  ]);
  const suffix = crypto.getRandomValues(new Uint8Array(NAME_SUFFIX_BYTES)).toHex();
  const profile = caProfile({
    commonName: `ClawSec Monitor CA ${suffix}`,
    subjectKeyIdentifier: await keyIdentifier(new Uint8Array(point)),
  });
  const certificate = await issueCertificate(profile, {
    issuer: profile.subject,
    serial: crypto.getRandomValues(new Uint8Array(SERIAL_BYTES)),
    notBeforeMs: nowMs - BACKDATE_MS,
    notAfterMs: nowMs + CA_LIFETIME_MS,
    subjectPublicKeyInfo: new Uint8Array(spki),
    signingKey: privateKey,
  });
  const keyTemporary = await writeTemporary(paths.key, {
    text: encodePem("PRIVATE KEY", new Uint8Array(pkcs8)),
    mode: KEY_FILE_MODE,
  });
  const certificateTemporary = await writeTemporary(paths.certificate, {
    text: encodePem("CERTIFICATE", certificate),
    mode: CERTIFICATE_FILE_MODE,
  });
  // Both are on the disk in full before either shows: a crash leaves half a pair only between these.
  await Deno.rename(keyTemporary, paths.key);
  await Deno.rename(certificateTemporary, paths.certificate);
}

/** Writes `<path>.tmp` through to the disk and resolves to its name. */
async function writeTemporary(
  path: string,
  options: { readonly text: string; readonly mode: number },
): Promise<string> {
  const temporary = `${path}.tmp`;
  const { text, mode } = options;
  try {
    await removeIfThere(temporary);
    using file = await Deno.open(temporary, { write: true, createNew: true, mode });
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
    // The mode above can only be narrowed by the umask, and is then put right.
    if (Deno.build.os !== "windows") await Deno.chmod(temporary, mode);
    return temporary;
  } catch (error) {
    throw refusal(path, "it cannot be written, see that log_dir is writable and has room", error);
  }
}

/** Removes what a process that died while making a CA has left. */
async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, create: true, mode: KEY_FILE_MODE });
  } catch (error) {
    throw refusal(path, "it cannot be opened, see that log_dir is writable and has room", error);
  }
}

/** Reads a file of text that has none of the bits in `forbiddenMode`. */
async function readCaFile(path: string, forbiddenMode: number): Promise<string> {
  const { isFile, mode } = await statCaFile(path);
  if (!isFile) throw refusal(path, "it is no regular file, restore it");
  if (((mode ?? 0) & forbiddenMode) !== 0) {
    const octal = (mode! & 0o7777).toString(8).padStart(4, "0");
    throw refusal(path, `its mode ${octal} lets others read the key, run: chmod 600 "${path}"`);
  }
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw refusal(path, "it cannot be read, see whose it is and its mode", error);
  }
}

async function statCaFile(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    throw refusal(path, "it cannot be looked at, restore it", error);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    // Not stat: a link to nowhere is something a person must look at, not a file to be made.
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw refusal(path, "it cannot be looked at, see whose log_dir is and its mode", error);
  }
}

/** Runs what reads the bytes of `path`, and turns damage found by it into a `CaError`. */
async function understand<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    // SyntaxError from our readers, DOMException from WebCrypto; anything else is a bug of ours.
    if (!(error instanceof SyntaxError || error instanceof DOMException)) throw error;
    const found = error instanceof SyntaxError
      ? `it is damaged (${error.message})`
      : "it holds no usable P-256 key";
    throw refusal(
      path,
      `${found}, restore it, or remove ca.crt and ca.key to have a new CA made`,
      error,
    );
  }
}

function halfOfPair(paths: CaPaths, present: "key" | "certificate"): CaError {
  const missing = present === "key" ? paths.certificate : paths.key;
  return refusal(
    missing,
    `it is missing while "${paths[present]}" is there, ` +
      `restore it, or remove "${paths[present]}" to have a new CA made`,
  );
}

function restoreBoth(paths: CaPaths): string {
  return `restore both, or remove "${paths.key}" and "${paths.certificate}" to have a new CA made`;
}

function refusal(path: string, stateAndFix: string, cause?: unknown): CaError {
  return new CaError(`Cannot load CA file "${path}": ${stateAndFix}`, { cause });
}
