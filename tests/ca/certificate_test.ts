import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import {
  BACKDATE_MS,
  caProfile,
  ecdsaSignature,
  issueCertificate,
  keyIdentifier,
  LEAF_LIFETIME_MS,
  leafProfile,
} from "../../src/ca/certificate.ts";
import { readElement, readElements, readUnsignedInteger } from "../../src/ca/der.ts";
import { encodePem } from "../../src/ca/pem.ts";
import { PROGRAMS, runProgram, tempDir } from "./programs.ts";
import { testAuthority, testKey } from "./test_authority.ts";
import { readCertificate } from "../../src/ca/read_certificate.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.now();
const NAME_64 = `${"a".repeat(52)}.example.com`;
const NAME_65 = `${"a".repeat(53)}.example.com`;

/** A leaf's PEM and its CA's, the leaf's validity starting at `notBeforeMs`. */
async function issueLeaf(host: string, options: { readonly notBeforeMs?: number } = {}) {
  const { notBeforeMs = NOW_MS - BACKDATE_MS } = options;
  const authority = await testAuthority();
  const ca = readCertificate(authority.certDer);
  const key = await testKey();
  const profile = leafProfile(host, {
    subjectKeyIdentifier: key.identifier,
    authorityKeyIdentifier: ca.subjectKeyIdentifier!,
  });
  const certificate = await issueCertificate(profile, {
    issuer: ca.subject,
    serial: Uint8Array.of(0xff, 0x01),
    notBeforeMs,
    notAfterMs: NOW_MS + LEAF_LIFETIME_MS,
    subjectPublicKeyInfo: key.subjectPublicKeyInfo,
    signingKey: authority.privateKey,
  });
  return { pem: encodePem("CERTIFICATE", certificate), caPem: authority.certPem };
}

Deno.test("`issueCertificate()` makes a leaf that Node reads and its CA signed", async () => {
  const { pem, caPem } = await issueLeaf("api.example.com");
  const leaf = new X509Certificate(pem);
  const ca = new X509Certificate(caPem);
  assert.equal(leaf.subject, "CN=api.example.com");
  assert.equal(leaf.issuer, ca.subject);
  assert.equal(leaf.subjectAltName, "DNS:api.example.com");
  assert.equal(leaf.serialNumber, "FF01");
  assert.equal(leaf.ca, false);
  assert.equal(ca.ca, true);
  assert.ok(leaf.verify(ca.publicKey));
  assert.ok(ca.verify(ca.publicKey));
});

Deno.test("a leaf's whole validity is at most 100 days", () => {
  assert.ok(BACKDATE_MS + LEAF_LIFETIME_MS <= 100 * DAY_MS);
  assert.equal(BACKDATE_MS, 2 * DAY_MS);
});

Deno.test("`issueCertificate()` rejects serials and dates that RFC 5280 forbids", async () => {
  const key = await testKey();
  const profile = caProfile({ commonName: "x", subjectKeyIdentifier: key.identifier });
  const good = {
    issuer: profile.subject,
    serial: Uint8Array.of(1),
    notBeforeMs: NOW_MS,
    notAfterMs: NOW_MS + DAY_MS,
    subjectPublicKeyInfo: key.subjectPublicKeyInfo,
    signingKey: key.privateKey,
  };
  const rows: readonly (readonly [string, Partial<typeof good>])[] = [
    ["serial zero", { serial: new Uint8Array(16) }],
    ["serial of 21 octets", { serial: new Uint8Array(21).fill(1) }],
    ["serial of 20 octets and a sign octet", { serial: new Uint8Array(20).fill(0xff) }],
    ["no serial", { serial: new Uint8Array(0) }],
    ["ends when it starts", { notAfterMs: NOW_MS }],
    ["ends before it starts", { notAfterMs: NOW_MS - 1 }],
    ["no date", { notAfterMs: NaN }],
  ];
  for (const [reason, change] of rows) {
    await assert.rejects(issueCertificate(profile, { ...good, ...change }), RangeError, reason);
  }
  await issueCertificate(profile, { ...good, serial: new Uint8Array(20).fill(0x7f) });
});

