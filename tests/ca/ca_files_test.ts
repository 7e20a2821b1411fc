import assert from "node:assert/strict";
import { createPublicKey, X509Certificate } from "node:crypto";
import { CaError } from "../../src/ca/ca_error.ts";
import { loadOrCreateCa } from "../../src/ca/ca_files.ts";
import { BACKDATE_MS, CA_LIFETIME_MS } from "../../src/ca/certificate.ts";
import { LeafStore } from "../../src/ca/leaf_store.ts";
import { decodePem, encodePem } from "../../src/ca/pem.ts";
import { PROGRAMS, runProgram, type TempDir, tempDir } from "./programs.ts";

const IS_WINDOWS = Deno.build.os === "windows";
const LOAD_CA_PATH = new URL("./load_ca.ts", import.meta.url).pathname;

/** Name → mode and text, of everything in a directory. */
async function snapshot(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (
    const { name, isFile } of [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : 1)
  ) {
    const { mode } = await Deno.lstat(`${path}/${name}`);
    const text = isFile ? await Deno.readTextFile(`${path}/${name}`) : "(no file)";
    found[name] = `${(mode! & 0o7777).toString(8)} ${text}`;
  }
  return found;
}

/** Asserts a `CaError` of one line that names `file`, matches `message`, and leaves the directory as it was. */
async function assertRefused(
  dir: TempDir,
  options: { readonly file: string; readonly message: RegExp; readonly now?: () => number },
): Promise<void> {
  const { file, message, now = Date.now } = options;
  const { "ca.lock": _, ...before } = await snapshot(dir.path);
  await assert.rejects(loadOrCreateCa(dir.path, { now }), (error: unknown) => {
    assert.ok(error instanceof CaError, `${error}`);
    assert.ok(
      error.message.startsWith(`Cannot load CA file "${dir.path}/${file}": `),
      error.message,
    );
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n|\.$/);
    return true;
  });
  const { "ca.lock": __, ...after } = await snapshot(dir.path);
  assert.deepEqual(after, before, "a CA that does not load is left alone");
}

Deno.test("`loadOrCreateCa()` makes a CA with the modes of its files", async () => {
  await using dir = await tempDir();
  const logDir = `${dir.path}/logs`;
  const ca = await loadOrCreateCa(logDir);
  assert.equal(ca.created, true);
  assert.deepEqual(Object.keys(await snapshot(logDir)), ["ca.crt", "ca.key", "ca.lock"]);
  const modes = Object.values(await snapshot(logDir)).map((entry) => entry.split(" ")[0]);
  if (!IS_WINDOWS) assert.deepEqual(modes, ["644", "600", "600"]);
  assert.equal(await Deno.readTextFile(`${logDir}/ca.crt`), ca.certPem);
  assert.deepEqual(decodePem(ca.certPem, "CERTIFICATE"), ca.certDer);
});

Deno.test("`loadOrCreateCa()` names and dates its CA", async () => {
  await using dir = await tempDir();
  const nowMs = Date.UTC(2027, 0, 1, 12);
  const ca = await loadOrCreateCa(dir.path, { now: () => nowMs });
  const certificate = new X509Certificate(ca.certPem);
  assert.match(certificate.subject, /^O=ClawSec Monitor\nCN=ClawSec Monitor CA [0-9a-f]{8}$/);
  assert.match(certificate.serialNumber, /^[0-9A-F]{24,32}$/);
  assert.equal(Date.parse(certificate.validFrom), nowMs - BACKDATE_MS);
  assert.equal(Date.parse(certificate.validTo), nowMs + CA_LIFETIME_MS);
  assert.equal(ca.notAfter.getTime(), nowMs + CA_LIFETIME_MS);
});

Deno.test("`loadOrCreateCa()` hands the key out as one that cannot be read", async () => {
  await using dir = await tempDir();
  for (const { privateKey } of [await loadOrCreateCa(dir.path), await loadOrCreateCa(dir.path)]) {
    assert.equal(privateKey.extractable, false);
    assert.deepEqual(privateKey.usages, ["sign"]);
    await assert.rejects(crypto.subtle.exportKey("pkcs8", privateKey), DOMException);
  }
});

Deno.test("`loadOrCreateCa()` loads the CA it made before and changes nothing", async () => {
  await using dir = await tempDir();
  const made = await loadOrCreateCa(dir.path);
  const before = await snapshot(dir.path);
  const loaded = await loadOrCreateCa(dir.path);
  assert.equal(loaded.created, false);
  assert.deepEqual(loaded.certDer, made.certDer);
  assert.deepEqual(await snapshot(dir.path), before);
});

Deno.test("two CAs have different names, serials and keys", async () => {
  await using dir = await tempDir();
  const [one, other] = await Promise.all(
    ["one", "other"].map(async (name) =>
      new X509Certificate((await loadOrCreateCa(`${dir.path}/${name}`)).certPem)
    ),
  );
  assert.notEqual(one!.subject, other!.subject);
  assert.notEqual(one!.serialNumber, other!.serialNumber);
  assert.notDeepEqual(one!.publicKey, other!.publicKey);
});

