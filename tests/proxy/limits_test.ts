/** Every limit and refusal of the proxy, with limits of milliseconds: what the client is told, and when. */
import assert from "node:assert/strict";
import { answerRequests, ok } from "../support/answer_requests.ts";
import { runProgram } from "../support/run_program.ts";
import { sendAndReset } from "../support/reset_client.ts";
import { startRawOrigin } from "../support/start_origin.ts";
import { startProxyInProcess, testCertificates } from "../support/start_proxy_in_process.ts";
import { waitFor } from "../support/wait_for.ts";

function get(authority: string, path = "/"): string {
  return `GET http://${authority}${path} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
}

/** A port of the loopback on which nothing listens. */
function deadPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("a head that comes too slowly is a 408", async () => {
  await using proxy = await startProxyInProcess({ limits: { headMs: 50 } });
  const client = await proxy.connect();
  await client.send("GET http://a/ HTTP/1.1\r\nHost:");
  const answer = await client.readAnswer();
  assert.deepEqual([answer.status, answer.headers["connection"]], [408, "close"]);
  assert.equal(JSON.parse(answer.body).type, "urn:clawsec:problem:request-timeout");
  assert.equal(await client.readRest(), "");
});

Deno.test("a head that comes byte by byte is a 408 all the same", async () => {
  await using proxy = await startProxyInProcess({ limits: { headMs: 100 } });
  const client = await proxy.connect();
  let isOver = false;
  const answering = client.readAnswer().finally(() => isOver = true);
  await client.send("GET http://a/ HTTP/1.1\r\nHost: a\r\n");
  for (let index = 0; !isOver; index++) {
    await client.send(`X-${index}: y\r\n`).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal((await answering).status, 408);
});

Deno.test("empty lines between requests are no request: the idle limit holds", async () => {
  await using origin = await startRawOrigin({ play: answerRequests(() => ok("yes")) });
  await using proxy = await startProxyInProcess({ limits: { headMs: 50, clientIdleMs: 60_000 } });
  const client = await proxy.connect();
  await client.ask(get(origin.authority));
  await client.send("\r\n");
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal((await client.ask(get(origin.authority))).body, "yes");
});

Deno.test("a client without a request is closed without a word", async () => {
  await using proxy = await startProxyInProcess({ limits: { clientIdleMs: 50 } });
  const client = await proxy.connect();
  assert.equal(await client.readRest(), "");
});

Deno.test("a body that stops coming is a 408", async () => {
  await using origin = await startRawOrigin({
    play: answerRequests(async ({ read }) => ok(await read(100))),
  });
  await using proxy = await startProxyInProcess({ limits: { uploadIdleMs: 50 } });
  const client = await proxy.connect();
  const head = `POST http://${origin.authority}/ HTTP/1.1\r\nHost: ${origin.authority}\r\n`;
  const answer = await client.ask(`${head}Content-Length: 100\r\n\r\nbegin`);
  assert.deepEqual([answer.status, answer.headers["connection"]], [408, "close"]);
});

Deno.test("an origin that stops reading a body is a 504", async () => {
  await using origin = await startRawOrigin({
    play: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await new Promise<void>((resolve) => released.promise.then(resolve));
    },
  });
  const released = Promise.withResolvers<void>();
  // The client, in this thread too, has to read the answer before a close with unread bytes resets it.
  const limits = { uploadIdleMs: 100, lingerMs: 20_000 };
  await using proxy = await startProxyInProcess({ limits });
  const client = await proxy.connect();
  const head = `POST http://${origin.authority}/ HTTP/1.1\r\nHost: ${origin.authority}\r\n`;
  const sending = client.send(`${head}Content-Length: 16000000\r\n\r\n${"x".repeat(16_000_000)}`)
    .catch(() => {});
  assert.equal((await client.readAnswer("POST")).status, 504);
  client.close();
  await sending;
  released.resolve();
});

Deno.test("an origin that never answers is a 504 that may be tried again", async () => {
  await using origin = await startRawOrigin({ play: answerRequests(() => undefined) });
  await using proxy = await startProxyInProcess({ limits: { answerMs: 50 } });
  const client = await proxy.connect();
  const answer = await client.ask(get(origin.authority));
  assert.equal(answer.status, 504);
  assert.equal(JSON.parse(answer.body).retryable, true);
  assert.equal((await client.ask(get(origin.authority))).status, 504);
});