Deno.test("`caProfile()` rejects a common name that does not fit", () => {
  const subjectKeyIdentifier = new Uint8Array(20);
  for (const commonName of ["", "a".repeat(65)]) {
    assert.throws(() => caProfile({ commonName, subjectKeyIdentifier }), RangeError);
  }
  caProfile({ commonName: "a".repeat(64), subjectKeyIdentifier });
});

Deno.test("`leafProfile()` rejects what is no host", () => {
  const options = {
    subjectKeyIdentifier: new Uint8Array(20),
    authorityKeyIdentifier: new Uint8Array(20),
  };
  assert.throws(() => leafProfile("*.example.com", options), SyntaxError);
});

Deno.test("`keyIdentifier()` is the first 160 bits of SHA-256", async () => {
  // NIST's test vector for the three octets "abc".
  const identifier = await keyIdentifier(new TextEncoder().encode("abc"));
  assert.equal(identifier.toHex(), "ba7816bf8f01cfea414140de5dae2223b00361a3");
});

Deno.test("`ecdsaSignature()` keeps r and s, whatever their sign bits and leading zeros", () => {
  const scalar = fc.uint8Array({ minLength: 1, maxLength: 32 }).map((digits) => {
    const padded = new Uint8Array(32);
    padded.set(digits, 32 - digits.length);
    return padded;
  });
  fc.assert(fc.property(scalar, scalar, (r, s) => {
    const der = ecdsaSignature(Uint8Array.of(...r, ...s));
    const [readR, readS] = readElements(readElement(der).content)
      .map((part) => BigInt(`0x${readUnsignedInteger(part.content).toHex()}`));
    assert.equal(readR, BigInt(`0x${r.toHex()}`));
    assert.equal(readS, BigInt(`0x${s.toHex()}`));
  }));
  for (const length of [0, 63, 65, 96]) {
    assert.throws(() => ecdsaSignature(new Uint8Array(length)), RangeError);
  }
});

/** Runs `openssl verify` as strict as it gets and returns what it said. */
async function opensslVerify(
  certificate: { readonly pem: string; readonly caPem: string },
  args: readonly string[],
) {
  await using dir = await tempDir();
  const ca = await dir.write("ca.pem", certificate.caPem);
  const leaf = await dir.write("leaf.pem", certificate.pem);
  return await runProgram("openssl", [
    "verify",
    "-x509_strict",
    "-check_ss_sig",
    ...args,
    "-CAfile",
    ca,
    leaf,
  ]);
}

const HOSTS: readonly (readonly [string, string, readonly string[]])[] = [
  ["DNS name", "api.example.com", ["-verify_hostname", "api.example.com"]],
  ["one label", "localhost", ["-verify_hostname", "localhost"]],
  ["name of 64 characters", NAME_64, ["-verify_hostname", NAME_64]],
  ["name of 65 characters", NAME_65, ["-verify_hostname", NAME_65]],
  ["A-label", "xn--bcher-kva.example", ["-verify_hostname", "xn--bcher-kva.example"]],
  ["underscore", "my_bucket.example.com", ["-verify_hostname", "my_bucket.example.com"]],
  ["IPv4 literal", "127.0.0.1", ["-verify_ip", "127.0.0.1"]],
  ["IPv6 literal", "2001:db8::1", ["-verify_ip", "2001:db8::1"]],
];

Deno.test({
  name: "`openssl verify -x509_strict` accepts the CA and a leaf for every kind of host",
  ignore: !PROGRAMS.openssl,
  async fn() {
    const { certPem: caPem } = await testAuthority();
    const ca = await opensslVerify({ pem: caPem, caPem }, []);
    assert.ok(ca.success, ca.output);
    for (const [reason, host, match] of HOSTS) {
      const leaf = await opensslVerify(await issueLeaf(host), ["-purpose", "sslserver", ...match]);
      assert.ok(leaf.success, `${reason}: ${leaf.output}`);
    }
  },
});

