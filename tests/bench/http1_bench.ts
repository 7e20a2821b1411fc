/**
 * The HTTP/1.1 codec on one agent's request (12 fields, 421 bytes), its answer, and 1 MiB bodies.
 * Every bench checks its answer before it is timed.
 */
import { deepEqual, equal } from "node:assert/strict";
import { BodyReader } from "../../src/http1/body_reader.ts";
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import { encodeChunk, encodeLastChunk } from "../../src/http1/chunked.ts";
import { HeaderList } from "../../src/http1/header_list.ts";
import { wantsKeepAlive, withoutHopByHop } from "../../src/http1/hop_by_hop.ts";
import {
  parseRequestHead,
  parseResponseHead,
  serializeRequestHead,
  serializeResponseHead,
} from "../../src/http1/message_head.ts";
import { parseRequestTarget } from "../../src/http1/request_target.ts";

const encoder = new TextEncoder();

const REQUEST = encoder.encode([
  "POST http://127.0.0.1:18080/v1/messages?beta=true HTTP/1.1",
  "Host: 127.0.0.1:18080",
  "User-Agent: Anthropic/JS 0.68.0",
  "Accept: application/json",
  "Accept-Encoding: gzip, deflate, br",
  "Content-Type: application/json",
  "Authorization: Bearer 0123456789abcdef0123456789abcdef",
  "X-Stainless-Lang: js",
  "X-Stainless-Runtime: node",
  "anthropic-version: 2023-06-01",
  "Connection: keep-alive",
  "Content-Length: 0",
  "\r\n",
].join("\r\n"));

const RESPONSE = encoder.encode([
  "HTTP/1.1 200 OK",
  "Date: Thu, 19 Feb 2026 13:41:59 GMT",
  "Content-Type: application/json",
  "Content-Length: 1024",
  "Connection: keep-alive",
  "Server: cloudflare",
  "request-id: req_011CYGz5Yx4mXkqoMBLr4W5J",
  "\r\n",
].join("\r\n"));

function parseRequest(queue: ByteQueue) {
  queue.append(REQUEST);
  return parseRequestHead(queue)!;
}

function parseResponse(queue: ByteQueue) {
  queue.append(RESPONSE);
  return parseResponseHead(queue)!;
}

const queue = new ByteQueue();
const request = parseRequest(queue);
const response = parseResponse(queue);

equal(request.headers.entries.length, 11);
Deno.bench("parse a request head, 421 bytes, 11 fields", { group: "head" }, () => {
  parseRequest(queue);
});

equal(response.headers.entries.length, 6);
Deno.bench("parse a response head, 6 fields", { group: "head" }, () => {
  parseResponse(queue);
});

deepEqual(serializeRequestHead(request), REQUEST);
Deno.bench("serialize a request head, 11 fields", { group: "head" }, () => {
  serializeRequestHead(request);
});

deepEqual(serializeResponseHead(response), RESPONSE);
Deno.bench("serialize a response head, 6 fields", { group: "head" }, () => {
  serializeResponseHead(response);
});

equal(parseRequestTarget(request.method, request.target).form, "absolute");
Deno.bench("parse an absolute-form target", { group: "head" }, () => {
  parseRequestTarget(request.method, request.target);
});

equal(request.headers.get("content-length"), "0");
equal(request.headers.get("transfer-encoding"), undefined);
Deno.bench("look up a last and a missing field of 11", { group: "header list" }, () => {
  request.headers.get("content-length");
  request.headers.get("transfer-encoding");
});

equal(withoutHopByHop(request.headers).entries.length, 10);
Deno.bench("drop hop-by-hop fields of 11", { group: "header list" }, () => {
  withoutHopByHop(request.headers);
});

// Names of a head just parsed have no hash yet, which look-ups in a set must compute.
Deno.bench("parse 11 fields and drop those of one hop", { group: "header list" }, () => {
  withoutHopByHop(parseRequest(queue).headers);
});

equal(wantsKeepAlive(request.version, request.headers), true);
Deno.bench("decide keep-alive", { group: "header list" }, () => {
  wantsKeepAlive(request.version, request.headers);
});

equal(HeaderList.from(request.headers.entries).entries.length, 11);
Deno.bench("check and copy a list of 11", { group: "header list" }, () => {
  HeaderList.from(request.headers.entries);
});

const BODY_BYTES = 1_048_576;

function chunkedBody(chunkBytes: number): Uint8Array {
  const framed = new ByteQueue();
  const chunk = encodeChunk(new Uint8Array(chunkBytes).fill(0x61));
  for (let sent = 0; sent < BODY_BYTES; sent += chunkBytes) framed.append(chunk);
  framed.append(encodeLastChunk());
  return framed.take(framed.length);
}

/** Reads the body as a proxy does, 16 KiB a read, and returns the length of its content. */
function readChunked(body: Uint8Array): number {
  const reader = new BodyReader({ kind: "chunked" }, { fault: "origin" });
  let content = 0;
  for (let at = 0; at < body.length; at += 16_384) {
    queue.append(body.subarray(at, at + 16_384));
    for (let part = reader.read(queue); part?.kind === "data"; part = reader.read(queue)) {
      content += part.bytes.length;
    }
  }
  return reader.done ? content : -1;
}

for (const chunkBytes of [1, 64, 1_024, 16_384]) {
  const body = chunkedBody(chunkBytes);
  equal(readChunked(body), BODY_BYTES);
  Deno.bench(`read 1 MiB in chunks of ${chunkBytes}`, { group: "chunked" }, () => {
    readChunked(body);
  });
}

for (const chunkBytes of [64, 16_384]) {
  const bytes = new Uint8Array(chunkBytes);
  Deno.bench(`frame a chunk of ${chunkBytes}`, { group: "chunked" }, () => {
    encodeChunk(bytes);
  });
}
