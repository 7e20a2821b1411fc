/** Ordinary HTTP/1.1 through the whole proxy, and peers that break off: what each side gets, by bytes. */
import assert from "node:assert/strict";
import { answerRequests, ok } from "../support/answer_requests.ts";
import { startRawOrigin } from "../support/start_origin.ts";
import { sendAndReset } from "../support/reset_client.ts";
import { startProxyInProcess, testCertificates } from "../support/start_proxy_in_process.ts";
import { waitFor } from "../support/wait_for.ts";

function get(authority: string, path = "/", ...fields: readonly string[]): string {
  return request("GET", authority, path, ...fields);
}

function request(method: string, authority: string, path: string, ...fields: readonly string[]) {
  const head = [`${method} http://${authority}${path} HTTP/1.1`, `Host: ${authority}`, ...fields];
  return `${head.join("\r\n")}\r\n\r\n`;
}

Deno.test("two connections, one on each side, carry request after request", async () => {
  await using origin = await startRawOrigin({
    play: answerRequests(({ index, head }) => ok(`${index} ${head.split(" ")[1]}`)),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  for (let round = 0; round < 3; round++) {
    const { body } = await client.ask(get(origin.authority, `/${round}?q`));
    assert.equal(body, `${round} /${round}?q`);
  }
  assert.equal(origin.connections.length, 1);
});

Deno.test("requests sent in one go are answered in order, bodies between them", async () => {
  await using origin = await startRawOrigin({
    play: answerRequests(async ({ head, read }) => {
      const length = Number(/Content-Length: (\d+)/.exec(head)?.[1] ?? 0);
      return ok(`${head.split(" ")[1]} ${await read(length)}`);
    }),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.send(
    get(origin.authority, "/1") +
      request("POST", origin.authority, "/2", "Content-Length: 3") + "abc" +
      get(origin.authority, "/3"),
  );
  const bodies: string[] = [];
  for (let index = 0; index < 3; index++) bodies.push((await client.readAnswer()).body);
  assert.deepEqual(bodies, ["/1 ", "/2 abc", "/3 "]);
});

const HEADS: readonly (readonly [reason: string, sent: string[], received: string[]])[] = [
  ["fields keep order, case and duplicates", ["X-B: 1", "x-a: 2", "X-B: 3"], [
    "X-B: 1",
    "x-a: 2",
    "X-B: 3",
  ]],
  ["fields of the connection stop", [
    "Connection: close, X-Hop",
    "X-Hop: 1",
    "Keep-Alive: 5",
    "Proxy-Connection: keep-alive",
    "Proxy-Authorization: Basic eDp5",
    "X-End: 2",
  ], ["X-End: 2"]],
  ["TE is reduced to trailers", ["TE: gzip, trailers"], ["TE: trailers"]],
  ["an upgrade to clear HTTP/2 is not passed on", [
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABk",
  ], []],
  ["nor is one that hides in a list", ["Connection: Upgrade", "Upgrade: x/1, h2c"], [
    "Connection: Upgrade",
    "Upgrade: x/1",
  ]],
];

for (const [reason, sent, received] of HEADS) {
  Deno.test(`the origin's request: ${reason}`, async () => {
    await using origin = await startRawOrigin({ play: answerRequests(() => ok("")) });
    await using proxy = await startProxyInProcess();
    const client = await proxy.connect();
    await client.ask(get(origin.authority, "/", ...sent));
    const lines = origin.connections[0]!.received.trimEnd().split("\r\n");
    assert.deepEqual(lines, ["GET / HTTP/1.1", `Host: ${origin.authority}`, ...received]);
  });
}

const ANSWERS: readonly (readonly [
  reason: string,
  answer: string,
  expected: { status?: number; body?: string; head?: RegExp; method?: string; trailers?: string },
])[] = [
  ["a length", ok("body", "X-Y: z"), { body: "body", head: /X-Y: z\r\nContent-Length: 4$/ }],
  [
    "chunks and trailers, the extension dropped",
    "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "3;name=value\r\nabc\r\n1\r\nd\r\n0\r\nX-Sum: 9\r\n\r\n",
    { body: "abcd", trailers: "X-Sum: 9\r\n" },
  ],
  ["a body to the end of the connection: in chunks", "HTTP/1.1 200 OK\r\n\r\nall", {
    body: "all",
    head: /Transfer-Encoding: chunked$/,
  }],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", {
    body: "ok",
    head: /^HTTP\/1\.1 200 OK/,
  }],
  ["204", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204 }],
  ["304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", {
    status: 304,
    head: /Content-Length: 5/,
  }],
  ["HEAD with a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", {
    method: "HEAD",
    head: /Content-Length: 5/,
  }],
  ["HEAD with chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", {
    method: "HEAD",
    head: /Transfer-Encoding: chunked/,
  }],
  ["Alt-Svc is removed", ok("", 'Alt-Svc: h3=":443"', "X-A: b"), { head: /OK\r\nX-A: b/ }],
  ["an unknown status without a reason", "HTTP/1.1 799\r\nContent-Length: 0\r\n\r\n", {
    status: 799,
  }],
];

for (const [reason, answer, { status = 200, body = "", head, method, trailers }] of ANSWERS) {
  Deno.test(`an answer: ${reason}; the client's connection goes on`, async () => {
    await using origin = await startRawOrigin({
      play: answerRequests(async ({ connection }) => {
        await connection.write(answer);
        if (!/Content-Length|chunked|204/.test(answer)) throw new Error("ends the connection");
        return undefined;
      }),
    });
    await using proxy = await startProxyInProcess();
    const client = await proxy.connect();
    for (let round = 0; round < 2; round++) {
      const answered = await client.ask(request(method ?? "GET", origin.authority, "/"));
      assert.equal(answered.status, status);
      assert.equal(answered.body, body);
      assert.equal(answered.trailers, trailers ?? "");
      if (head !== undefined) assert.match(answered.head, head);
    }
  });
}

Deno.test("an HTTP/1.0 client gets no chunks and no interim answer, and its connection ends", async () => {
  await using origin = await startRawOrigin({
    play: answerRequests(() =>
      "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    ),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.send(`GET http://${origin.authority}/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
  assert.equal(await client.readToEnd(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok");
});

Deno.test("a client that closes its sending side is still answered", async () => {
  const gate = Promise.withResolvers<void>();
  await using origin = await startRawOrigin({
    play: answerRequests(async () => {
      await gate.promise;
      return ok("late");
    }),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.send(get(origin.authority));
  await client.closeWrite();
  await waitFor(() => origin.connections[0]?.received.includes("\r\n\r\n"), { what: "a request" });
  gate.resolve();
  assert.equal((await client.readAnswer()).body, "late");
  assert.equal(await client.readToEnd(), "");
});

Deno.test("`Expect: 100-continue` waits for the origin, whose interim answers pass", async () => {
  await using origin = await startRawOrigin({
    play: answerRequests(async ({ connection, read }) => {
      await connection.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
      await connection.write("HTTP/1.1 100 Continue\r\n\r\n");
      return ok(await read(4));
    }),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  const fields = ["Content-Length: 4", "Expect: 100-continue"];
  await client.send(request("PUT", origin.authority, "/", ...fields));
  const interim = await client.readUntil("100 Continue\r\n\r\n");
  assert.equal(
    interim,
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
  );
  assert.equal((await client.ask("data")).body, "data");
});

Deno.test("an origin that refuses an expected body gets none of it", async () => {
  await using origin = await startRawOrigin({
    play: answerRequests(() => "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  const fields = ["Content-Length: 4", "Expect: 100-continue"];
  const answer = await client.ask(request("PUT", origin.authority, "/", ...fields));
  assert.equal(answer.status, 417);
  assert.equal(answer.headers["connection"], "close");
});

Deno.test("an event leaves as it arrives, in both directions, with nothing collected", async () => {
  await using origin = await startRawOrigin({
    play: answerRequests(async ({ connection, read }) => {
      await connection.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      // Each event is sent only when the client has answered the one before.
      for (let event = 0; event < 3; event++) {
        await connection.write(`9\r\ndata: ${event}\n\n\r\n`);
        await read(6);
      }
      return "0\r\n\r\n";
    }),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.send(request("POST", origin.authority, "/", "Transfer-Encoding: chunked"));
  for (let event = 0; event < 3; event++) {
    await client.readUntil(`data: ${event}\n\n`);
    await client.send("1\r\nx\r\n");
  }
  await client.send("0\r\n\r\n");
  await client.readUntil("0\r\n\r\n");
});

Deno.test("an answer that comes before the body is passed on at once, and ends the connection", async () => {
  await using origin = await startRawOrigin({
    play: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    },
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.send(request("POST", origin.authority, "/", "Content-Length: 1000000") + "begin");
  const answer = await client.readAnswer("POST");
  assert.deepEqual([answer.status, answer.body], [413, "no"]);
  assert.equal(answer.headers["connection"], "close");
  assert.equal(await client.readRest(), "");
});

Deno.test("a kept connection that the origin has closed is replaced unseen", async () => {
  await using origin = await startRawOrigin({
    play: async (connection) => {
      // One answer, and the end as soon as the next request comes: a race the proxy cannot see.
      await connection.readUntil("\r\n\r\n");
      await connection.write(ok("one"));
      await connection.readMore();
    },
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  for (let round = 0; round < 3; round++) {
    assert.equal((await client.ask(get(origin.authority))).body, "one");
  }
});

Deno.test("a request with a body is never sent twice", async () => {
  await using origin = await startRawOrigin({
    play: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.write(ok("one"));
      await connection.readUntil("12345");
    },
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.ask(get(origin.authority));
  const answer = await client.ask(
    request("POST", origin.authority, "/", "Content-Length: 5") + "12345",
  );
  assert.equal(answer.status, 502);
  assert.equal(origin.connections.length, 1);
});

Deno.test("a client that resets while it waits ends the origin's exchange", async () => {
  const isAbandoned = Promise.withResolvers<void>();
  await using origin = await startRawOrigin({
    play: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.readToEnd().catch(() => {});
      isAbandoned.resolve();
    },
  });
  await using proxy = await startProxyInProcess();
  await sendAndReset(
    proxy.port,
    get(origin.authority),
    () =>
      waitFor(() => origin.connections[0]?.received.endsWith("\r\n\r\n"), { what: "a request" }),
  );
  await isAbandoned.promise;
});

Deno.test("a client that closes its TLS while it waits ends the origin's exchange", async () => {
  const { trusted } = await testCertificates();
  const isAbandoned = Promise.withResolvers<void>();
  await using origin = await startRawOrigin({
    tls: trusted,
    play: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.readToEnd().catch(() => {});
      isAbandoned.resolve();
    },
  });
  await using proxy = await startProxyInProcess();
  const authority = `localhost:${origin.port}`;
  const client = await proxy.connectTls(authority);
  await client.send(`GET / HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  await waitFor(() => origin.connections[0]?.received.includes("\r\n\r\n"), { what: "a request" });
  client.close();
  await isAbandoned.promise;
});

Deno.test("a client that resets in the middle of a long answer ends it", async () => {
  const isAbandoned = Promise.withResolvers<void>();
  await using origin = await startRawOrigin({
    play: answerRequests(async ({ connection }) => {
      await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
      try {
        while (true) await connection.write(new Uint8Array(65_536));
      } finally {
        isAbandoned.resolve();
      }
    }),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.send(get(origin.authority));
  await client.readUntil("\0\0\0\0");
  client.close();
  await isAbandoned.promise;
});

const UPGRADE = ["Connection: Upgrade", "Upgrade: echo/1"];
const BAD_UPGRADES: readonly (readonly [string, readonly string[], string])[] = [
  ["unasked", [], "Connection: Upgrade\r\nUpgrade: echo/1"],
  ["to a protocol that was not asked for", UPGRADE, "Connection: Upgrade\r\nUpgrade: other/1"],
  ["to HTTP/2 in clear text", ["Connection: Upgrade", "Upgrade: h2c"], "Upgrade: h2c"],
  ["to nothing", UPGRADE, "Connection: Upgrade"],
];

for (const [reason, asked, answered] of BAD_UPGRADES) {
  Deno.test(`a 101 ${reason} is a 502`, async () => {
    await using origin = await startRawOrigin({
      play: answerRequests(() => `HTTP/1.1 101 Switching\r\n${answered}\r\n\r\n`),
    });
    await using proxy = await startProxyInProcess();
    const client = await proxy.connect();
    assert.equal((await client.ask(get(origin.authority, "/", ...asked))).status, 502);
  });
}

Deno.test("a 101 that was asked for hands the connection over, both ways", async () => {
  await using origin = await startRawOrigin({
    play: answerRequests(async ({ connection, read }) => {
      await connection.write(
        "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\nfirst",
      );
      return await read(4);
    }),
  });
  await using proxy = await startProxyInProcess();
  const client = await proxy.connect();
  await client.send(get(origin.authority, "/", ...UPGRADE));
  assert.equal((await client.readAnswer("CONNECT")).status, 101);
  await client.readUntil("first");
  await client.send("ping");
  await client.readUntil("ping");
});
