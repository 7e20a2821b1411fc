/**
 * Request and response smuggling, whole messages as an attacker sends them, through all parts of
 * the codec together. Invariant: a stream is split into the messages that the table says, or is
 * refused; a second request is never found where a strict reader sees the body of the first.
 */
import { deepEqual } from "node:assert/strict";
import { requestFraming, responseFraming } from "../../src/http1/body_framing.ts";
import { BodyReader } from "../../src/http1/body_reader.ts";
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import { HttpError } from "../../src/http1/http_error.ts";
import { parseRequestHead, parseResponseHead } from "../../src/http1/message_head.ts";
import { textOf } from "./arrivals.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

type Direction = "requests" | "responses to GET" | "responses to HEAD";

/** Reads one stream in pieces of `step` bytes; each message as `start line|content`. */
function split(direction: Direction, stream: string, step: number): string[] {
  const queue = new ByteQueue();
  const messages: string[] = [];
  let current: { start: string; content: string; reader: BodyReader } | undefined;
  const startMessage = () => {
    if (direction === "requests") {
      const head = parseRequestHead(queue);
      if (head === undefined) return undefined;
      const reader = new BodyReader(requestFraming(head), { fault: "client" });
      return { start: `${head.method} ${head.target}`, content: "", reader };
    }
    const head = parseResponseHead(queue);
    if (head === undefined) return undefined;
    const framing = responseFraming(head, direction.slice("responses to ".length));
    return {
      start: `${head.status}`,
      content: "",
      reader: new BodyReader(framing, { fault: "origin" }),
    };
  };
  try {
    for (let at = 0; at < stream.length; at += step) {
      queue.append(bytesOf(stream.slice(at, at + step)));
      while ((current ??= startMessage()) !== undefined) {
        const part = current.reader.read(queue);
        if (part === undefined) break;
        if (part.kind === "data") {
          current.content += textOf(part.bytes);
          continue;
        }
        messages.push(`${current.start}|${current.content}`);
        current = undefined;
      }
    }
    if (current !== undefined) {
      current.reader.finish();
      messages.push(`${current.start}|${current.content}`);
    }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    messages.push(String(error.status));
  }
  return messages;
}

const HOST = "Host: a\r\n";
const POST = `POST /1 HTTP/1.1\r\n${HOST}`;
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;
const LENGTH = `Content-Length: ${SMUGGLED.length}\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n";

const REQUESTS: readonly (readonly [string, string, readonly string[]])[] = [
  ["CL.TE", `${POST}Content-Length: 6\r\n${CHUNKED}\r\n0\r\n\r\nG`, ["400"]],
  ["TE.CL", `${POST}${CHUNKED}Content-Length: 4\r\n\r\n12\r\n${SMUGGLED}0\r\n\r\n`, ["400"]],
  ["TE.TE, a space before the colon", `${POST}Transfer-Encoding : chunked\r\n${LENGTH}\r\n`, [
    "400",
  ]],
  ["TE.TE, a tab for the space", `${POST}Transfer-Encoding:\tchunked\r\n${LENGTH}\r\n${SMUGGLED}`, [
    "400",
  ]],
  ["TE.TE, folded", `${POST}Transfer-Encoding:\r\n chunked\r\n${LENGTH}\r\n${SMUGGLED}`, ["400"]],
  ["TE.TE, a vertical tab", `${POST}Transfer-Encoding: \x0bchunked\r\n${LENGTH}\r\n${SMUGGLED}`, [
    "400",
  ]],
  ["TE.TE, hidden behind a bare LF", `${POST}X: y\nTransfer-Encoding: chunked\r\n${LENGTH}\r\n`, [
    "400",
  ]],
  ["TE.TE, hidden behind a bare CR", `${POST}X: y\rTransfer-Encoding: chunked\r\n${LENGTH}\r\n`, [
    "400",
  ]],
  ["TE.TE, a second coding", `${POST}${CHUNKED}Transfer-Encoding: x\r\n\r\n0\r\n\r\n${SMUGGLED}`, [
    "400",
  ]],
  [
    "TE.TE, an underscore: another field",
    `${POST}Transfer_Encoding: chunked\r\n${LENGTH}\r\n${SMUGGLED}`,
    [`POST /1|${SMUGGLED}`],
  ],
  ["TE.0: chunks nobody announced", `POST /1 HTTP/1.1\r\n${HOST}\r\n5\r\nabcde\r\n0\r\n\r\n`, [
    "POST /1|",
    "400",
  ]],
  ["CL.0: the body is the body", `${POST}${LENGTH}\r\n${SMUGGLED}`, [`POST /1|${SMUGGLED}`]],
  ["0.CL: a GET with a body", `GET /1 HTTP/1.1\r\n${HOST}${LENGTH}\r\n${SMUGGLED}`, [
    `GET /1|${SMUGGLED}`,
  ]],
  ["two lengths", `${POST}Content-Length: 0\r\n${LENGTH}\r\n${SMUGGLED}`, ["400"]],
  ["a length of 0 and a list", `${POST}Content-Length: 0, ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`, [
    "400",
  ]],
  ["a length with a plus", `${POST}Content-Length: +${SMUGGLED.length}\r\n\r\n${SMUGGLED}`, [
    "400",
  ]],
  ["a length in HTTP/1.0 with chunks", `POST /1 HTTP/1.0\r\n${CHUNKED}\r\n0\r\n\r\n${SMUGGLED}`, [
    "400",
  ]],
  [
    "a chunk extension over a line (TERM.EXT)",
    `${POST}${CHUNKED}\r\n2;\nxx\r\n10\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ["400"],
  ],
  [
    "a chunk spilled over its size (SPILL.TERM)",
    `${POST}${CHUNKED}\r\n5\r\nAAAAAXX2\r\n45\r\n0\r\n\r\n${SMUGGLED}`,
    ["400"],
  ],
  ["a chunk ended by one byte (ONE.TERM)", `${POST}${CHUNKED}\r\n5\r\nAAAAAX0\r\n\r\n${SMUGGLED}`, [
    "400",
  ]],
  ["a chunk size that wraps", `${POST}${CHUNKED}\r\n100000000000000000\r\n${SMUGGLED}`, ["400"]],
  ["a request after the last chunk, no end", `${POST}${CHUNKED}\r\n0\r\n${SMUGGLED}`, ["400"]],
  ["a length in the trailers", `${POST}${CHUNKED}\r\n0\r\n${LENGTH}\r\n${SMUGGLED}`, [
    "POST /1|",
    "GET /smuggled|",
  ]],
  ["CONNECT with a body", `CONNECT a:1 HTTP/1.1\r\n${HOST}${LENGTH}\r\n${SMUGGLED}`, ["400"]],
  ["a line break in the target", `GET /1\r\nX: y HTTP/1.1\r\n${HOST}\r\n`, ["400"]],
  [
    "an expectation does not alter framing",
    `${POST}Expect: 100-continue\r\n${LENGTH}\r\n${SMUGGLED}`,
    [`POST /1|${SMUGGLED}`],
  ],
  [
    "honest pipelining",
    `${POST}Content-Length: 2\r\n\r\nab${POST}${CHUNKED}\r\n1\r\nc\r\n0\r\n\r\n${SMUGGLED}`,
    ["POST /1|ab", "POST /1|c", "GET /smuggled|"],
  ],
  ["an empty line between requests", `${POST}Content-Length: 2\r\n\r\nab\r\n${SMUGGLED}`, [
    "POST /1|ab",
    "GET /smuggled|",
  ]],
  ["a body cut short", `${POST}${LENGTH}\r\nGET`, ["400"]],
];

