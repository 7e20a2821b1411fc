/**
 * Ambiguous requests through the whole proxy, plain and inside an intercepted tunnel. Invariant: what has
 * more than one reading is refused and its connection closed; not a byte of it, nor of what stands
 * behind it, reaches the origin.
 */
import assert from "node:assert/strict";
import { answerRequests, ok } from "../support/answer_requests.ts";
import type { RawClient } from "../support/raw_client.ts";
import { type RawOrigin, startRawOrigin } from "../support/start_origin.ts";
import { startProxyInProcess, testCertificates } from "../support/start_proxy_in_process.ts";

const LENGTH = "Content-Length: 44";
const CHUNKED = "Transfer-Encoding: chunked";
const MANY_FIELDS = Array.from({ length: 256 }, (_, index) => `X-${index}: y`);

/** Fields of a POST, or a whole request line with them; each must be refused with its status. */
const REFUSED: readonly (readonly [reason: string, fields: readonly string[], status: number])[] = [
  ["CL.TE", [LENGTH, CHUNKED], 400],
  ["TE.CL", [CHUNKED, LENGTH], 400],
  ["TE.CL in capitals", ["TRANSFER-ENCODING: CHUNKED", LENGTH], 400],
  ["CL.TE with a length of 0", ["Content-Length: 0", CHUNKED], 400],
  ["a coding before chunked", ["Transfer-Encoding: gzip, chunked"], 400],
  ["a coding behind chunked", ["Transfer-Encoding: chunked, identity"], 400],
  ["chunked with junk", ["Transfer-Encoding: xchunked"], 400],
  ["chunked in quotes", ['Transfer-Encoding: "chunked"'], 400],
  ["chunked twice", [CHUNKED, CHUNKED], 400],
  ["an empty coding", ["Transfer-Encoding:"], 400],
  ["a vertical tab before chunked", ["Transfer-Encoding: \x0bchunked"], 400],
  ["two lengths", [LENGTH, "Content-Length: 45"], 400],
  ["the same length twice", [LENGTH, LENGTH], 400],
  ["a list of lengths", ["Content-Length: 44, 44"], 400],
  ["a negative length", ["Content-Length: -44"], 400],
  ["a hexadecimal length", ["Content-Length: 0x2c"], 400],
  ["an endless length", ["Content-Length: 99999999999999999999"], 400],
  ["a space before the colon", ["Transfer-Encoding : chunked"], 400],
  ["a space before the name", [" Transfer-Encoding: chunked"], 400],
  ["a folded field", ["X-A: b", "\tTransfer-Encoding: chunked"], 400],
  ["a NUL in a value", ["X-A: b\0c"], 400],
  ["a NUL in a name", ["X-A\0: b"], 400],
  ["a bare LF in the head", ["X-A: b\nTransfer-Encoding: chunked"], 400],
  ["a bare CR in the head", ["X-A: b\rTransfer-Encoding: chunked"], 400],
  ["a field without a colon", ["X-A"], 400],
  ["a field without a name", [": x"], 400],
  ["two hosts", ["Host: other.example"], 400],
  ["256 fields and the Host", MANY_FIELDS, 431],
  ["a head above 64 KiB", [`X-A: ${"b".repeat(66_000)}`], 431],
];

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\nX-Y: zzzz\r\n\r\n";

interface World extends AsyncDisposable {
  readonly client: RawClient;
  readonly origin: RawOrigin;
  /** In front of a path: empty inside a tunnel. */
  readonly prefix: string;
  readonly host: string;
}

