import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import { HeaderList } from "../../src/http1/header_list.ts";
import {
  parseRequestHead,
  parseResponseHead,
  serializeRequestHead,
  serializeResponseHead,
} from "../../src/http1/message_head.ts";
import { ARRIVALS, readArriving, refusalOf, textOf } from "./arrivals.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

const GET = "GET / HTTP/1.1\r\n";
const HOST = "Host: a\r\n";

const ACCEPTED_REQUESTS = [
  {
    reason: "a minimal request",
    text: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    head: ["GET", "/", "1.1", [["Host", "a"]]],
  },
  {
    reason: "HTTP/1.0 without Host, without any field",
    text: "GET / HTTP/1.0\r\n\r\n",
    head: ["GET", "/", "1.0", []],
  },
  {
    reason: "a method of its own and an absolute target",
    text: "M-SEARCH http://b/?q=%20 HTTP/1.1\r\nHost: b\r\n\r\n",
    head: ["M-SEARCH", "http://b/?q=%20", "1.1", [["Host", "b"]]],
  },
  {
    reason: "white space around a value, a tab within it",
    text: "GET / HTTP/1.1\r\nHost:a\r\nX: \t one\ttwo \t \r\n\r\n",
    head: ["GET", "/", "1.1", [["Host", "a"], ["X", "one\ttwo"]]],
  },
  {
    reason: "empty values, with and without white space",
    text: "GET / HTTP/1.1\r\nHost:\r\nX:\r\nY:  \r\n\r\n",
    head: ["GET", "/", "1.1", [["Host", ""], ["X", ""], ["Y", ""]]],
  },
  {
    reason: "case, order and duplicates as sent",
    text: "GET / HTTP/1.1\r\nx-B: 1\r\nHOST: a\r\nX-b: 2\r\nx-B: 1\r\n\r\n",
    head: ["GET", "/", "1.1", [["x-B", "1"], ["HOST", "a"], ["X-b", "2"], ["x-B", "1"]]],
  },
  {
    reason: "every byte above ASCII in a value, as latin1",
    text: "GET / HTTP/1.1\r\nHost: a\r\nX: \x80\x9f\xa0\xc3\xa9\xff\r\n\r\n",
    head: ["GET", "/", "1.1", [["Host", "a"], ["X", "\x80\x9f\xa0\xc3\xa9\xff"]]],
  },
  {
    reason: "raw UTF-8 and sloppy characters in a target",
    text: 'GET /\xc3\xa9?a={"b":[1|2]}^`\\ HTTP/1.1\r\nHost: a\r\n\r\n',
    head: ["GET", '/\xc3\xa9?a={"b":[1|2]}^`\\', "1.1", [["Host", "a"]]],
  },
  {
    reason: "colons and quotes in a value",
    text: 'GET / HTTP/1.1\r\nHost: [::1]:8080\r\nX: a:b: "c\\"\r\n\r\n',
    head: ["GET", "/", "1.1", [["Host", "[::1]:8080"], ["X", 'a:b: "c\\"']]],
  },
  {
    reason: "two empty lines before the request line (RFC 9112 §2.2)",
    text: "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    head: ["GET", "/", "1.1", [["Host", "a"]]],
  },
] as const;

for (const { reason, text, head } of ACCEPTED_REQUESTS) {
  for (const arrival of ARRIVALS) {
    Deno.test(`parseRequestHead() reads ${reason}, ${arrival}`, () => {
      const parsed = readArriving(arrival, bytesOf(text), parseRequestHead);
      ok(parsed);
      const { method, target, version, headers } = parsed;
      deepEqual([method, target, version, headers.entries], head);
    });
  }
}

