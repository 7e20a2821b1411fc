import assert from "node:assert/strict";
import { HeaderList } from "../../src/http1/header_list.ts";
import { HttpError } from "../../src/http1/http_error.ts";
import { DialError, type DialFailure } from "../../src/net/dial.ts";
import { BlockedError } from "../../src/proxy/blocked_error.ts";
import {
  problemDocument,
  refusalEvent,
  refusalOf,
  serializeRefusal,
  tooManyConnections,
} from "../../src/proxy/refuse.ts";

const BLOCKED = new BlockedError({
  pattern: "ai_api_key",
  location: "header:x-note",
  direction: "outbound",
});
const DIAL: Readonly<Record<DialFailure, readonly [number, string, boolean]>> = {
  name: [502, "origin-name-unknown", false],
  refused: [502, "origin-unreachable", true],
  timeout: [504, "origin-timeout", true],
  loop: [502, "proxy-loop", false],
  denied: [403, "destination-denied", false],
  certificate: [502, "origin-certificate", false],
  proxy: [502, "upstream-proxy", false],
  not_tls: [502, "origin-not-tls", false],
  tls: [502, "origin-tls", false],
};

for (const [failure, [status, kind, isRetryable]] of Object.entries(DIAL)) {
  Deno.test(`\`refusalOf()\`: a dial that failed by "${failure}" is a ${status} ${kind}`, () => {
    const refusal = refusalOf(new DialError(failure as DialFailure, "Cannot reach it"));
    assert.deepEqual([refusal.status, refusal.kind, refusal.isRetryable], [
      status,
      kind,
      isRetryable,
    ]);
    assert.equal(refusal.detail, "Cannot reach it");
  });
}

Deno.test("`refusalOf()` says nothing of an error it does not know", () => {
  const refusal = refusalOf(new TypeError("x is undefined at /home/secret"));
  assert.deepEqual([refusal.status, refusal.kind], [500, "internal-error"]);
  assert.ok(!JSON.stringify(problemDocument(refusal, "1")).includes("secret"));
});

const BLOCKS = [
  ["outbound", "ai_api_key", 403, "blocked"],
  ["inbound", "pipe_to_shell", 502, "blocked"],
  ["outbound", "undecodable", 403, "undecodable"],
  ["inbound", "undecodable", 502, "undecodable"],
] as const;

for (const [direction, pattern, status, kind] of BLOCKS) {
  Deno.test(`\`problemDocument()\` tells an agent of ${pattern}, ${direction}`, () => {
    const error = new BlockedError({ pattern, location: "body", direction });
    const { detail, ...document } = problemDocument(refusalOf(error), "id-1");
    assert.deepEqual(document, {
      type: `urn:clawsec:problem:${kind}`,
      title: status === 403 ? "Forbidden" : "Bad Gateway",
      status,
      pattern,
      location: "body",
      direction,
      retryable: false,
      request_id: "id-1",
    });
    assert.match(String(detail), /^Stopped by ClawSec Monitor: /);
  });
}

Deno.test("`serializeRefusal()` writes a whole answer, to HEAD without a body", () => {
  const decoder = new TextDecoder();
  const refusal = refusalOf(new HttpError(431, "client", "Cannot parse the head: too long"));
  const text = decoder.decode(serializeRefusal(refusal, { requestId: "1", close: "close" }));
  const [head = "", body = ""] = text.split("\r\n\r\n");
  assert.match(head, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  assert.match(head, /\r\nContent-Type: application\/problem\+json\r\n/);
  assert.match(head, /\r\nConnection: close$/);
  assert.ok(head.includes(`\r\nContent-Length: ${new TextEncoder().encode(body).length}\r\n`));
  assert.equal(JSON.parse(body).type, "urn:clawsec:problem:bad-request");
  const toHead = serializeRefusal(refusal, { requestId: "1", close: "keep", method: "HEAD" });
  assert.match(decoder.decode(toHead), /Content-Length: \d+[^]*\r\n\r\n$/);
  assert.ok(!decoder.decode(toHead).includes("Connection: close"));
});

Deno.test("`tooManyConnections()` names the limit, and may be tried again", () => {
  const refusal = tooManyConnections(7);
  assert.deepEqual([refusal.status, refusal.isRetryable], [503, true]);
  assert.match(refusal.detail, /max_connections is 7/);
});

const EVENTS: readonly (readonly [string, Record<string, string>, RegExp | undefined])[] = [
  [
    "an event stream",
    { "Content-Type": "text/event-stream; charset=utf-8" },
    /^\n\nevent: error\ndata: .*\n\n$/,
  ],
  ["lines of JSON", { "Content-Type": "application/x-ndjson" }, /^\n\{"error":".*"\}\n$/],
  ["JSON", { "Content-Type": "application/json" }, undefined],
  [
    "an event stream that is coded",
    { "Content-Type": "text/event-stream", "Content-Encoding": "gzip" },
    undefined,
  ],
  ["no type", {}, undefined],
];

for (const [reason, fields, expected] of EVENTS) {
  Deno.test(`\`refusalEvent()\` ${expected ? "ends" : "has nothing for"} ${reason}`, () => {
    const headers = HeaderList.from(Object.entries(fields));
    const event = refusalEvent(BLOCKED, { answer: { headers }, requestId: "id-1" });
    if (expected === undefined) return assert.equal(event, undefined);
    const text = new TextDecoder().decode(event);
    assert.match(text, expected);
    const data = /data: (.*)\n/.exec(text)?.[1];
    if (data === undefined) return;
    const { type, error } = JSON.parse(data);
    assert.deepEqual([type, error.type, error.code], ["error", "permission_error", "blocked"]);
    assert.deepEqual([error.request_id, error.retryable], ["id-1", false]);
  });
}
