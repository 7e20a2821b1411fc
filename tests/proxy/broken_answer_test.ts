/**
 * Origins that answer wrongly. Invariant: an answer that has no single reading is a 502; one that breaks off
 * after its head has gone out is cut so that the client sees it, never ended as if it were whole.
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { answerRequests, ok } from "../support/answer_requests.ts";
import { startRawOrigin } from "../support/start_origin.ts";
import { startProxyInProcess, testCertificates } from "../support/start_proxy_in_process.ts";
import { latin1 } from "../support/stream_pair.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";

const REFUSED: readonly (readonly [reason: string, answer: string])[] = [
  ["both lengths", `${OK}Content-Length: 3\r\n${CHUNKED}\r\n0\r\n\r\n`],
  ["two lengths", `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
  ["a length that is no number", `${OK}Content-Length: two\r\n\r\nab`],
  ["an unknown coding", `${OK}Transfer-Encoding: gzip\r\n\r\n`],
  ["chunks in HTTP/1.0", `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n0\r\n\r\n`],
  ["a 204 with a length", "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nab"],
  ["a folded field", `${OK}X-A: b\r\n c\r\n\r\n`],
  ["a bare LF", `${OK}X-A: b\nX-C: d\r\n\r\n`],
  ["a NUL", `${OK}X-A: \0\r\n\r\n`],
  ["a space before the colon", `${OK}X-A : b\r\n\r\n`],
  ["HTTP/2", "HTTP/2.0 200 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["SSH", "SSH-2.0-OpenSSH_9.9\r\n"],
  ["nothing at all", ""],
  ["half a head", `${OK}Content-Le`],
  ["a head above 64 KiB", `${OK}X-A: ${"b".repeat(70_000)}\r\n\r\n`],
  ["257 fields", `${OK}${"X-A: b\r\n".repeat(257)}\r\n`],
  ["33 interim answers", "HTTP/1.1 103 Early\r\n\r\n".repeat(33) + ok("late")],
];

const CUT: readonly (readonly [reason: string, answer: string, heard: string])[] = [
  ["a body shorter than its length", `${OK}Content-Length: 9\r\n\r\nshort`, "short"],
  ["chunks without the last", `${OK}${CHUNKED}\r\n5\r\nshort\r\n`, "short"],
  ["a chunk cut in its middle", `${OK}${CHUNKED}\r\n9\r\nshort`, "short"],
  ["a chunk size that is no number", `${OK}${CHUNKED}\r\n5\r\nshort\r\nx\r\n`, "short"],
  ["a chunk longer than its size", `${OK}${CHUNKED}\r\n5\r\nshorter\r\n0\r\n\r\n`, "short"],
  [
    "trailers above 8 KiB",
    `${OK}${CHUNKED}\r\n5\r\nshort\r\n0\r\nX: ${"y".repeat(9_000)}`,
    "short",
  ],
];

for (const scheme of ["http", "https"] as const) {
  const start = async (answer: string | Uint8Array) => {
    await using stack = new AsyncDisposableStack();
    const { trusted } = await testCertificates();
    const play = answerRequests(async ({ connection, index }) => {
      if (index > 0 || origin.connections.length > 1) return ok("next");
      await connection.write(answer);
      await connection.closeWrite();
      return undefined;
    });
    const origin = stack.use(
      await startRawOrigin(scheme === "http" ? { play } : { play, tls: trusted }),
    );
    const proxy = stack.use(await startProxyInProcess());
    const host = `localhost:${origin.port}`;
    const client = scheme === "http" ? await proxy.connect() : await proxy.connectTls(host);
    const target = scheme === "http" ? `http://${host}/` : "/";
    const owned = stack.move();
    return {
      client,
      proxy,
      request: `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  };

  for (const [reason, answer] of REFUSED) {
    Deno.test(`${scheme}: ${reason} is a 502, and the client may go on`, async () => {
      await using world = await start(answer);
      const { client, request } = world;
      await client.send(request);
      let refused = await client.readAnswer("POST");
      while (refused.status === 103) refused = await client.readAnswer("POST");
      assert.equal(refused.status, 502);
      assert.equal(JSON.parse(refused.body).type, "urn:clawsec:problem:bad-answer");
      assert.equal((await client.ask(request)).body, "next");
    });
  }

  for (const [reason, answer, heard] of CUT) {
    Deno.test(`${scheme}: ${reason} is cut where it breaks off`, async () => {
      await using world = await start(answer);
      const { client, request } = world;
      await client.send(request);
      const head = await client.readUntil("\r\n\r\n");
      // What comes in one read with its head is seen to be broken before that goes out.
      if (head.startsWith("HTTP/1.1 502")) return;
      const rest = await client.readRest();
      assert.ok(rest.includes(heard), rest);
      assert.ok(!/(^|\r\n)0\r\n/.test(rest), "no last chunk");
    });
  }

  Deno.test(`${scheme}: what follows an answer unasked is nobody's answer`, async () => {
    await using world = await start(`${ok("mine")}${ok("unasked")}`);
    const { client, request } = world;
    assert.equal((await client.ask(request)).body, "mine");
    assert.equal((await client.ask(request)).body, "next");
  });

  Deno.test(`${scheme}: a 204 with a body it does not announce passes without it`, async () => {
    await using world = await start("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 Injected\r\n\r\n");
    const { client, request } = world;
    assert.equal((await client.ask(request)).status, 204);
    assert.equal((await client.ask(request)).body, "next");
  });

  Deno.test(`${scheme}: a decompression bomb passes as it came, and is counted`, async () => {
    const bomb = gzipSync(new Uint8Array(100_000_000));
    const head = `${OK}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`;
    await using world = await start(head + latin1(bomb));
    const { client, request, proxy } = world;
    assert.equal((await client.ask(request)).body.length, bomb.length);
    assert.ok(proxy.log.some((line) => /Cannot decode .*(ratio|size) over/.test(line)));
  });
}