const REFUSED_REQUESTS = [
  // The request line.
  ["an empty line too many before it", 400, "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["bare LF as the empty line before it", 400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a leading space", 400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["no method", 400, "/ HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a method that is no token", 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a non-ASCII method", 400, "G\xc9T / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a tab after the method", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["two spaces after the method", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["two spaces after the target", 400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["nothing between the two spaces", 400, "GET  HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["NUL in the target", 400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["DEL in the target", 400, "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a bare CR in the target", 400, "GET /\ra HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["no target", 400, "GET HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["no version (HTTP/0.9)", 400, "GET /\r\nHost: a\r\n\r\n"],
  ["an empty version", 400, "GET / \r\nHost: a\r\n\r\n"],
  ["a lower-case version", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"],
  ["a version of three digits", 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"],
  ["a version with a leading zero", 400, "GET / HTTP/01.1\r\nHost: a\r\n\r\n"],
  ["a version without a dot", 400, "GET / HTTP/11\r\nHost: a\r\n\r\n"],
  ["another protocol", 400, "GET / RTSP/1.0\r\nHost: a\r\n\r\n"],
  ["a space after the version", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"],
  ["a bare CR after the version", 400, "GET / HTTP/1.1\rHost: a\r\n\r\n"],
  ["a bare LF after the version", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"],
  ["HTTP/2.0: the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"],
  ["HTTP/0.9 by number", 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"],
  // What is no HTTP at all is refused without waiting for an empty line.
  ["a TLS hello", 400, "\x16\x03\x01\x02\x00\x01\x00"],
  ["a SOCKS5 greeting", 400, "\x05\x01\x00"],
  ["line feeds only", 400, "GET / HTTP/1.1\nHost: a\n\n"],
  // Field names.
  ["a space before the colon", 400, `${GET}${HOST}X : 1\r\n\r\n`],
  ["a tab before the colon", 400, `${GET}${HOST}X\t: 1\r\n\r\n`],
  ["a space before the colon of Host", 400, `${GET}Host : a\r\n\r\n`],
  ["a space before the colon of a length", 400, `${GET}${HOST}Content-Length : 5\r\n\r\n`],
  ["a space within a name", 400, `${GET}${HOST}X Y: 1\r\n\r\n`],
  ["an empty name", 400, `${GET}${HOST}: 1\r\n\r\n`],
  ["a line without a colon", 400, `${GET}${HOST}junk\r\n\r\n`],
  ["a name with a control character", 400, `${GET}${HOST}X\x0b: 1\r\n\r\n`],
  ["a name with NUL", 400, `${GET}${HOST}X\0: 1\r\n\r\n`],
  ["a name with a byte above ASCII", 400, `${GET}${HOST}X\xa0: 1\r\n\r\n`],
  ["a name in quotes", 400, `${GET}${HOST}"X": 1\r\n\r\n`],
  ["a name in brackets", 400, `${GET}${HOST}[X]: 1\r\n\r\n`],
  // Lines.
  ["obs-fold by a space", 400, `${GET}${HOST}X: 1\r\n 2\r\n\r\n`],
  ["obs-fold by a tab", 400, `${GET}${HOST}X: 1\r\n\t2\r\n\r\n`],
  ["a folded first line", 400, `${GET} X: 1\r\n${HOST}\r\n`],
  ["a line of white space only", 400, `${GET}${HOST} \r\n\r\n`],
  ["a bare LF in a value", 400, `${GET}${HOST}X: 1\nY: 2\r\n\r\n`],
  ["a bare CR in a value", 400, `${GET}${HOST}X: 1\rY: 2\r\n\r\n`],
  ["CR CR LF", 400, `${GET}${HOST}X: 1\r\r\n\r\n`],
  ["a bare CR where a line starts", 400, `${GET}${HOST}\rX: 1\r\n\r\n`],
  ["an empty line with a bare LF", 400, `${GET}${HOST}\nX: 1\r\n\r\n`],
  ["LF CR for CR LF", 400, `${GET}${HOST}X: 1\n\r\n\r\n`],
  // Values.
  ["NUL in a value", 400, `${GET}${HOST}X: a\0b\r\n\r\n`],
  ["a bell in a value", 400, `${GET}${HOST}X: a\x07b\r\n\r\n`],
  ["a vertical tab in a value", 400, `${GET}${HOST}X: a\x0bb\r\n\r\n`],
  ["a form feed before a coding", 400, `${GET}${HOST}Transfer-Encoding: \x0cchunked\r\n\r\n`],
  ["DEL in a value", 400, `${GET}${HOST}X: \x7f\r\n\r\n`],
  // Host.
  ["HTTP/1.1 without Host", 400, `${GET}X: 1\r\n\r\n`],
  ["HTTP/1.1 without any field", 400, `${GET}\r\n`],
  ["two Hosts", 400, `${GET}Host: a\r\nHost: b\r\n\r\n`],
  ["two equal Hosts", 400, `${GET}Host: a\r\nhost: a\r\n\r\n`],
  ["two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHOST: a\r\n\r\n"],
  ["a list of hosts", 400, `${GET}Host: a, b\r\n\r\n`],
  ["a list of hosts without a space", 400, `${GET}Host: a,b\r\n\r\n`],
  ["a Host with user info", 400, `${GET}Host: a@b\r\n\r\n`],
  ["a Host with a path", 400, `${GET}Host: a/b\r\n\r\n`],
  ["a Host with a query", 400, `${GET}Host: a?b\r\n\r\n`],
  ["a Host with a fragment", 400, `${GET}Host: a#b\r\n\r\n`],
  ["a Host with a space", 400, `${GET}Host: a b\r\n\r\n`],
  ["a Host with two ports", 400, `${GET}Host: a:1:2\r\n\r\n`],
  ["a Host with a port of letters", 400, `${GET}Host: a:b\r\n\r\n`],
  ["a Host with half a bracket", 400, `${GET}Host: [::1\r\n\r\n`],
  ["a non-ASCII Host", 400, `${GET}Host: \xc3\xa9\r\n\r\n`],
] as const;

for (const [reason, status, text] of REFUSED_REQUESTS) {
  for (const arrival of ARRIVALS) {
    Deno.test(`parseRequestHead() refuses ${reason}, ${arrival}`, () => {
      const refusal = refusalOf(() => readArriving(arrival, bytesOf(text), parseRequestHead));
      equal(refusal?.status, status);
      equal(refusal?.fault, "client");
    });
  }
}

const OK = "HTTP/1.1 200 OK\r\n";

const ACCEPTED_RESPONSES = [
  ["a plain answer", `${OK}A: b\r\n\r\n`, ["1.1", 200, "OK", [["A", "b"]]]],
  ["no field at all", `${OK}\r\n`, ["1.1", 200, "OK", []]],
  ["an empty reason", "HTTP/1.1 204 \r\n\r\n", ["1.1", 204, "", []]],
  ["no reason and no space", "HTTP/1.1 204\r\n\r\n", ["1.1", 204, "", []]],
  [
    "a reason with spaces and bytes above ASCII",
    "HTTP/1.0 404 Non trouv\xe9 \r\n\r\n",
    ["1.0", 404, "Non trouv\xe9 ", []],
  ],
  ["an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", ["1.1", 100, "Continue", []]],
  ["a status above 599", "HTTP/1.1 999 Denied\r\n\r\n", ["1.1", 999, "Denied", []]],
] as const;

for (const [reason, text, head] of ACCEPTED_RESPONSES) {
  for (const arrival of ARRIVALS) {
    Deno.test(`parseResponseHead() reads ${reason}, ${arrival}`, () => {
      const parsed = readArriving(arrival, bytesOf(text), parseResponseHead);
      ok(parsed);
      deepEqual([parsed.version, parsed.status, parsed.reason, parsed.headers.entries], head);
    });
  }
}

const REFUSED_RESPONSES = [
  ["an empty line before it", "\r\nHTTP/1.1 200 OK\r\n\r\n"],
  ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["another protocol of the same first letter", "HELO"],
  ["HTTP/0.9: a body only", "<html>"],
  ["Shoutcast's status line", "ICY 200 OK\r\n\r\n"],
  ["HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"],
  ["a lower-case version", "http/1.1 200 OK\r\n\r\n"],
  ["no status", "HTTP/1.1\r\n\r\n"],
  ["an empty status", "HTTP/1.1 \r\n\r\n"],
  ["two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
  ["a signed status", "HTTP/1.1 +20 OK\r\n\r\n"],
  ["letters for a status", "HTTP/1.1 abc OK\r\n\r\n"],
  ["a tab after the status", "HTTP/1.1 200\tOK\r\n\r\n"],
  ["a bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n"],
  ["a bare LF in the reason", "HTTP/1.1 200 O\nK\r\n\r\n"],
  ["NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"],
  ["a space before the colon", `${OK}X : 1\r\n\r\n`],
  ["obs-fold", `${OK}X: 1\r\n 2\r\n\r\n`],
  ["a bare LF between fields", `${OK}X: 1\nY: 2\r\n\r\n`],
  ["a bare CR in a value", `${OK}X: 1\rSet-Cookie: a\r\n\r\n`],
  ["NUL in a value", `${OK}X: \0\r\n\r\n`],
  ["a line without a colon", `${OK}junk\r\n\r\n`],
] as const;

for (const [reason, text] of REFUSED_RESPONSES) {
  for (const arrival of ARRIVALS) {
    Deno.test(`parseResponseHead() refuses ${reason}, ${arrival}`, () => {
      const refusal = refusalOf(() => readArriving(arrival, bytesOf(text), parseResponseHead));
      equal(refusal?.status, 502);
      equal(refusal?.fault, "origin");
    });
  }
}

Deno.test("parseRequestHead() asks for more bytes at every cut of a head", () => {
  const text = "\r\nGET /a HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n";
  for (let length = 0; length < text.length; length++) {
    const queue = new ByteQueue();
    queue.append(bytesOf(text.slice(0, length)));
    equal(parseRequestHead(queue), undefined);
    equal(queue.length, length, "nothing is consumed");
  }
});

Deno.test("parseRequestHead() reads pipelined heads one by one", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf(`GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`));
  equal(parseRequestHead(queue)?.target, "/1");
  equal(parseRequestHead(queue)?.target, "/2");
  equal(parseRequestHead(queue), undefined);
});

for (
  const [reason, bytes, fields, refused] of [
    ["64 KiB exactly", 65_536, 1, false],
    ["one byte more", 65_537, 1, true],
    ["256 fields", 10_000, 256, false],
    ["one field more", 10_000, 257, true],
  ] as const
) {
  const withFields = (line: string) => {
    const start = line + "X: 1\r\n".repeat(fields - 1);
    return bytesOf(`${start}X: ${"a".repeat(bytes - start.length - 7)}\r\n\r\n`);
  };
  for (const arrival of ARRIVALS) {
    Deno.test(`a head of ${reason} is ${refused ? "refused" : "read"}, ${arrival}`, () => {
      const request = withFields("GET / HTTP/1.0\r\n");
      equal(request.length, bytes);
      const requestRefusal = refusalOf(() => readArriving(arrival, request, parseRequestHead));
      equal(requestRefusal?.status, refused ? 431 : undefined);
      const response = withFields("HTTP/1.1 200 OK\r\n");
      const responseRefusal = refusalOf(() => readArriving(arrival, response, parseResponseHead));
      equal(responseRefusal?.status, refused ? 502 : undefined);
    });
  }
}

Deno.test("parseRequestHead() keeps to the limits it is given", () => {
  const read = (limits: { maxHeadBytes?: number; maxHeaders?: number }) => {
    const queue = new ByteQueue();
    queue.append(bytesOf(`${GET}${HOST}X: 1\r\n\r\n`));
    return refusalOf(() => parseRequestHead(queue, limits))?.status;
  };
  equal(read({ maxHeadBytes: 33 }), undefined);
  equal(read({ maxHeadBytes: 32 }), 431);
  equal(read({ maxHeaders: 2 }), undefined);
  equal(read({ maxHeaders: 1 }), 431);
});

Deno.test("parseRequestHead() does not wait for the end of a line without end", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf("GET /".padEnd(65_536, "a")));
  equal(refusalOf(() => parseRequestHead(queue))?.status, 431);
});

Deno.test("parseRequestHead() searches each byte once, however they arrive", () => {
  const queue = new ByteQueue();
  const head = bytesOf(`GET / HTTP/1.1\r\n${HOST}X: ${"a".repeat(60_000)}\r\n\r\n`);
  for (const [i, byte] of head.entries()) {
    equal(queue.scanned, i, "the search goes on where it stopped");
    queue.append(Uint8Array.of(byte));
    equal(parseRequestHead(queue) !== undefined, i === head.length - 1);
  }
  queue.append(head);
  queue.scanned = head.length;
  equal(parseRequestHead(queue), undefined, "nothing before the mark is searched again");
});

Deno.test("refusals repeat no text of the head", () => {
  const secret = "sk-ant-" + "api03-secret";
  for (
    const text of [
      `GET /${secret}\0 HTTP/1.1\r\nHost: a\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${secret}@a\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${secret}\0\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\n${secret} : a\r\n\r\n`,
      `GET / ${secret}\r\nHost: a\r\n\r\n`,
    ]
  ) {
    const refusal = refusalOf(() => readArriving("whole", bytesOf(text), parseRequestHead));
    ok(refusal);
    ok(!refusal.message.includes("secret"), refusal.message);
    ok(refusal.message.startsWith("Cannot "), refusal.message);
  }
});

Deno.test("serializeRequestHead() writes one space after each colon", () => {
  const headers = HeaderList.from([["Host", "a"], ["X-Empty", ""], ["x", "\xe9"]]);
  const bytes = serializeRequestHead({ method: "GET", target: "/", version: "1.1", headers });
  equal(textOf(bytes), "GET / HTTP/1.1\r\nHost: a\r\nX-Empty: \r\nx: \xe9\r\n\r\n");
});

Deno.test("serializeResponseHead() writes the space before an empty reason", () => {
  const headers = HeaderList.from([]);
  const bytes = serializeResponseHead({ version: "1.0", status: 200, reason: "", headers });
  equal(textOf(bytes), "HTTP/1.0 200 \r\n\r\n");
});

Deno.test("serializers refuse what would not be parsed back", () => {
  const headers = HeaderList.from([["Host", "a"]]);
  const request = { method: "GET", target: "/", version: "1.1", headers } as const;
  for (
    const change of [
      { method: "" },
      { method: "GET /x" },
      { method: "GET\r\n" },
      { target: "" },
      { target: "/ HTTP/1.1\r\nX: y\r\n" },
      { target: "/a b" },
      { target: "/\u20ac" },
    ]
  ) {
    throws(() => serializeRequestHead({ ...request, ...change }), TypeError);
  }
  const response = { version: "1.1", status: 200, reason: "OK", headers } as const;
  for (
    const change of [
      { status: 99 },
      { status: 1000 },
      { status: 200.5 },
      { status: NaN },
      { reason: "OK\r\nX: y" },
      { reason: "\u20ac" },
    ]
  ) {
    throws(() => serializeResponseHead({ ...response, ...change }), TypeError);
  }
});
