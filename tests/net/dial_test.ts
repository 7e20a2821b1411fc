import assert from "node:assert/strict";
import { dial, DialError, type DialFailure, dialTls } from "../../src/net/dial.ts";
import { resolveHost } from "../../src/net/resolve_host.ts";
import { type RawConnection, startRawOrigin } from "../support/start_origin.ts";
import { testCertificates } from "../support/start_proxy_in_process.ts";
import { readBytes } from "../support/stream_pair.ts";

const idle = async (connection: RawConnection) => void await connection.readToEnd();

function hasFailed(failure: DialFailure, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof DialError, String(error));
    assert.equal(error.failure, failure, error.message);
    assert.match(error.message, message);
    return true;
  };
}

Deno.test("`dial()` connects by address and by name, and carries bytes", async () => {
  await using origin = await startRawOrigin({ play: (connection) => connection.write("hello") });
  for (const host of ["127.0.0.1", "localhost"]) {
    const stream = await dial({ host, port: origin.port });
    assert.equal(await readBytes(stream, 5), "hello");
    stream.close();
  }
});

const addresses = await resolveHost("localhost");

for (const hostname of ["127.0.0.1", "::1"]) {
  const isThere = addresses.includes(hostname);
  const skipped = isThere ? "" : ` (skipped: localhost has no ${hostname})`;
  Deno.test({
    name: `\`dial()\` finds a name's origin that listens on ${hostname} alone${skipped}`,
    ignore: !isThere,
    async fn() {
      using listener = Deno.listen({ hostname, port: 0 });
      const accepted = listener.accept();
      const stream = await dial({ host: "localhost", port: listener.addr.port });
      stream.close();
      (await accepted).close();
    },
  });
}

Deno.test("`dial()` says that nothing listens", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assert.rejects(
    dial({ host: "127.0.0.1", port }),
    hasFailed("refused", new RegExp(`Cannot reach "127.0.0.1:${port}": connection refused`)),
  );
});

Deno.test("`dial()` says that a name has no address", async () => {
  await assert.rejects(
    dial({ host: "nothing.invalid", port: 80 }),
    hasFailed("name", /"nothing\.invalid:80": its name has no address/),
  );
});

Deno.test("`dial()` lets an address be refused once it is known, and closes the connection", async () => {
  await using origin = await startRawOrigin({ play: idle });
  for (const failure of ["loop", "denied"] as const) {
    const refusal = new DialError(failure, "Cannot go there: told so");
    await assert.rejects(
      dial({ host: "localhost", port: origin.port }, {
        refuseAddress: (remote, local) => {
          assert.match(remote.hostname, /^(127\.0\.0\.1|::1)$/);
          assert.equal(remote.port, origin.port);
          assert.equal(local.hostname, remote.hostname);
          return refusal;
        },
      }),
      (error) => error === refusal,
    );
  }
});

Deno.test("`dialTls()` verifies, and names the protocol that was agreed on", async () => {
  const { trusted, caPem } = await testCertificates();
  await using origin = await startRawOrigin({ play: idle, tls: trusted, alpn: ["http/1.1"] });
  for (const host of ["localhost", "127.0.0.1"]) {
    const { stream, protocol } = await dialTls({ host, port: origin.port }, {
      extraRoots: [caPem],
      protocols: ["h2", "http/1.1"],
    });
    assert.equal(protocol, "http/1.1");
    stream.close();
  }
});

Deno.test("`dialTls()` leaves the protocol undefined where the origin chooses none", async () => {
  const { trusted, caPem } = await testCertificates();
  await using origin = await startRawOrigin({ play: idle, tls: trusted });
  const options = { extraRoots: [caPem], protocols: ["h2", "http/1.1"] };
  const { stream, protocol } = await dialTls({ host: "localhost", port: origin.port }, options);
  assert.equal(protocol, undefined);
  stream.close();
});

const CERTIFICATES = [
  ["expired", /it has expired/],
  ["wrongHost", /it is for another host name/],
  ["selfSigned", /upstream_ca_file/],
  ["unknownIssuer", /its issuer is unknown .*upstream_ca_file/],
] as const;

for (const [name, message] of CERTIFICATES) {
  Deno.test(`\`dialTls()\` refuses a certificate that is ${name}, and says so`, async () => {
    const certificates = await testCertificates();
    await using origin = await startRawOrigin({ play: idle, tls: certificates[name] });
    const options = { extraRoots: [certificates.caPem], protocols: ["http/1.1"] };
    await assert.rejects(
      dialTls({ host: "localhost", port: origin.port }, options),
      hasFailed("certificate", message),
    );
  });
}

const NOT_TLS: readonly (readonly [string, (connection: RawConnection) => Promise<void>])[] = [
  ["SSH", (connection) => connection.write("SSH-2.0-OpenSSH_9.9\r\n")],
  ["HTTP", async (connection) => {
    await connection.readMore();
    await connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  }],
  ["nothing, and closes", async (connection) => void await connection.readMore()],
];

for (const [what, play] of NOT_TLS) {
  Deno.test(`\`dialTls()\` tells an origin that speaks ${what} from one that breaks TLS off`, async () => {
    const { caPem } = await testCertificates();
    await using origin = await startRawOrigin({ play });
    await assert.rejects(
      dialTls({ host: "localhost", port: origin.port }, { extraRoots: [caPem], protocols: [] }),
      hasFailed("not_tls", /it does not answer in TLS/),
    );
  });
}

Deno.test("`dialTls()` says that the origin refused the handshake", async () => {
  const { trusted, caPem } = await testCertificates();
  await using origin = await startRawOrigin({ play: idle, tls: trusted, alpn: ["other/1"] });
  await assert.rejects(
    dialTls({ host: "localhost", port: origin.port }, { extraRoots: [caPem], protocols: ["h2"] }),
    hasFailed("tls", /Cannot start TLS with "localhost/),
  );
});

Deno.test("`dialTls()` gives up a handshake that takes too long", async () => {
  const { caPem } = await testCertificates();
  await using origin = await startRawOrigin({ play: idle });
  await assert.rejects(
    dialTls({ host: "127.0.0.1", port: origin.port }, {
      extraRoots: [caPem],
      protocols: [],
      timeoutMs: 50,
    }),
    hasFailed("timeout", /its TLS handshake took too long/),
  );
});