async function startWorld(scheme: "http" | "https"): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const play = answerRequests(() => ok("answer"));
  const { trusted } = await testCertificates();
  const origin = stack.use(
    await startRawOrigin(scheme === "http" ? { play } : { play, tls: trusted }),
  );
  const proxy = stack.use(await startProxyInProcess());
  const host = `localhost:${origin.port}`;
  const client = scheme === "http" ? await proxy.connect() : await proxy.connectTls(host);
  const owned = stack.move();
  return {
    client,
    origin,
    prefix: scheme === "http" ? `http://${host}` : "",
    host,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function assertNothingArrived({ connections }: RawOrigin): void {
  for (const { received } of connections) assert.equal(received, "");
}

for (const scheme of ["http", "https"] as const) {
  for (const [reason, fields, status] of REFUSED) {
    Deno.test(`${scheme}: ${reason} is a ${status}, and nothing goes on`, async () => {
      await using world = await startWorld(scheme);
      const { client, origin, prefix, host } = world;
      const head = [`POST ${prefix}/1 HTTP/1.1`, `Host: ${host}`, ...fields].join("\r\n");
      await client.send(`${head}\r\n\r\n${SMUGGLED}`).catch(() => {});
      const answer = await client.readAnswer("POST");
      assert.equal(answer.status, status);
      assert.equal(answer.headers["connection"], "close");
      assert.equal(await client.readRest(), "");
      assertNothingArrived(origin);
    });
  }

  const LINES: readonly (readonly [reason: string, line: (world: World) => string, number])[] = [
    ["a tab in the request line", ({ prefix }) => `GET\t${prefix}/ HTTP/1.1`, 400],
    ["two spaces in the request line", ({ prefix }) => `GET  ${prefix}/ HTTP/1.1`, 400],
    ["a third word", ({ prefix }) => `GET ${prefix}/ x HTTP/1.1`, 400],
    ["HTTP/2 in the request line", ({ prefix }) => `GET ${prefix}/ HTTP/2.0`, 505],
    ["HTTP/0.9", ({ prefix }) => `GET ${prefix}/`, 400],
    ["a fragment", ({ prefix }) => `GET ${prefix}/#x HTTP/1.1`, 400],
    ["user info in the target", ({ host }) => `GET http://a@${host}/ HTTP/1.1`, 400],
    ["a scheme of its own", ({ host }) => `GET ftp://${host}/ HTTP/1.1`, 400],
    ["an asterisk for GET", () => "GET * HTTP/1.1", 400],
    ["a port of 0", () => "GET http://localhost:0/ HTTP/1.1", 400],
    ["an address in another form", () => "GET http://2130706433/ HTTP/1.1", 400],
  ];
  for (const [reason, line, status] of LINES) {
    Deno.test(`${scheme}: ${reason} is a ${status}, and nothing goes on`, async () => {
      await using world = await startWorld(scheme);
      const { client, origin, host } = world;
      await client.send(`${line(world)}\r\nHost: ${host}\r\n\r\n`);
      assert.equal((await client.readAnswer()).status, status);
      assertNothingArrived(origin);
    });
  }

  const CHUNKS: readonly (readonly [reason: string, body: string])[] = [
    ["a size that is no number", "x\r\nabc\r\n0\r\n\r\n"],
    ["a size with 0x", "0x3\r\nabc\r\n0\r\n\r\n"],
    ["a negative size", "-3\r\nabc\r\n0\r\n\r\n"],
    ["a size that wraps", "10000000000000003\r\nabc\r\n0\r\n\r\n"],
    ["a size ended by a bare LF", "3\nabc\r\n0\r\n\r\n"],
    ["an extension over a line", "3;a\nb\r\nabc\r\n0\r\n\r\n"],
    ["a chunk longer than its size", "3\r\nabcd\r\n0\r\n\r\n"],
    ["a chunk ended by a bare LF", "3\r\nabc\n0\r\n\r\n"],
    ["an endless extension", `3;${"x".repeat(300)}\r\nabc\r\n0\r\n\r\n`],
  ];
  for (const [reason, body] of CHUNKS) {
    Deno.test(`${scheme}: ${reason} is a 400, and the origin sees no end of the body`, async () => {
      await using world = await startWorld(scheme);
      const { client, origin, prefix, host } = world;
      const fields = [
        `POST ${prefix}/1 HTTP/1.1`,
        `Host: ${host}`,
        CHUNKED,
        "Expect: 100-continue",
      ];
      await client.send(`${fields.join("\r\n")}\r\n\r\n${body}${SMUGGLED}`);
      // The answer of an origin that has not read the body may come first; then the end.
      const heard = await client.readRest();
      assert.match(heard, /^HTTP\/1\.1 (400|200) /);
      assert.equal(heard.split("HTTP/1.1 ").length, 2, heard);
      for (const { received } of origin.connections) {
        assert.ok(!received.includes("smuggled"), received);
        assert.ok(!received.includes("\r\n0\r\n\r\n"), received);
      }
    });
  }
}

Deno.test("http: an absolute target wins over Host, and is what the origin hears", async () => {
  await using world = await startWorld("http");
  const { client, origin, prefix, host } = world;
  await client.ask(`GET ${prefix}/x HTTP/1.1\r\nHost: bank.example\r\n\r\n`);
  assert.equal(origin.connections[0]!.received, `GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
});

for (
  const [reason, request] of [
    ["another Host", "GET / HTTP/1.1\r\nHost: bank.example\r\n\r\n"],
    ["the right Host at another port", "GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n"],
    ["the right Host without its port", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["another absolute target", "GET https://bank.example/ HTTP/1.1\r\nHost: bank.example\r\n\r\n"],
  ] as const
) {
  Deno.test(`https: ${reason} than the tunnel's is a 421, and the next request is served`, async () => {
    await using world = await startWorld("https");
    const { client, origin, host } = world;
    const refused = await client.ask(request);
    assert.equal(refused.status, 421);
    assertNothingArrived(origin);
    assert.equal((await client.ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).body, "answer");
  });
}
