import assert from "node:assert/strict";
import { caProfile, issueCertificate } from "../../src/ca/certificate.ts";
import { boolean, type Der, element, sequence, TAG, unsignedInteger } from "../../src/ca/der.ts";
import {
  importPublicKey,
  readCertificate,
  verifySelfSignature,
} from "../../src/ca/read_certificate.ts";
import { decodePem } from "../../src/ca/pem.ts";
import { PROGRAMS, runProgram, tempDir } from "./programs.ts";
import { testAuthority, testKey } from "./test_authority.ts";

Deno.test("`readCertificate()` reads what `issueCertificate()` wrote", async () => {
  const key = await testKey();
  const profile = caProfile({ commonName: "x", subjectKeyIdentifier: key.identifier });
  const notBeforeMs = Date.UTC(2049, 11, 31, 23, 59, 59);
  const notAfterMs = Date.UTC(2050, 0, 1);
  const fields = readCertificate(
    await issueCertificate(profile, {
      issuer: profile.subject,
      serial: Uint8Array.fromHex("ff02"),
      notBeforeMs,
      notAfterMs,
      subjectPublicKeyInfo: key.subjectPublicKeyInfo,
      signingKey: key.privateKey,
    }),
  );
  assert.equal(fields.serial.toHex(), "ff02");
  assert.deepEqual(fields.issuer, profile.subject);
  assert.deepEqual(fields.subject, profile.subject);
  assert.equal(fields.notBeforeMs, notBeforeMs);
  assert.equal(fields.notAfterMs, notAfterMs);
  assert.deepEqual(fields.subjectPublicKeyInfo, key.subjectPublicKeyInfo);
  assert.deepEqual(fields.subjectKeyIdentifier, key.identifier);
  assert.ok(fields.isCa && fields.mayCertSign);
  assert.equal((await importPublicKey(fields)).type, "public");
});

Deno.test("`verifySelfSignature()` holds for every signature, and for no altered one", async () => {
  // Enough for scalars with and without sign octets and leading zeros to occur (1 in 2, 1 in 256).
  for (let round = 0; round < 100; round++) {
    const { certDer } = await testAuthority();
    assert.ok(await verifySelfSignature(readCertificate(certDer)));
  }
  const { certDer } = await testAuthority();
  const fields = readCertificate(certDer);
  const altered = fields.tbsCertificate.slice();
  altered[20]! ^= 1;
  assert.equal(await verifySelfSignature({ ...fields, tbsCertificate: altered }), false);
  assert.equal(await verifySelfSignature({ ...fields, issuer: sequence() }), false);
});

Deno.test("`readCertificate()` rejects a certificate cut short anywhere", async () => {
  const { certDer } = await testAuthority();
  for (let end = 0; end < certDer.length; end++) {
    assert.throws(() => readCertificate(certDer.subarray(0, end)), SyntaxError, `${end} octets`);
  }
});

Deno.test("`readCertificate()` only ever throws a SyntaxError, whichever octet is damaged", async () => {
  const { certDer } = await testAuthority();
  for (let at = 0; at < certDer.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = certDer.slice();
      damaged[at]! ^= flip;
      try {
        readCertificate(damaged);
      } catch (error) {
        assert.ok(error instanceof SyntaxError, `octet ${at}: ${error}`);
      }
    }
  }
});

Deno.test("`readCertificate()` rejects other structures", async () => {
  const { certDer } = await testAuthority();
  const rows: readonly (readonly [string, Der])[] = [
    ["no sequence", boolean(true)],
    ["an empty sequence", sequence()],
    [
      "three members that are none of a certificate's",
      sequence(sequence(), sequence(), sequence()),
    ],
    ["a private key's shape", sequence(unsignedInteger(Uint8Array.of(0)), sequence())],
    ["an octet behind", Uint8Array.of(...certDer, 0)],
    ["another tag around", element(TAG.set, certDer)],
  ];
  for (const [reason, der] of rows) {
    assert.throws(() => readCertificate(der), SyntaxError, reason);
  }
});

Deno.test({
  name: "`readCertificate()` names the algorithm it does not take (openssl)",
  ignore: !PROGRAMS.openssl,
  async fn() {
    await using dir = await tempDir();
    const rows = [
      ["RSA", ["-newkey", "rsa:2048"], /signed with 1\.2\.840\.113549\.1\.1\.11/],
      ["P-384", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], /key is not on P-256/],
    ] as const;
    for (const [reason, newKey, message] of rows) {
      const path = `${dir.path}/${reason}.pem`;
      const made = await runProgram("openssl", [
        ..."req -x509 -nodes -sha256 -subj /CN=x -keyout /dev/null -out".split(" "),
        path,
        ...newKey,
      ]);
      assert.ok(made.success, made.output);
      const der = decodePem(await Deno.readTextFile(path), "CERTIFICATE");
      assert.throws(() => readCertificate(der), { name: "SyntaxError", message }, reason);
    }
  },
});