Deno.test("an answer on which nothing moves is cut", async () => {
  await using origin = await startRawOrigin({
    play: answerRequests(() => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
  });
  await using proxy = await startProxyInProcess({ limits: { streamIdleMs: 50 } });
  const client = await proxy.connect();
  await assert.rejects(client.ask(get(origin.authority)), /ended after 4/);
});

Deno.test("interim answers that the client does not take hold nothing up for ever", async () => {
  const isCut = Promise.withResolvers<void>();
  const hint = `HTTP/1.1 103 Early Hints\r\nLink: <${"x".repeat(60_000)}>\r\n\r\n`;
  await using origin = await startRawOrigin({
    play: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      try {
        for (let index = 0; index < 32; index++) await connection.write(hint);
        await connection.readToEnd();
      } finally {
        isCut.resolve();
      }
    },
  });
  await using proxy = await startProxyInProcess({ limits: { answerMs: 100 } });
  const client = await proxy.connect();
  await client.send(get(origin.authority));
  await isCut.promise;
  assert.equal(proxy.records.length >= 0, true);
});

Deno.test("nothing listens: a 502 that says so, and the connection goes on", async () => {
  await using origin = await startRawOrigin({ play: answerRequests(() => ok("alive")) });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  const answer = await client.ask(get(`127.0.0.1:${deadPort()}`));
  assert.equal(answer.status, 502);
  assert.match(JSON.parse(answer.body).detail, /connection refused/);
  assert.equal((await client.ask(get(origin.authority))).body, "alive");
});

