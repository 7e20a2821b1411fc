/** Tunnels: decrypted, plain and blind; what is checked in each, and what is let go of when one breaks off. */
import assert from "node:assert/strict";
import { AGENT_KEY } from "../support/agent_key.ts";
import { answerRequests, ok } from "../support/answer_requests.ts";
import { type RawConnection, startRawOrigin } from "../support/start_origin.ts";
import { startProxyInProcess, testCertificates } from "../support/start_proxy_in_process.ts";
import { waitFor } from "../support/wait_for.ts";

const play = answerRequests(({ head }) => ok(head.split("\r\n", 1)[0]!));

/** An origin without TLS: it answers a ClientHello as such servers do, and plays the rest. */
function withoutTls(play: (connection: RawConnection) => Promise<void>) {
  return async (connection: RawConnection) => {
    await connection.readMore();
    if (connection.received.startsWith("\x16")) {
      await connection.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    } else await play(connection);
  };
}

async function startTlsOrigin() {
  const { trusted } = await testCertificates();
  return await startRawOrigin({ play, tls: trusted });
}

for (const name of ["localhost", "127.0.0.1"]) {
  Deno.test(`a tunnel to ${name} is decrypted, and its exchanges are recorded`, async () => {
    await using origin = await startTlsOrigin();
    await using proxy = await startProxyInProcess();
    const authority = `${name}:${origin.port}`;
    const client = await proxy.connectTls(authority);
    for (let round = 0; round < 2; round++) {
      const answer = await client.ask(`GET /${round} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      assert.equal(answer.body, `GET /${round} HTTP/1.1`);
    }
    assert.equal(origin.connections.length, 1, "the connection dialled ahead serves");
    const records = await waitFor(() => proxy.records.length >= 3 && proxy.records, {
      what: "the records",
    });
    assert.deepEqual(records.map(({ method, intercepted, url }) => [method, intercepted, url]), [
      ["CONNECT", false, authority],
      ["GET", true, `https://${authority}/0`],
      ["GET", true, `https://${authority}/1`],
    ]);
  });
}

