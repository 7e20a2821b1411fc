/**
 * What a new host costs: one leaf of about 550 octets, of which the signature is nearly all. The
 * group's baseline is WebCrypto's signature alone over as many octets; a leaf that is kept costs a
 * look-up in a Map.
 */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { leafProfile, SIGNATURE_ALGORITHM } from "../../src/ca/certificate.ts";
import { LeafStore } from "../../src/ca/leaf_store.ts";
import { readCertificate } from "../../src/ca/read_certificate.ts";
import { testAuthority } from "../ca/test_authority.ts";

const HOST = "api.example.com";

const authority = await testAuthority();
const store = new LeafStore(authority, { now: Date.now });
const { subjectKeyIdentifier, tbsCertificate } = readCertificate(authority.certDer);
const identifiers = {
  subjectKeyIdentifier: subjectKeyIdentifier!,
  authorityKeyIdentifier: subjectKeyIdentifier!,
};

// The answer first: what is timed below is a leaf that its CA signed for this host.
const leaf = new X509Certificate((await store.leafFor(HOST)).certPem);
assert.ok(leaf.verify(new X509Certificate(authority.certPem).publicKey));
assert.equal(leaf.checkHost(HOST), HOST);

Deno.bench({
  name: "WebCrypto signature alone",
  group: "new host",
  baseline: true,
  async fn() {
    await crypto.subtle.sign(SIGNATURE_ALGORITHM, authority.privateKey, tbsCertificate);
  },
});

let minted = 0;
Deno.bench({
  name: "`leafFor()` of a host not seen before",
  group: "new host",
  async fn() {
    await store.leafFor(`h${minted++}.example.com`);
  },
});

Deno.bench({
  name: "`leafProfile()`: the DER of subject and extensions",
  group: "new host",
  fn() {
    leafProfile(HOST, identifiers);
  },
});

Deno.bench({
  name: "`leafFor()` of a host that is kept",
  group: "known host",
  async fn() {
    await store.leafFor(HOST);
  },
});