Deno.test("`loadOrCreateCa()` overwrites what a start that died has left", async () => {
  await using dir = await tempDir();
  await dir.write("ca.key.tmp", "half a key");
  await dir.write("ca.crt.tmp", "half a certificate");
  await loadOrCreateCa(dir.path);
  assert.deepEqual(Object.keys(await snapshot(dir.path)), ["ca.crt", "ca.key", "ca.lock"]);
});

Deno.test("`loadOrCreateCa()` makes one CA when called several times at once", async () => {
  await using dir = await tempDir();
  const cas = await Promise.all(Array.from({ length: 6 }, () => loadOrCreateCa(dir.path)));
  assert.equal(cas.filter((ca) => ca.created).length, 1);
  assert.equal(new Set(cas.map((ca) => ca.certPem)).size, 1);
});

Deno.test("processes with file rights only, started at once, end up with one CA", async () => {
  await using dir = await tempDir();
  const args = [
    ..."run --no-prompt --quiet --no-lock --cached-only --allow-read --allow-write".split(" "),
    LOAD_CA_PATH,
    `${dir.path}/logs`,
  ];
  const results = await Promise.all(
    Array.from({ length: 4 }, () => runProgram(Deno.execPath(), args)),
  );
  const cas = results.map(({ success, output }) => {
    assert.ok(success, output);
    return JSON.parse(output) as { readonly certPem: string; readonly created: boolean };
  });
  assert.equal(cas.filter((ca) => ca.created).length, 1);
  assert.deepEqual(new Set(cas.map((ca) => ca.certPem)).size, 1);
  const keyPem = await Deno.readTextFile(`${dir.path}/logs/ca.key`);
  assert.ok(createPublicKey(keyPem).equals(new X509Certificate(cas[0]!.certPem).publicKey));
});

/** A way to damage a good pair, and what the refusal must say about which file. */
interface Damage {
  readonly reason: string;
  readonly file: "ca.crt" | "ca.key";
  readonly message: RegExp;
  damage(path: string): Promise<void>;
}

const rewrite = async (file: string, change: (text: string) => string) => {
  await Deno.writeTextFile(file, change(await Deno.readTextFile(file)));
};

const rewriteCertificate = (path: string, change: (der: Uint8Array) => void) =>
  rewrite(`${path}/ca.crt`, (text) => {
    const der = decodePem(text, "CERTIFICATE");
    change(der);
    return encodePem("CERTIFICATE", der);
  });

