/** The ways in beside the HTTP proxy, the token, and the way out through another proxy. */
import assert from "node:assert/strict";
import { AGENT_KEY } from "../support/agent_key.ts";
import { answerRequests, ok } from "../support/answer_requests.ts";
import { type RawConnection, startRawOrigin } from "../support/start_origin.ts";
import {
  type InProcessProxy,
  startProxyInProcess,
  testCertificates,
} from "../support/start_proxy_in_process.ts";
import { waitFor } from "../support/wait_for.ts";

const play = answerRequests(({ head }) => ok(head.split("\r\n", 1)[0]!));

/** As servers without TLS do: they answer a ClientHello with an error of HTTP. */
async function playPlain(connection: RawConnection): Promise<void> {
  await connection.readMore();
  if (!connection.received.startsWith("\x16")) return await play(connection);
  await connection.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
}

async function startTlsOrigin() {
  const { trusted } = await testCertificates();
  return await startRawOrigin({ play, tls: trusted });
}

/** A SOCKS5 request for a name. */
function socksConnect(host: string, port: number): string {
  const name = String.fromCharCode(host.length) + host;
  return `\x05\x01\x00\x03${name}${String.fromCharCode(port >> 8, port & 0xff)}`;
}

/** Opens a SOCKS5 tunnel without a log-in. */
async function socksClient(proxy: InProcessProxy, host: string, port: number) {
  const client = await proxy.connect();
  await client.send("\x05\x01\x00");
  assert.equal(await client.readBytes(2), "\x05\x00");
  await client.send(socksConnect(host, port));
  const reply = await client.readBytes(10);
  return { client, code: reply.charCodeAt(1) };
}

Deno.test("`serveEntrance()` takes SOCKS5 to a TLS origin, decrypted", async () => {
  await using origin = await startTlsOrigin();
  await using proxy = await startProxyInProcess();
  const { client, code } = await socksClient(proxy, "localhost", origin.port);
  assert.equal(code, 0);
  await client.startTls("localhost", proxy.caPem);
  const answer = await client.ask(`GET /in HTTP/1.1\r\nHost: localhost:${origin.port}\r\n\r\n`);
  assert.equal(answer.body, "GET /in HTTP/1.1");
  const records = await waitFor(() => proxy.records.length >= 2 && proxy.records, {
    what: "the records",
  });
  assert.deepEqual(records.map(({ method }) => method), ["SOCKS5", "GET"]);
});

Deno.test("`serveEntrance()` takes SOCKS5 to a plain origin, with a name that becomes the source", async () => {
  await using origin = await startRawOrigin({ play: playPlain });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.send("\x05\x02\x00\x02");
  assert.equal(await client.readBytes(2), "\x05\x02");
  await client.send("\x01\x06agent7\x02pw");
  assert.equal(await client.readBytes(2), "\x01\x00");
  await client.send(socksConnect("localhost", origin.port));
  assert.equal((await client.readBytes(10)).charCodeAt(1), 0);
  await client.ask(
    `GET / HTTP/1.1\r\nHost: localhost:${origin.port}\r\nx-api-key: ${AGENT_KEY}\r\n\r\n`,
  );
  const [threat] = await waitFor(() => proxy.threats.length > 0 && proxy.threats, {
    what: "the threat",
  });
  assert.deepEqual([threat?.source, threat?.pattern], ["agent7", "ai_api_key"]);
});

Deno.test("`serveEntrance()` answers SOCKS5 for an origin that refuses with code 5", async () => {
  await using proxy = await startProxyInProcess();
  const { code } = await socksClient(proxy, "localhost", 1);
  assert.equal(code, 5);
});

Deno.test("`serveEntrance()` answers SOCKS5 for a denied origin with code 2", async () => {
  await using proxy = await startProxyInProcess({ config: { deny_hosts: ["localhost"] } });
  const { code } = await socksClient(proxy, "localhost", 443);
  assert.equal(code, 2);
});

