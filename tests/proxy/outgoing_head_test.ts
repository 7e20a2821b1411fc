import assert from "node:assert/strict";
import { type HeaderEntry, HeaderList } from "../../src/http1/header_list.ts";
import type { RequestHead, ResponseHead } from "../../src/http1/message_head.ts";
import {
  acceptedUpgrade,
  outgoingAnswer,
  outgoingInterim,
  outgoingRequest,
  outgoingUpgrade,
  requestedUpgrade,
} from "../../src/proxy/outgoing_head.ts";

const ORIGIN = { scheme: "http", host: "a.example", port: 80 } as const;

function request(target: string, ...fields: readonly HeaderEntry[]): RequestHead {
  return { method: "POST", target, version: "1.1", headers: HeaderList.from(fields) };
}

function answer(...fields: readonly HeaderEntry[]): ResponseHead {
  return { version: "1.0", status: 200, reason: "OK", headers: HeaderList.from(fields) };
}

function lines({ headers }: RequestHead | ResponseHead): string[] {
  return headers.entries.map(([name, value]) => `${name}: ${value}`);
}

Deno.test("`outgoingRequest()` takes its Host from an absolute target, in place", () => {
  const head = request("http://a.example/x", ["X", "1"], ["host", "b.example"], ["Y", "2"]);
  const sent = outgoingRequest(head, { origin: ORIGIN, path: "/x", framing: "bare" });
  assert.deepEqual([sent.target, sent.version], ["/x", "1.1"]);
  assert.deepEqual(lines(sent), ["X: 1", "Host: a.example", "Y: 2"]);
});

Deno.test("`outgoingRequest()` keeps the Host of an origin-form request, and adds one to HTTP/1.0", () => {
  const options = { origin: { ...ORIGIN, port: 8080 }, path: "/", framing: "bare" } as const;
  assert.deepEqual(lines(outgoingRequest(request("/", ["Host", "A.example:8080"]), options)), [
    "Host: A.example:8080",
  ]);
  assert.deepEqual(lines(outgoingRequest(request("/"), options)), ["Host: a.example:8080"]);
  const six = { ...options, origin: { scheme: "https", host: "::1", port: 443 } as const };
  assert.deepEqual(lines(outgoingRequest(request("/"), six)), ["Host: [::1]"]);
});

Deno.test("`outgoingRequest()` announces chunks in place of a length", () => {
  const head = request("/", ["Host", "a"], ["Content-Length", "5"], ["Connection", "close"]);
  const sent = outgoingRequest(head, { origin: ORIGIN, path: "/", framing: "chunked" });
  assert.deepEqual(lines(sent), ["Host: a", "Transfer-Encoding: chunked"]);
});

const UPGRADES: readonly (readonly [string, readonly HeaderEntry[], string | undefined])[] = [
  ["asked for", [["Connection", "keep-alive, Upgrade"], ["Upgrade", "websocket"]], "websocket"],
  ["not nominated", [["Upgrade", "websocket"]], undefined],
  ["nominated and missing", [["Connection", "Upgrade"]], undefined],
  ["h2c", [["Connection", "Upgrade"], ["Upgrade", "h2c"]], undefined],
  ["H2C in a list", [["Connection", "upgrade"], ["Upgrade", "a/1, H2C ,b"]], "a/1, b"],
  ["h2c in a field of its own", [
    ["Connection", "upgrade"],
    ["Upgrade", "a"],
    ["Upgrade", "h2c"],
  ], "a"],
];

for (const [reason, fields, expected] of UPGRADES) {
  Deno.test(`\`requestedUpgrade()\`: ${reason} → ${expected}`, () => {
    assert.equal(requestedUpgrade(request("/", ...fields)), expected);
    const old = { ...request("/", ...fields), version: "1.0" } as const;
    assert.equal(requestedUpgrade(old), undefined);
  });
}

const CHOSEN: readonly (readonly [string, string, string | undefined])[] = [
  ["the one asked for", "websocket", "websocket"],
  ["in another case", "WebSocket", "WebSocket"],
  ["another", "other", undefined],
  ["two at once", "websocket, a", undefined],
  ["none", "", undefined],
];

for (const [reason, chosen, expected] of CHOSEN) {
  Deno.test(`\`acceptedUpgrade()\`: ${reason} → ${expected}`, () => {
    const asked = request("/", ["Connection", "Upgrade"], ["Upgrade", "websocket, a"]);
    assert.equal(acceptedUpgrade(asked, answer(["Upgrade", chosen])), expected);
  });
}

Deno.test("`outgoingUpgrade()` says what the connection changes to", () => {
  const head = answer(["Connection", "Upgrade"], ["Upgrade", "x"], ["Sec-X", "1"]);
  assert.deepEqual(lines(outgoingUpgrade(head, "x")), [
    "Sec-X: 1",
    "Connection: Upgrade",
    "Upgrade: x",
  ]);
});

Deno.test("`outgoingInterim()` is HTTP/1.1 without the origin's hop and ways around the proxy", () => {
  const sent = outgoingInterim(answer(["Keep-Alive", "5"], ["Alt-Svc", "h3"], ["Link", "x"]));
  assert.deepEqual([sent.version, lines(sent)], ["1.1", ["Link: x"]]);
});

const ANSWERS: readonly (readonly [
  string,
  HeaderEntry,
  Parameters<typeof outgoingAnswer>[1],
  readonly string[],
])[] = [
  ["a length stays", ["Content-Length", "5"], {
    requestVersion: "1.1",
    received: { kind: "length", length: 5 },
    framing: "bare",
    after: "keep",
  }, ["Content-Length: 5"]],
  ["chunks for a length", ["Content-Length", "5"], {
    requestVersion: "1.1",
    received: { kind: "length", length: 5 },
    framing: "chunked",
    after: "keep",
  }, ["Transfer-Encoding: chunked"]],
  ["an end for a length that may change", ["Content-Length", "5"], {
    requestVersion: "1.0",
    received: { kind: "length", length: 5 },
    framing: "until_close",
    after: "close",
  }, ["Connection: close"]],
  ["HEAD names the chunks there would be", ["Transfer-Encoding", "chunked"], {
    requestVersion: "1.1",
    received: { kind: "none" },
    framing: "bare",
    after: "keep",
  }, ["Transfer-Encoding: chunked"]],
  ["but not to HTTP/1.0", ["Transfer-Encoding", "chunked"], {
    requestVersion: "1.0",
    received: { kind: "none" },
    framing: "bare",
    after: "close",
  }, ["Connection: close"]],
];

for (const [reason, field, options, expected] of ANSWERS) {
  Deno.test(`\`outgoingAnswer()\`: ${reason}`, () => {
    assert.deepEqual(lines(outgoingAnswer(answer(field), options)), expected);
  });
}