const DAMAGES: readonly Damage[] = [
  {
    reason: "the certificate is missing",
    file: "ca.crt",
    message: /it is missing while ".*\/ca\.key" is there, restore it, or remove ".*\/ca\.key"/,
    damage: (path) => Deno.remove(`${path}/ca.crt`),
  },
  {
    reason: "the key is missing",
    file: "ca.key",
    message: /it is missing while ".*\/ca\.crt" is there, restore it, or remove ".*\/ca\.crt"/,
    damage: (path) => Deno.remove(`${path}/ca.key`),
  },
  {
    reason: "the certificate is empty",
    file: "ca.crt",
    message: /it is damaged .*0 complete blocks.*restore it/,
    damage: (path) => Deno.truncate(`${path}/ca.crt`),
  },
  {
    reason: "the key is empty",
    file: "ca.key",
    message: /it is damaged .*0 complete blocks.*restore it/,
    damage: (path) => Deno.truncate(`${path}/ca.key`),
  },
  {
    reason: "the certificate is not text",
    file: "ca.crt",
    message: /it is damaged/,
    damage: (path) => Deno.writeFile(`${path}/ca.crt`, Uint8Array.of(0xff, 0xfe, 0x00)),
  },
  {
    reason: "the certificate is cut short",
    file: "ca.crt",
    message: /it is damaged/,
    damage: (path) => rewrite(`${path}/ca.crt`, (text) => text.slice(0, 300)),
  },
  {
    reason: "the certificate's base64 holds something else",
    file: "ca.crt",
    message: /it is damaged .*DER/,
    damage: (path) =>
      Deno.writeTextFile(`${path}/ca.crt`, encodePem("CERTIFICATE", new Uint8Array(300).fill(7))),
  },
  {
    reason: "the key's base64 holds something else",
    file: "ca.key",
    message: /it holds no usable P-256 key, restore it/,
    damage: (path) =>
      Deno.writeTextFile(`${path}/ca.key`, encodePem("PRIVATE KEY", new Uint8Array(300).fill(7))),
  },
  {
    reason: "a bit of the certificate's signature is wrong",
    file: "ca.crt",
    message: /it is not signed by its own key/,
    damage: (path) => rewriteCertificate(path, (der) => der[der.length - 1]! ^= 1),
  },
  {
    reason: "the certificate's file has a second one",
    file: "ca.crt",
    message: /2 complete blocks found, exactly one is needed/,
    damage: (path) => rewrite(`${path}/ca.crt`, (text) => text + text),
  },
  {
    reason: "the key is encrypted",
    file: "ca.key",
    message: /the block is a "ENCRYPTED PRIVATE KEY"/,
    damage: (path) =>
      rewrite(`${path}/ca.key`, (text) => text.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")),
  },
  {
    reason: "the key stands in the certificate's file",
    file: "ca.crt",
    message: /the block is a "PRIVATE KEY"/,
    damage: (path) => Deno.copyFile(`${path}/ca.key`, `${path}/ca.crt`),
  },
  {
    reason: "the key is another CA's",
    file: "ca.key",
    message: /it is not the key of ".*\/ca\.crt", restore both, or remove/,
    async damage(path) {
      await using other = await tempDir();
      await loadOrCreateCa(other.path);
      await Deno.copyFile(`${other.path}/ca.key`, `${path}/ca.key`);
    },
  },
  {
    reason: "the certificate is a leaf with its key",
    file: "ca.crt",
    message: /it is not the certificate of a CA that may sign others/,
    async damage(path) {
      const store = new LeafStore(await loadOrCreateCa(path), { now: Date.now });
      const { certPem, keyPem } = await store.leafFor("example.com");
      await Deno.writeTextFile(`${path}/ca.crt`, certPem);
      await Deno.writeTextFile(`${path}/ca.key`, keyPem);
    },
  },
  {
    reason: "the key's file is a directory",
    file: "ca.key",
    message: /it is no regular file/,
    async damage(path) {
      await Deno.remove(`${path}/ca.key`);
      await Deno.mkdir(`${path}/ca.key`);
    },
  },
];

for (const { reason, file, message, damage } of DAMAGES) {
  Deno.test(`\`loadOrCreateCa()\` refuses and keeps the files when ${reason}`, async () => {
    await using dir = await tempDir();
    await loadOrCreateCa(dir.path);
    await damage(dir.path);
    await assertRefused(dir, { file, message });
  });
}

Deno.test({
  name: "`loadOrCreateCa()` refuses a key that others may read and names the command",
  ignore: IS_WINDOWS,
  async fn() {
    await using dir = await tempDir();
    await loadOrCreateCa(dir.path);
    for (const mode of [0o640, 0o604, 0o620, 0o644]) {
      await Deno.chmod(`${dir.path}/ca.key`, mode);
      await assertRefused(dir, { file: "ca.key", message: /run: chmod 600 ".*\/ca\.key"$/ });
    }
    await Deno.chmod(`${dir.path}/ca.key`, 0o400);
    await loadOrCreateCa(dir.path);
  },
});

Deno.test({
  name: "`loadOrCreateCa()` refuses a link to nowhere in place of a file",
  ignore: IS_WINDOWS,
  async fn() {
    await using dir = await tempDir();
    await loadOrCreateCa(dir.path);
    await Deno.remove(`${dir.path}/ca.crt`);
    await Deno.symlink(`${dir.path}/nowhere`, `${dir.path}/ca.crt`);
    await assertRefused(dir, { file: "ca.crt", message: /it cannot be looked at/ });
  },
});

Deno.test("`loadOrCreateCa()` refuses a CA outside its dates", async () => {
  await using dir = await tempDir();
  const { notAfter } = await loadOrCreateCa(dir.path);
  const notAfterMs = notAfter.getTime();
  await loadOrCreateCa(dir.path, { now: () => notAfterMs - 1 });
  await assertRefused(dir, {
    file: "ca.crt",
    message: /it expired at \d{4}-.*Z, remove ca\.crt and ca\.key to have a new CA made/,
    now: () => notAfterMs,
  });
  await assertRefused(dir, {
    file: "ca.crt",
    message: /it is not valid before \d{4}-.*Z, set the clock/,
    now: () => Date.now() - BACKDATE_MS - 60_000,
  });
});

Deno.test({
  name: "`loadOrCreateCa()` refuses a directory that others may enter before it makes a key",
  ignore: IS_WINDOWS,
  async fn() {
    await using dir = await tempDir();
    await Deno.chmod(dir.path, 0o755);
    await assert.rejects(loadOrCreateCa(dir.path), { name: "CaError", message: /chmod 700/ });
    assert.deepEqual(await snapshot(dir.path), {});
  },
});

Deno.test({
  name: "`loadOrCreateCa()` loads a CA that openssl made",
  ignore: !PROGRAMS.openssl,
  async fn() {
    await using dir = await tempDir();
    const made = await runProgram("openssl", [
      ..."req -x509 -nodes -sha256 -days 30 -subj /CN=Own -newkey ec".split(" "),
      ..."-pkeyopt ec_paramgen_curve:P-256".split(" "),
      "-keyout",
      `${dir.path}/ca.key`,
      "-out",
      `${dir.path}/ca.crt`,
    ]);
    assert.ok(made.success, made.output);
    await Deno.chmod(`${dir.path}/ca.key`, 0o600);
    const ca = await loadOrCreateCa(dir.path);
    assert.equal(ca.created, false);
    const store = new LeafStore(ca, { now: Date.now });
    const { certPem } = await store.leafFor("api.example.com");
    const leaf = await dir.write("leaf.pem", certPem);
    const verified = await runProgram("openssl", ["verify", "-CAfile", `${dir.path}/ca.crt`, leaf]);
    assert.ok(verified.success, verified.output);
  },
});