const OK = "HTTP/1.1 200 OK\r\n";
const INJECTED = "HTTP/1.1 200 Injected\r\nContent-Length: 0\r\n\r\n";

const RESPONSES: readonly (readonly [string, Direction, string, readonly string[]])[] = [
  ["both lengths", "responses to GET", `${OK}Content-Length: 6\r\n${CHUNKED}\r\n0\r\n\r\nx`, [
    "502",
  ]],
  ["two lengths", "responses to GET", `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, [
    "502",
  ]],
  [
    "a 204 with a length",
    "responses to GET",
    `HTTP/1.1 204 x\r\nContent-Length: 44\r\n\r\n${INJECTED}`,
    ["502"],
  ],
  [
    "a 100 with a length",
    "responses to GET",
    `HTTP/1.1 100 x\r\nContent-Length: 44\r\n\r\n${INJECTED}`,
    ["502"],
  ],
  ["a 204 with chunks", "responses to GET", `HTTP/1.1 204 x\r\n${CHUNKED}\r\n0\r\n\r\n`, ["502"]],
  [
    "a 304 with a length, without a body",
    "responses to GET",
    `HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n${INJECTED}`,
    ["304|", "200|"],
  ],
  [
    "an answer to HEAD with a length",
    "responses to HEAD",
    `${OK}Content-Length: 9\r\n\r\n${INJECTED}`,
    ["200|", "200|"],
  ],
  [
    "a body behind an answer to HEAD",
    "responses to HEAD",
    `${OK}Content-Length: 3\r\n\r\nabc\r\n\r\n`,
    ["200|", "502"],
  ],
  [
    "an interim answer before the final",
    "responses to GET",
    `HTTP/1.1 103 x\r\nLink: y\r\n\r\n${INJECTED}`,
    ["103|", "200|"],
  ],
  ["a body without a length: to the end", "responses to GET", `${OK}\r\n${INJECTED}`, [
    `200|${INJECTED}`,
  ]],
  ["chunks in HTTP/1.0", "responses to GET", `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n0\r\n\r\n`, ["502"]],
  ["a coding that is not chunked", "responses to GET", `${OK}Transfer-Encoding: gzip\r\n\r\nx`, [
    "502",
  ]],
  ["a body cut short", "responses to GET", `${OK}Content-Length: 5\r\n\r\nabc`, ["502"]],
  ["chunks cut short", "responses to GET", `${OK}${CHUNKED}\r\n5\r\nabcde\r\n`, ["502"]],
];

for (const step of [1, 7, 1_000_000]) {
  for (const [reason, stream, messages] of REQUESTS) {
    Deno.test(`requests: ${reason}, ${step} bytes a read`, () => {
      deepEqual(split("requests", stream, step), messages);
    });
  }
  for (const [reason, direction, stream, messages] of RESPONSES) {
    Deno.test(`${direction}: ${reason}, ${step} bytes a read`, () => {
      deepEqual(split(direction, stream, step), messages);
    });
  }
}