const CERTIFICATES = ["expired", "wrongHost", "selfSigned", "unknownIssuer"] as const;
for (const name of CERTIFICATES) {
  Deno.test(`an origin whose certificate is ${name} is a 502 to the CONNECT`, async () => {
    const tls = (await testCertificates())[name];
    await using origin = await startRawOrigin({ play, tls });
    await using proxy = await startProxyInProcess();
    const client = await proxy.connect();
    const answer = await client.ask(
      `CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    assert.equal(answer.status, 502);
    assert.equal(JSON.parse(answer.body).type, "urn:clawsec:problem:origin-certificate");
  });
}

Deno.test("a server name that is not the tunnel's is a 421 inside it", async () => {
  await using origin = await startTlsOrigin();
  await using proxy = await startProxyInProcess();
  const authority = `localhost:${origin.port}`;
  const client = await proxy.connectTls(authority, { serverName: "bank.example" });
  const answer = await client.ask(`GET / HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  assert.equal(answer.status, 421);
  assert.deepEqual(origin.connections.map(({ received }) => received), [""]);
});

Deno.test("a tunnel inside a tunnel is refused", async () => {
  await using origin = await startTlsOrigin();
  await using proxy = await startProxyInProcess();
  const client = await proxy.connectTls(`localhost:${origin.port}`);
  assert.equal((await client.ask("CONNECT a.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")).status, 501);
});

Deno.test("HTTP in a tunnel to a plain port is served as HTTP, however its bytes arrive", async () => {
  await using origin = await startRawOrigin({ play: withoutTls(play) });
  await using proxy = await startProxyInProcess();
  const authority = `127.0.0.1:${origin.port}`;
  for (const step of [1, 1_000]) {
    const client = await proxy.connect();
    await client.openTunnel(authority);
    const request = `GET /?key=${AGENT_KEY}${step} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
    for (let at = 0; at < request.length; at += step) {
      await client.send(request.slice(at, at + step));
      if (at < 6) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal((await client.readAnswer()).status, 200);
  }
  await waitFor(() => proxy.threats.length >= 2, { what: "a threat for each" });
});

Deno.test("what is no HTTP is relayed blind, half-closes and all", async () => {
  await using origin = await startRawOrigin({
    play: withoutTls(async (connection) => {
      await connection.readToEnd();
      await connection.write(`heard ${connection.received}`);
    }),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.openTunnel(`127.0.0.1:${origin.port}`);
  await client.send("\x01\x02binary");
  await client.closeWrite();
  assert.equal(await client.readToEnd(), "heard \x01\x02binary");
});

Deno.test("an origin that speaks first is heard first", async () => {
  await using origin = await startRawOrigin({
    play: async (connection) => {
      // What it is asked in TLS it does not understand.
      await connection.write("220 mail.example ESMTP\r\n");
      await connection.readUntil("QUIT\r\n");
      await connection.write("221 bye\r\n");
    },
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.openTunnel(`127.0.0.1:${origin.port}`);
  assert.equal(await client.readUntil("\n"), "220 mail.example ESMTP\r\n");
  await client.send("QUIT\r\n");
  assert.equal(await client.readToEnd(), "221 bye\r\n");
});

Deno.test("a client that says nothing in a plain tunnel, or leaves, lets go of the origin", async () => {
  await using origin = await startRawOrigin({
    play: withoutTls(async (connection) => void await connection.readToEnd()),
  });
  await using proxy = await startProxyInProcess({ limits: { clientIdleMs: 50 } });
  const silent = await proxy.connect();
  await silent.openTunnel(`127.0.0.1:${origin.port}`);
  assert.equal(await silent.readRest(), "");
  const leaving = await proxy.connect();
  await leaving.openTunnel(`127.0.0.1:${origin.port}`);
  leaving.close();
});

for (const config of [{ enable_mitm: false }, { mitm_bypass: ["localhost"] }]) {
  Deno.test(`with ${JSON.stringify(config)} the client speaks TLS with the origin itself`, async () => {
    const { caPem } = await testCertificates();
    await using origin = await startTlsOrigin();
    await using proxy = await startProxyInProcess({ config });
    const authority = `localhost:${origin.port}`;
    const client = await proxy.connect();
    await client.openTunnel(authority);
    await client.startTls("localhost", caPem);
    const answer = await client.ask(`GET / HTTP/1.1\r\nHost: other.example\r\n\r\n`);
    assert.equal(answer.status, 200);
    assert.deepEqual(proxy.threats.filter(({ pattern }) => pattern !== "unknown_protocol"), []);
  });
}

Deno.test("a client that does not trust the leaf is logged with the host and the fix", async () => {
  const { caPem } = await testCertificates();
  await using origin = await startTlsOrigin();
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.openTunnel(`localhost:${origin.port}`);
  await assert.rejects(client.startTls("localhost", caPem));
  const line = await waitFor(() => proxy.log.find((line) => line.includes("mitm_bypass")), {
    what: "a line of the log",
  });
  assert.match(line, /localhost.*ca\.crt/s);
});

Deno.test("a client that never begins its TLS is let go", async () => {
  await using origin = await startTlsOrigin();
  await using proxy = await startProxyInProcess({ limits: { handshakeMs: 50 } });
  const client = await proxy.connect();
  await client.openTunnel(`localhost:${origin.port}`);
  assert.equal(await client.readRest(), "");
  const half = await proxy.connect();
  await half.openTunnel(`localhost:${origin.port}`);
  await half.send("\x16\x03\x01\x02\x00\x01\x00");
  assert.equal(await half.readRest(), "");
});

Deno.test("plain bytes in a tunnel to a TLS origin are not relayed", async () => {
  await using origin = await startTlsOrigin();
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.openTunnel(`localhost:${origin.port}`);
  await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.equal(await client.readRest(), "");
  assert.deepEqual(origin.connections.map(({ received }) => received), [""]);
});

Deno.test("a server name that is no host name is refused like any other", async () => {
  await using origin = await startTlsOrigin();
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.openTunnel(`localhost:${origin.port}`);
  const name = "not a name";
  const names = `\0${String.fromCharCode(name.length + 3)}\0\0${
    String.fromCharCode(name.length)
  }${name}`;
  const extension = `\0\0\0${String.fromCharCode(names.length)}${names}`;
  const body = `\x03\x03${"r".repeat(32)}\0\0\x02\x13\x01\x01\0\0${
    String.fromCharCode(extension.length)
  }${extension}`;
  const message = `\x01\0\0${String.fromCharCode(body.length)}${body}`;
  await client.send(`\x16\x03\x01\0${String.fromCharCode(message.length)}${message}`);
  await client.readRest();
  assert.deepEqual(proxy.log.filter((line) => line.startsWith("ERROR")), []);
});

Deno.test("an IPv6 literal is reached in brackets, plain and in a tunnel", async () => {
  const listener = Deno.listen({ hostname: "::1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      using _closed = connection;
      await connection.read(new Uint8Array(1_024));
      await connection.write(new TextEncoder().encode(ok("six")));
    }
  })();
  {
    await using proxy = await startProxyInProcess();
    const client = await proxy.connect();
    const host = `[::1]:${listener.addr.port}`;
    const answer = await client.ask(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(answer.body, "six");
  }
  listener.close();
  await serving;
});
