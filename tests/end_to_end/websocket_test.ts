/**
 * WebSockets of real clients and servers through the real program: Deno's client by the proxy, and by a
 * gateway that stands before an agent's own port, as OpenClaw's 18790 before 18789.
 */
import assert from "node:assert/strict";
import { hasProgram } from "../support/has_program.ts";
import { RawClient } from "../support/raw_client.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { startClawsec } from "../support/start_clawsec.ts";
import { startWorld } from "../support/start_world.ts";
import type { TestIdentity } from "../support/test_certificates.ts";
import { waitFor } from "../support/wait_for.ts";

const SECRET = anthropicKey();

/** Starts a WebSocket server that answers each message with itself. */
function startEcho(tls?: TestIdentity) {
  const received: string[] = [];
  const closes: number[] = [];
  const answer = (request: Request): Response => {
    if (!request.headers.has("upgrade")) return new Response("ok");
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => {
      received.push(data);
      socket.send(`echo ${data}`);
    };
    socket.onclose = ({ code }) => closes.push(code);
    return response;
  };
  const address = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = tls === undefined
    ? Deno.serve(address, answer)
    : Deno.serve({ ...address, cert: tls.certPem, key: tls.keyPem }, answer);
  return {
    port: server.addr.port,
    received,
    closes,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Opens a WebSocket and sends messages until one is not answered; resolves to what happened. */
async function converse(url: string, messages: readonly string[], client?: Deno.HttpClient) {
  const socket = client === undefined ? new WebSocket(url) : new WebSocket(url, { client });
  const answers: string[] = [];
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  socket.onopen = () => socket.send(messages[0]!);
  socket.onmessage = ({ data }) => {
    answers.push(data);
    const next = messages[answers.length];
    if (next === undefined) socket.close(1000);
    else socket.send(next);
  };
  return { answers, ...await closed };
}

Deno.test("Deno's WebSocket through the proxy: heard in monitor mode, closed in block mode", async () => {
  for (const mode of ["monitor", "block"]) {
    await using echo = startEcho();
    await using clawsec = await startClawsec({ config: { mode } });
    using client = Deno.createHttpClient({ proxy: { url: clawsec.proxyUrl } });
    const messages = ["hello", `the key is ${SECRET}`, "after it"];
    const { answers, code } = await converse(`ws://127.0.0.1:${echo.port}/`, messages, client);
    const [threat] = await waitFor(async () => {
      const threats = await clawsec.threats();
      return threats.length > 0 && threats;
    }, { what: "the threat" });
    assert.deepEqual([threat?.pattern, threat?.protocol], ["ai_api_key", "ws"]);
    if (mode === "monitor") {
      assert.deepEqual([answers.length, code], [3, 1000]);
      assert.equal(threat?.action, "logged");
      continue;
    }
    assert.deepEqual([answers, code], [["echo hello"], 1008]);
    assert.equal(threat?.action, "blocked");
    await waitFor(() => echo.closes.length > 0, { what: "the close at the server" });
    assert.deepEqual([echo.received, echo.closes], [["hello"], [1008]]);
  }
});

Deno.test({
  name: "Deno's WebSocket over TLS through the proxy: heard in monitor mode",
  ignore: !hasProgram("openssl"),
  async fn() {
    await using world = await startWorld();
    const { clawsec: { proxyUrl, caFile }, certificates: { trusted } } = world;
    await using echo = startEcho(trusted);
    using client = Deno.createHttpClient({
      proxy: { url: proxyUrl },
      caCerts: [await Deno.readTextFile(caFile)],
    });
    const messages = ["hello", `the key is ${SECRET}`];
    const { answers, code } = await converse(`wss://127.0.0.1:${echo.port}/`, messages, client);
    assert.deepEqual([answers, code], [messages.map((message) => `echo ${message}`), 1000]);
    const { record, threats } = await world.evidence(`127.0.0.1:${echo.port}/`);
    assert.equal(record.intercepted, true);
    assert.ok(
      threats.some(({ pattern, protocol, direction }) =>
        pattern === "ai_api_key" && protocol === "wss" && direction === "outbound"
      ),
      JSON.stringify(threats),
    );
  },
});

Deno.test("a gateway before an agent's port: WebSocket and HTTP, inspected", async () => {
  await using echo = startEcho();
  using unused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = unused.addr;
  unused.close();
  const gateways = [{ listen: `127.0.0.1:${port}`, target: `127.0.0.1:${echo.port}` }];
  await using clawsec = await startClawsec({ config: { gateways } });
  const { answers, code } = await converse(`ws://127.0.0.1:${port}/`, ["hi", SECRET]);
  assert.deepEqual([answers, code], [["echo hi", `echo ${SECRET}`], 1000]);
  const client = await RawClient.connect(port);
  const { body } = await client.ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assert.equal(body, "ok");
  client.close();
  const records = await waitFor(async () => {
    const found = await clawsec.requests();
    return found.length === 2 && found;
  }, { what: "two records" });
  assert.deepEqual(records.map(({ protocol }) => protocol), ["gateway", "gateway"]);
  const threats = await clawsec.threats();
  assert.ok(threats.length > 0);
  assert.ok(
    threats.every(({ protocol, dest }) =>
      protocol === "gateway" && dest === `127.0.0.1:${echo.port}`
    ),
  );
});