Deno.test("a name without an address is a 502 that says so", async () => {
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  for (
    const request of [
      get("nothing.invalid"),
      "CONNECT nothing.invalid:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    ]
  ) {
    const answer = await client.ask(request);
    assert.equal(answer.status, 502);
    assert.equal(JSON.parse(answer.body).type, "urn:clawsec:problem:origin-name-unknown");
  }
});

const OWN_NAMES = ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"];
for (const name of OWN_NAMES) {
  Deno.test(`a request to the proxy itself by ${name} is refused`, async () => {
    await using proxy = await startProxyInProcess();
    const client = await proxy.connect();
    const authority = `${name}:${proxy.port}`;
    for (const request of [get(authority), `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`]) {
      const answer = await client.ask(request);
      assert.equal(answer.status, 502);
      assert.equal(JSON.parse(answer.body).type, "urn:clawsec:problem:proxy-loop");
    }
  });
}

Deno.test("one connection more than the limit gets a 503, and a place when there is one", async () => {
  await using origin = await startRawOrigin({ play: answerRequests(() => ok("served")) });
  await using proxy = await startProxyInProcess({ config: { max_connections: 2 } });
  const clients = [await proxy.connect(), await proxy.connect()];
  for (const client of clients) await client.ask(get(origin.authority));
  const turnedAway = await proxy.connect();
  await turnedAway.send(get(origin.authority)).catch(() => {});
  const answer = await turnedAway.readAnswer();
  assert.deepEqual([answer.status, answer.headers["connection"]], [503, "close"]);
  assert.equal(JSON.parse(answer.body).retryable, true);
  assert.equal(await turnedAway.readRest(), "");
  clients[0]!.close();
  await waitFor(async () => {
    const client = await proxy.connect();
    await client.send(get(origin.authority)).catch(() => {});
    return (await client.readAnswer()).status === 200;
  }, { what: "a place" });
});

/** Descriptors this process may open: two a connection here, whose both ends are its own. */
async function descriptorLimit(): Promise<number> {
  const { stdout } = await runProgram("sh", ["-c", "ulimit -n"]);
  return stdout.trim() === "unlimited" ? Infinity : Number(stdout);
}

const DEFAULT_CONNECTIONS = 4_096;
const hasDescriptors = await descriptorLimit() > 2 * DEFAULT_CONNECTIONS + 500;

Deno.test({
  name: "4,096 connections are served by default, and one more is turned away" +
    (hasDescriptors ? "" : " (skipped: too few descriptors, see ulimit -n)"),
  ignore: !hasDescriptors,
  async fn() {
    await using origin = await startRawOrigin({ play: answerRequests(() => ok("served")) });
    await using proxy = await startProxyInProcess({ limits: { headMs: 60_000 } });
    const idle = [];
    while (idle.length < DEFAULT_CONNECTIONS - 1) idle.push(await proxy.connect());
    const last = await proxy.connect();
    assert.equal((await last.ask(get(origin.authority))).status, 200);
    const turnedAway = await proxy.connect();
    await turnedAway.send(get(origin.authority)).catch(() => {});
    assert.equal((await turnedAway.readAnswer()).status, 503);
    assert.equal((await last.ask(get(origin.authority))).status, 200);
  },
});

Deno.test("a client that is turned away reads its answer, whatever it is still sending", async () => {
  await using origin = await startRawOrigin({ play: answerRequests(() => ok("served")) });
  await using proxy = await startProxyInProcess({ config: { max_connections: 1 } });
  const client = await proxy.connect();
  await client.ask(get(origin.authority));
  const head = `POST http://${origin.authority}/ HTTP/1.1\r\nHost: ${origin.authority}\r\n`;
  for (let round = 0; round < 20; round++) {
    const turnedAway = await proxy.connect();
    await turnedAway.send(`${head}Content-Length: 100000\r\n\r\n`);
    // The refusal is on its way now; more arrives behind it.
    await new Promise((resolve) => setTimeout(resolve, 5));
    await turnedAway.send("x".repeat(100_000));
    await turnedAway.closeWrite();
    assert.equal((await turnedAway.readAnswer()).status, 503);
    assert.equal(await turnedAway.readToEnd(), "");
  }
});

Deno.test("draining lets an exchange end, takes nobody new and closes who waits", async () => {
  const gate = Promise.withResolvers<void>();
  await using origin = await startRawOrigin({
    play: answerRequests(async () => {
      await gate.promise;
      return ok("finished");
    }),
  });
  await using proxy = await startProxyInProcess();
  const [busy, idle] = [await proxy.connect(), await proxy.connect()];
  await busy.send(get(origin.authority));
  await waitFor(() => origin.connections.length === 1, { what: "the request" });
  const draining = proxy.drain(5_000);
  assert.equal(await idle.readRest(), "");
  await assert.rejects(proxy.connect());
  gate.resolve();
  const answer = await busy.readAnswer();
  assert.deepEqual([answer.body, answer.headers["connection"]], ["finished", "close"]);
  await draining;
});

Deno.test("draining ends in its time, although an origin never answers", async () => {
  await using origin = await startRawOrigin({ play: answerRequests(() => undefined) });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.send(get(origin.authority));
  await waitFor(() => origin.connections.length === 1, { what: "the request" });
  await proxy.drain(20);
  assert.equal(await client.readRest(), "");
});

Deno.test("a reset at every point of a request leaves the proxy serving", async () => {
  const { trusted } = await testCertificates();
  await using origin = await startRawOrigin({ play: answerRequests(() => ok("still")) });
  await using secure = await startRawOrigin({ play: answerRequests(() => ok("")), tls: trusted });
  await using proxy = await startProxyInProcess();
  const post = `POST http://${origin.authority}/ HTTP/1.1\r\nHost: ${origin.authority}\r\n` +
    "Content-Length: 4\r\n\r\nbody";
  const connect =
    `CONNECT localhost:${secure.port} HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01\x02\x00`;
  for (const request of [post, connect]) {
    for (let length = 0; length <= request.length; length += 7) {
      await sendAndReset(proxy.port, request.slice(0, length), () => Promise.resolve());
    }
  }
  const client = await proxy.connect();
  assert.equal((await client.ask(get(origin.authority))).body, "still");
  assert.deepEqual(proxy.log.filter((line) => line.startsWith("ERROR")), []);
});

Deno.test("clients that reset before they are accepted hold nobody up, and are no error", async () => {
  await using origin = await startRawOrigin({ play: answerRequests(() => ok("served")) });
  await using proxy = await startProxyInProcess();
  const before = performance.now();
  for (let round = 0; round < 40; round++) {
    await sendAndReset(proxy.port, "", () => Promise.resolve());
  }
  const client = await proxy.connect();
  assert.equal((await client.ask(get(origin.authority))).body, "served");
  assert.deepEqual(proxy.log.filter((line) => line.startsWith("ERROR")), []);
  // One wait of 50 ms for each would be two seconds.
  assert.ok(performance.now() - before < 1_500);
});

for (
  const noise of [
    "\x05\x01\x02\x09junk",
    "\x05\x01\x00\x04\x01\x00\x01",
    "\x16\x03\x01\x00\x00",
    "\x80noise\r\n",
  ]
) {
  Deno.test(`noise (${JSON.stringify(noise)}) ends its connection, and is no error of ours`, async () => {
    await using proxy = await startProxyInProcess({ limits: { headMs: 100, handshakeMs: 100 } });
    const client = await proxy.connect();
    await client.send(noise);
    await client.readRest();
    assert.deepEqual(proxy.log.filter((line) => line.startsWith("ERROR")), []);
  });
}
