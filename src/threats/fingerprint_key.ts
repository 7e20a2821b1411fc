/**
 * `fingerprint.key` in `log_dir` ⇄ the secret key of all fingerprints. Monitor side: the data worker is
 * handed the bytes.
 *
 * Made once, at first start; after that it is only read, and a file that is no key stops the start: a silently
 * replaced key would make every old fingerprint meaningless.
 */

/** The block an HMAC-SHA-256 key is as strong as: 256 bits (RFC 2104 §3). */
const KEY_BYTES = 32;
const KEY_FILE = "fingerprint.key";

/**
 * Loads the key, or makes it with mode 0600 where there is none; of two first starts at a time
 * one makes it and both use it.
 *
 * @throws {Error} if the file is there and holds no key, or cannot be read or made.
 */
export function loadOrCreateFingerprintKey(logDir: string): Uint8Array {
  const path = `${logDir}/${KEY_FILE}`;
  return loadKey(path) ?? createKey(path);
}

function loadKey(path: string): Uint8Array | undefined {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`Cannot load fingerprint key "${path}": it cannot be read, needs to be`, {
      cause: error,
    });
  }
  if (bytes.length === KEY_BYTES) return bytes;
  throw new Error(
    `Cannot load fingerprint key "${path}": it has ${bytes.length} bytes, needs ${KEY_BYTES}; delete it to have a new one made`,
  );
}

function createKey(path: string): Uint8Array {
  const temporary = `${path}.${crypto.randomUUID()}`;
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  Deno.writeFileSync(temporary, key, { createNew: true, mode: 0o600 });
  try {
    // A link, unlike a rename, never replaces what another start made in the meantime.
    Deno.linkSync(temporary, path);
    return key;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return loadKey(path) ?? key;
  } finally {
    Deno.removeSync(temporary);
  }
}