Deno.test("`serveEntrance()` takes TLS by its server name", async () => {
  await using origin = await startTlsOrigin();
  await using proxy = await startProxyInProcess({ config: { sni_port: origin.port } });
  const client = await proxy.connect();
  await client.startTls("localhost", proxy.caPem);
  const answer = await client.ask("GET /led HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assert.equal(answer.body, "GET /led HTTP/1.1");
});

Deno.test("`serveEntrance()` answers 502 inside TLS by name whose origin is not there", async () => {
  await using proxy = await startProxyInProcess({ config: { sni_port: 1 } });
  const client = await proxy.connect();
  await client.startTls("localhost", proxy.caPem);
  const answer = await client.ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assert.equal(answer.status, 502);
});

Deno.test("`serveEntrance()` takes plain HTTP in origin-form by its Host", async () => {
  await using origin = await startRawOrigin({ play });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  const answer = await client.ask(`GET /led HTTP/1.1\r\nHost: localhost:${origin.port}\r\n\r\n`);
  assert.equal(answer.body, "GET /led HTTP/1.1");
});

Deno.test("`serveEntrance()` asks every way in for the token, and takes it where it can be given", async () => {
  await using origin = await startRawOrigin({ play });
  await using proxy = await startProxyInProcess({ config: { proxy_token: "s3cret-token-1" } });
  const target = `http://localhost:${origin.port}/`;
  const request = (fields: string) =>
    `GET ${target} HTTP/1.1\r\nHost: localhost:${origin.port}\r\n${fields}\r\n`;
  const client = await proxy.connect();
  const refused = await client.ask(request(""));
  assert.equal(refused.status, 407);
  assert.match(refused.headers["proxy-authenticate"] ?? "", /^Basic /);
  const credentials = `Proxy-Authorization: Basic ${btoa("agent7:s3cret-token-1")}\r\n`;
  const served = await client.ask(request(credentials));
  assert.equal(served.status, 200);
  assert.ok(!origin.connections.some(({ received }) => received.includes("Authorization")));
  const socks = await proxy.connect();
  await socks.send("\x05\x01\x00");
  assert.equal(await socks.readBytes(2), "\x05\xff");
});

Deno.test("an SSH banner in a tunnel is a threat of its own, and stopped in block mode", async () => {
  const banner = "SSH-2.0-OpenSSH_9.2\r\n";
  await using origin = await startRawOrigin({
    play: async (connection) => {
      await connection.write(banner);
      await connection.readMore();
    },
  });
  for (const mode of ["monitor", "block"]) {
    await using proxy = await startProxyInProcess({ config: { mode } });
    const client = await proxy.connect();
    await client.openTunnel(`localhost:${origin.port}`);
    if (mode === "monitor") assert.equal(await client.readBytes(banner.length), banner);
    else assert.equal(await client.readToEnd(), "");
    const [threat] = await waitFor(() => proxy.threats.length > 0 && proxy.threats, {
      what: "the threat",
    });
    assert.deepEqual(
      [threat?.threat_type, threat?.pattern, threat?.protocol, threat?.action],
      ["SSH_CONNECT", "ssh_in_tunnel", "ssh", mode === "monitor" ? "logged" : "blocked"],
    );
    assert.match(threat?.snippet ?? "", /SSH-2\.0-OpenSSH/);
  }
});

for (const kind of ["http", "socks5"]) {
  Deno.test(`a request goes out through another proxy of kind ${kind}, plain and in TLS`, async () => {
    await using plain = await startRawOrigin({ play });
    await using tls = await startTlsOrigin();
    await using next = await startProxyInProcess({ config: { enable_mitm: false } });
    await using proxy = await startProxyInProcess({
      config: { upstream_proxy: `${kind}://hop:pw@127.0.0.1:${next.port}` },
    });
    const client = await proxy.connect();
    const answer = await client.ask(
      `GET http://localhost:${plain.port}/a HTTP/1.1\r\nHost: localhost:${plain.port}\r\n\r\n`,
    );
    assert.equal(answer.body, "GET /a HTTP/1.1");
    const secure = await proxy.connectTls(`localhost:${tls.port}`);
    const inTls = await secure.ask(`GET /b HTTP/1.1\r\nHost: localhost:${tls.port}\r\n\r\n`);
    assert.equal(inTls.body, "GET /b HTTP/1.1");
    secure.close();
    client.close();
    await proxy.drain(500);
    const records = await waitFor(() => next.records.length >= 2 && next.records, {
      what: "the next proxy's records",
    });
    assert.ok(records.every(({ client }) => client === "hop"), "it is told who comes");
  });
}

Deno.test("an upstream proxy that refuses is a 502 that names it", async () => {
  await using refusing = await startRawOrigin({
    play: async (connection) => {
      await connection.readMore();
      await connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    },
  });
  await using proxy = await startProxyInProcess({
    config: { upstream_proxy: `http://127.0.0.1:${refusing.port}` },
  });
  const client = await proxy.connect();
  const answer = await client.ask("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
  assert.equal(answer.status, 502);
  assert.match(answer.body, /urn:clawsec:problem:upstream-proxy.*it answered 403/);
});
