import assert from "node:assert/strict";
import { join } from "node:path";
import { loadOrCreateFingerprintKey } from "../../src/threats/fingerprint_key.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

Deno.test("`loadOrCreateFingerprintKey()` makes a key once, for its owner only", async () => {
  await using directory = await temporaryDirectory();
  const key = loadOrCreateFingerprintKey(directory.path);
  assert.equal(key.length, 32);
  assert.ok(key.some((byte) => byte !== 0));
  assert.deepEqual(loadOrCreateFingerprintKey(directory.path), key);
  const names = [...Deno.readDirSync(directory.path)].map(({ name }) => name);
  assert.deepEqual(names, ["fingerprint.key"], "no temporary file is left");
  const { mode } = await Deno.stat(join(directory.path, "fingerprint.key"));
  if (Deno.build.os !== "windows") assert.equal((mode ?? 0) & 0o777, 0o600);
});

Deno.test("`loadOrCreateFingerprintKey()` refuses a damaged key and leaves it alone", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "fingerprint.key");
  await Deno.writeFile(path, new Uint8Array(31));
  assert.throws(() => loadOrCreateFingerprintKey(directory.path), /it has 31 bytes, needs 32/);
  assert.equal((await Deno.stat(path)).size, 31);
});

Deno.test("`loadOrCreateFingerprintKey()` says that it cannot read", async () => {
  await using directory = await temporaryDirectory();
  await Deno.mkdir(join(directory.path, "fingerprint.key"));
  assert.throws(() => loadOrCreateFingerprintKey(directory.path), /Cannot load fingerprint key/);
});

Deno.test("`loadOrCreateFingerprintKey()` says that there is no directory", () => {
  assert.throws(() => loadOrCreateFingerprintKey("/nowhere/at/all"), Deno.errors.NotFound);
});
