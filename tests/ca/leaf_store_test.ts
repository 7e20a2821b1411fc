import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { BACKDATE_MS, LEAF_LIFETIME_MS } from "../../src/ca/certificate.ts";
import { type Leaf, LeafStore } from "../../src/ca/leaf_store.ts";
import { testAuthority } from "./test_authority.ts";

const DAY_MS = 86_400_000;

/** The real clock's second, since certificates have no fractions, moved by hand. */
function fakeClock() {
  const startMs = Math.floor(Date.now() / 1000) * 1000;
  let offsetMs = 0;
  return {
    startMs,
    now: () => startMs + offsetMs,
    advance: (ms: number) => offsetMs += ms,
  };
}

/** Runs `body` with WebCrypto's `method` replaced, and puts it back. */
async function withSubtle<K extends "sign" | "generateKey">(
  method: K,
  replacement: (original: SubtleCrypto[K]) => unknown,
  body: () => Promise<void>,
): Promise<void> {
  const original = crypto.subtle[method].bind(crypto.subtle) as SubtleCrypto[K];
  Object.defineProperty(crypto.subtle, method, {
    value: replacement(original),
    configurable: true,
  });
  try {
    await body();
  } finally {
    Reflect.deleteProperty(crypto.subtle, method);
  }
}

Deno.test("`leafFor()` makes a leaf that its CA signed, with its key", async () => {
  const authority = await testAuthority();
  const clock = fakeClock();
  const leaf = await new LeafStore(authority, { now: clock.now }).leafFor("api.example.com");
  const certificate = new X509Certificate(leaf.certPem);
  assert.ok(certificate.verify(new X509Certificate(authority.certPem).publicKey));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(leaf.keyPem)));
  assert.equal(certificate.subjectAltName, "DNS:api.example.com");
  assert.equal(Date.parse(certificate.validFrom), clock.startMs - BACKDATE_MS);
  assert.equal(Date.parse(certificate.validTo), clock.startMs + LEAF_LIFETIME_MS);
  assert.equal(leaf.notAfterMs, clock.startMs + LEAF_LIFETIME_MS);
});

Deno.test("`leafFor()` sends no root along", async () => {
  const { certPem } = await new LeafStore(await testAuthority(), { now: Date.now }).leafFor("a.b");
  assert.equal(certPem.match(/BEGIN CERTIFICATE/g)?.length, 1);
});

Deno.test("`leafFor()` gives one key to all hosts, and each its own serial", async () => {
  const store = new LeafStore(await testAuthority(), { now: Date.now });
  const leaves = await Promise.all(["a.example", "b.example", "::1"].map((h) => store.leafFor(h)));
  assert.equal(new Set(leaves.map((leaf) => leaf.keyPem)).size, 1);
  const serials = leaves.map((leaf) => new X509Certificate(leaf.certPem).serialNumber);
  assert.equal(new Set(serials).size, 3);
});

Deno.test("`leafFor()` gives the same object again, however the host is written", async () => {
  const store = new LeafStore(await testAuthority(), { now: Date.now });
  const leaf = await store.leafFor("example.com");
  for (const host of ["example.com", "EXAMPLE.com", "example.com."]) {
    assert.equal(await store.leafFor(host), leaf, host);
  }
  assert.equal(await store.leafFor("[::1]"), await store.leafFor("::1"));
  assert.equal(store.size, 2);
});

Deno.test("`leafFor()` mints once for requests at the same time", async () => {
  const store = new LeafStore(await testAuthority(), { now: Date.now });
  let signatures = 0;
  let keys = 0;
  const countSign = (original: SubtleCrypto["sign"]) => (...args: Parameters<typeof original>) => {
    signatures++;
    return original(...args);
  };
  const countKeys = (original: SubtleCrypto["generateKey"]) => (...args: unknown[]) => {
    keys++;
    return Reflect.apply(original, crypto.subtle, args);
  };
  await withSubtle("sign", countSign, () =>
    withSubtle("generateKey", countKeys, async () => {
      const hosts = ["a.example", "b.example"].flatMap((host) => Array<string>(20).fill(host));
      const leaves = await Promise.all(hosts.map((host) => store.leafFor(host)));
      assert.equal(new Set(leaves).size, 2);
    }));
  assert.equal(signatures, 2);
  assert.equal(keys, 1);
});

Deno.test("`LeafStore` holds `limit` leaves and drops the least recently used", async () => {
  const store = new LeafStore(await testAuthority(), { now: Date.now, limit: 2 });
  const a = await store.leafFor("a.example");
  const b = await store.leafFor("b.example");
  assert.equal(await store.leafFor("a.example"), a);
  await store.leafFor("c.example");
  assert.equal(store.size, 2);
  assert.equal(await store.leafFor("a.example"), a, "used more recently than b");
  assert.notEqual(await store.leafFor("b.example"), b, "dropped for c");
});

