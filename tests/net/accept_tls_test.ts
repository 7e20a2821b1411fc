import assert from "node:assert/strict";
import tls from "node:tls";
import { acceptTls, type AcceptTlsOptions, secureIdentity } from "../../src/net/accept_tls.ts";
import type { ByteStream } from "../../src/net/byte_stream.ts";
import { TcpStream } from "../../src/net/tcp_stream.ts";
import { TransportDuplex } from "../../src/net/transport_duplex.ts";
import { BufferedStream } from "../../src/proxy/buffered_stream.ts";
import { hasProgram } from "../support/has_program.ts";
import { testCertificates } from "../support/start_proxy_in_process.ts";
import { bytesOf } from "../support/latin1_bytes.ts";
import { readBytes, streamPair } from "../support/stream_pair.ts";

async function options(more: Partial<AcceptTlsOptions> = {}): Promise<AcceptTlsOptions> {
  const { trusted } = await testCertificates();
  return { identity: secureIdentity(trusted), protocols: ["http/1.1"], timeoutMs: 5_000, ...more };
}

/** A TLS client of Deno's own, on a connection to a listener that hands over the other end. */
async function handshake(accepting: AcceptTlsOptions, alpnProtocols?: string[]) {
  const { caPem } = await testCertificates();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [near, far] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const client = await Deno.startTls(near, {
    hostname: "localhost",
    caCerts: [caPem],
    ...(alpnProtocols === undefined ? {} : { alpnProtocols }),
  });
  const accepted = acceptTls(new TcpStream(far), accepting);
  // A rejection is looked at by the test; until then nobody else may.
  accepted.catch(() => {});
  return { client, accepted };
}

const ALPN: readonly (readonly [string, string[], string[] | undefined, string | undefined])[] = [
  ["the only one", ["http/1.1"], ["http/1.1"], "http/1.1"],
  ["the server's choice", ["h2", "http/1.1"], ["http/1.1", "h2"], "h2"],
  ["the one in common", ["h2", "http/1.1"], ["http/1.1"], "http/1.1"],
  ["none, where none is offered", ["http/1.1"], undefined, undefined],
];

for (const [reason, ours, theirs, expected] of ALPN) {
  Deno.test(`\`acceptTls()\` agrees on ${reason}`, async () => {
    const { client, accepted } = await handshake(await options({ protocols: ours }), theirs);
    await client.handshake();
    const { stream, protocol } = await accepted;
    assert.equal(protocol, expected);
    stream.close();
    client.close();
  });
}

Deno.test("`acceptTls()` carries bytes both ways, large ones too, and a half-close", async () => {
  const { client, accepted } = await handshake(await options());
  await client.handshake();
  const { stream } = await accepted;
  assert.equal(stream.remoteAddress, "127.0.0.1");
  await client.write(bytesOf("ping"));
  assert.equal(await readBytes(stream, 4), "ping");
  const large = "x".repeat(1_000_000);
  const [received] = await Promise.all([
    readAll(client),
    stream.write(bytesOf(large)).then(() => stream.closeWrite()),
  ]);
  assert.equal(received, large.length);
  stream.close();
  client.close();
});

async function readAll(connection: Deno.TlsConn): Promise<number> {
  const buffer = new Uint8Array(65_536);
  let count = 0;
  for (let length; (length = await connection.read(buffer)) !== null;) count += length;
  return count;
}

Deno.test("`acceptTls()` reads what came before it was called from a stream that was read ahead", async () => {
  const { caPem } = await testCertificates();
  using pair = await streamPair();
  const client = tls.connect({
    socket: duplexOf(pair.near),
    ca: caPem,
    servername: "localhost",
  });
  const secured = new Promise((resolve) => client.once("secureConnect", resolve));
  const buffered = new BufferedStream(pair.far);
  await buffered.fill();
  const accepted = await acceptTls(buffered.unread(), await options());
  await secured;
  client.write("hello");
  assert.equal(await readBytes(accepted.stream, 5), "hello");
  accepted.stream.close();
  client.destroy();
});

function duplexOf(stream: ByteStream): tls.TLSSocket {
  return new TransportDuplex(stream) as unknown as tls.TLSSocket;
}

Deno.test("`acceptTls()` rejects with an Error when the client does not trust the leaf", async () => {
  for (const protocols of [["http/1.1"], ["h2", "http/1.1"]]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const connecting = Deno.connectTls({ hostname: "localhost", port: listener.addr.port });
    const far = new TcpStream(await listener.accept());
    const accepting = acceptTls(far, await options({ protocols }));
    const [client] = await Promise.all([
      connecting.then((connection) => connection.handshake().finally(() => connection.close()))
        .catch((error) => error),
      assert.rejects(accepting, Error),
    ]);
    assert.match(String(client), /UnknownIssuer/);
    await assert.rejects(far.read(new Uint8Array(1)));
  }
});

const BROKEN: readonly (readonly [string, string, "close" | "stay"])[] = [
  ["closes at once", "", "close"],
  ["closes in the middle of its hello", "\x16\x03\x01\x02\x00\x01\x00\x01", "close"],
  ["speaks no TLS", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "stay"],
  ["says nothing until the time is over", "", "stay"],
];

for (const protocols of [["http/1.1"], ["h2", "http/1.1"]]) {
  for (const [reason, sent, after] of BROKEN) {
    Deno.test(`\`acceptTls()\` with ${protocols} rejects with an Error when the client ${reason}`, async () => {
      using pair = await streamPair();
      if (sent !== "") await pair.near.write(bytesOf(sent));
      if (after === "close") pair.near.close();
      await assert.rejects(
        acceptTls(pair.far, await options({ timeoutMs: 100, protocols })),
        /Cannot finish TLS handshake|SSL|TLS|reset|peer/i,
      );
      await assert.rejects(pair.far.write(bytesOf("x")));
    });
  }
}

const VERSIONS: readonly (readonly [flag: string, isAccepted: boolean])[] = [
  ["-tls1_3", true],
  ["-tls1_2", true],
  ["-tls1_1", false],
  ["-tls1", false],
];

for (const [flag, isAccepted] of VERSIONS) {
  Deno.test({
    name: `\`acceptTls()\` ${isAccepted ? "accepts" : "refuses"} openssl's ${flag}`,
    ignore: !hasProgram("openssl"),
    async fn() {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const output = new Deno.Command("openssl", {
        args: [
          ...["s_client", "-connect", `127.0.0.1:${listener.addr.port}`, flag],
          // Old versions are off by its own settings otherwise.
          ...["-cipher", "DEFAULT:@SECLEVEL=0", "-quiet"],
        ],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).output();
      const accepting = acceptTls(new TcpStream(await listener.accept()), await options());
      const result = await accepting.then(({ stream }) => {
        stream.close();
        return true;
      }, () => false);
      await output;
      assert.equal(result, isAccepted);
    },
  });
}