Deno.test({
  name: "`openssl verify -x509_strict` refuses a leaf for what it was not issued for",
  ignore: !PROGRAMS.openssl,
  async fn() {
    const leaf = await issueLeaf("api.example.com");
    const future = await issueLeaf("api.example.com", { notBeforeMs: NOW_MS + DAY_MS });
    const { certPem: otherCaPem } = await testAuthority();
    const rows = [
      ["another host", leaf, ["-verify_hostname", "www.example.com"]],
      ["a host below", leaf, ["-verify_hostname", "x.api.example.com"]],
      ["a client's purpose", leaf, ["-purpose", "sslclient"]],
      ["another CA of the same name", { ...leaf, caPem: otherCaPem }, []],
      ["a day before it is valid", future, []],
    ] as const;
    for (const [reason, certificate, args] of rows) {
      const { success, output } = await opensslVerify(certificate, args);
      assert.ok(!success, `${reason}: ${output}`);
    }
  },
});

Deno.test({
  name: "openssl prints the extensions of the profiles, each critical where it must be",
  ignore: !PROGRAMS.openssl,
  async fn() {
    await using dir = await tempDir();
    const short = await issueLeaf("api.example.com");
    const long = await issueLeaf(NAME_65);
    const print = async (pem: string) => {
      const path = await dir.write("one.pem", pem);
      const { output } = await runProgram("openssl", ["x509", "-noout", "-text", "-in", path]);
      return output.replaceAll(/\s+/g, " ");
    };
    const ca = await print(short.caPem);
    assert.match(ca, /Basic Constraints: critical CA:TRUE, pathlen:0 /);
    assert.match(ca, /Key Usage: critical Certificate Sign, CRL Sign /);
    assert.match(ca, /Subject Key Identifier: /);
    const leaf = await print(short.pem);
    assert.match(leaf, /Basic Constraints: critical CA:FALSE /);
    assert.match(leaf, /Key Usage: critical Digital Signature /);
    assert.match(leaf, /Extended Key Usage: TLS Web Server Authentication /);
    assert.match(leaf, /Subject Alternative Name: DNS:api\.example\.com /);
    assert.equal(
      /Authority Key Identifier: (\S+)/.exec(leaf)?.[1],
      /Subject Key Identifier: (\S+)/.exec(ca)?.[1],
    );
    assert.match(await print(long.pem), /Subject: Subject Public Key Info/);
    assert.match(await print(long.pem), /Subject Alternative Name: critical DNS:a{53}\.example/);
  },
});

Deno.test({
  name: "`certtool --verify` accepts a leaf",
  ignore: !PROGRAMS.certtool,
  async fn() {
    await using dir = await tempDir();
    const { pem, caPem } = await issueLeaf("api.example.com");
    const { success, output } = await runProgram("certtool", [
      "--verify",
      "--load-ca-certificate",
      await dir.write("ca.pem", caPem),
      "--verify-hostname=api.example.com",
      "--infile",
      await dir.write("leaf.pem", pem),
    ]);
    assert.ok(success, output);
  },
});

Deno.test({
  name: "`keytool -importcert` takes the CA into a trust store",
  ignore: !PROGRAMS.keytool,
  async fn() {
    await using dir = await tempDir();
    const { certPem: caPem } = await testAuthority();
    const { success, output } = await runProgram("keytool", [
      "-importcert",
      "-noprompt",
      "-alias",
      "clawsec",
      "-storepass",
      "changeit",
      "-keystore",
      `${dir.path}/trust.p12`,
      "-file",
      await dir.write("ca.pem", caPem),
    ]);
    assert.ok(success, output);
  },
});