Deno.test("`LeafStore` never holds more than `limit`, whatever is asked for", async () => {
  const authority = await testAuthority();
  const hosts = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(hosts, fc.integer({ min: 1, max: 5 }), async (hosts, limit) => {
      const store = new LeafStore(authority, { now: Date.now, limit });
      const leaves = await Promise.all(hosts.map((host) => store.leafFor(`h${host}.example`)));
      assert.equal(store.size, Math.min(limit, new Set(hosts).size));
      for (const [at, leaf] of leaves.entries()) {
        const { subjectAltName } = new X509Certificate(leaf.certPem);
        assert.equal(subjectAltName, `DNS:h${hosts[at]}.example`);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("`leafFor()` renews a leaf long before it expires", async () => {
  const clock = fakeClock();
  const store = new LeafStore(await testAuthority(), { now: clock.now });
  const first = await store.leafFor("example.com");
  clock.advance(60 * DAY_MS - 1);
  assert.equal(await store.leafFor("example.com"), first);
  clock.advance(1);
  const second = await store.leafFor("example.com");
  assert.notEqual(second, first);
  assert.equal(second.notAfterMs, clock.now() + LEAF_LIFETIME_MS);
  assert.equal(store.size, 1);
});

Deno.test("`leafFor()` renews when the clock was set back behind the leaf's start", async () => {
  const clock = fakeClock();
  const authority = await testAuthority({ notBeforeMs: clock.startMs - 300 * DAY_MS });
  const store = new LeafStore(authority, { now: clock.now });
  const first = await store.leafFor("example.com");
  clock.advance(-BACKDATE_MS);
  assert.equal(await store.leafFor("example.com"), first);
  clock.advance(-1);
  assert.notEqual(await store.leafFor("example.com"), first);
});

Deno.test("`leafFor()` keeps leaves within the CA's dates and refuses outside them", async () => {
  const clock = fakeClock();
  const notBeforeMs = clock.startMs - DAY_MS;
  const notAfterMs = clock.startMs + 10 * DAY_MS;
  const store = new LeafStore(await testAuthority({ notBeforeMs, notAfterMs }), { now: clock.now });
  const leaf = await store.leafFor("example.com");
  assert.equal(leaf.notAfterMs, notAfterMs);
  const certificate = new X509Certificate(leaf.certPem);
  assert.equal(Date.parse(certificate.validFrom), notBeforeMs);
  assert.equal(Date.parse(certificate.validTo), notAfterMs);
  clock.advance(10 * DAY_MS);
  await assert.rejects(store.leafFor("example.com"), {
    name: "RangeError",
    message: /the CA is valid/,
  });
  clock.advance(-12 * DAY_MS);
  await assert.rejects(store.leafFor("example.com"), {
    name: "RangeError",
    message: /the CA is valid/,
  });
});

Deno.test("`leafFor()` refuses what is no host, and keeps nothing of it", async () => {
  const store = new LeafStore(await testAuthority(), { now: Date.now });
  for (const host of ["", "*.example.com", "a b", "example.com:443", "bücher.example"]) {
    await assert.rejects(store.leafFor(host), SyntaxError, host);
  }
  assert.equal(store.size, 0);
});

for (const method of ["sign", "generateKey"] as const) {
  Deno.test(`\`leafFor()\` forgets a failure of \`${method}()\``, async () => {
    const store = new LeafStore(await testAuthority(), { now: Date.now });
    const failure = new Error("out of entropy");
    await withSubtle(method, () => () => Promise.reject(failure), async () => {
      const both = ["a.example", "a.example", "b.example"].map((host) => store.leafFor(host));
      for (const { status } of await Promise.allSettled(both)) assert.equal(status, "rejected");
      assert.equal(store.size, 0);
    });
    assert.match((await store.leafFor("a.example")).certPem, /BEGIN CERTIFICATE/);
  });
}

Deno.test("`LeafStore` refuses limits and CAs it cannot use", async () => {
  const authority = await testAuthority();
  for (const limit of [0, -1, 1.5, NaN]) {
    assert.throws(() => new LeafStore(authority, { now: Date.now, limit }), RangeError);
  }
  const certDer = authority.certDer.subarray(1);
  assert.throws(() => new LeafStore({ ...authority, certDer }, { now: Date.now }), SyntaxError);
});

Deno.test("`LeafStore` works in a worker that may use the network and nothing else", async () => {
  const { certDer, certPem, privateKey } = await testAuthority();
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
  const sealedKey = await crypto.subtle.importKey(
    "pkcs8",
    pkcs8,
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign"],
  );
  const worker = new Worker(new URL("./leaf_worker.ts", import.meta.url), {
    type: "module",
    deno: {
      permissions: {
        net: true,
        read: false,
        write: false,
        run: false,
        env: false,
        sys: false,
        ffi: false,
        import: false,
      },
    },
  });
  try {
    const answer = Promise.withResolvers<{ leaves: readonly Leaf[]; denied: readonly string[] }>();
    worker.onmessage = ({ data }) => answer.resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      answer.reject(new Error(event.message));
    };
    const hosts = ["example.com", "127.0.0.1", "::1"];
    worker.postMessage({ authority: { certDer, privateKey: sealedKey }, hosts });
    const { leaves, denied } = await answer.promise;
    assert.deepEqual(denied, ["read", "write", "run", "env", "sys", "exportKey"]);
    const ca = new X509Certificate(certPem);
    for (const leaf of leaves) {
      assert.ok(new X509Certificate(leaf.certPem).verify(ca.publicKey));
    }
    assert.equal(leaves.length, hosts.length);
  } finally {
    worker.terminate();
  }
});
