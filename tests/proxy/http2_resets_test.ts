/** Resets of HTTP/2 streams on their way through the proxy: by whom, with which code, and what is then seen. */
import assert from "node:assert/strict";
import http2 from "node:http2";
import { connectHttp2, startHttp2Origin } from "../support/http2_client.ts";
import { startProxyInProcess, testCertificates } from "../support/start_proxy_in_process.ts";
import { waitFor } from "../support/wait_for.ts";

const {
  NGHTTP2_NO_ERROR,
  NGHTTP2_INTERNAL_ERROR,
  NGHTTP2_REFUSED_STREAM,
  NGHTTP2_CANCEL,
  NGHTTP2_ENHANCE_YOUR_CALM,
  NGHTTP2_HTTP_1_1_REQUIRED,
} = http2.constants;

/** Resets without ending the message first, as `close()` would. */
function reset(stream: http2.ServerHttp2Stream, code: number): void {
  Object.defineProperty(stream, "end", { value: () => stream });
  stream.close(code);
}

/** An origin behind a proxy. `/early/CODE` is reset unanswered, `/late/CODE` after half an answer. */
async function scene() {
  const { trusted } = await testCertificates();
  const resets: number[] = [];
  const origin = await startHttp2Origin(trusted, (stream, headers) => {
    stream.on("aborted", () => resets.push(stream.rstCode ?? 0));
    const [, when, code] = String(headers[":path"]).split("/");
    if (when === "early") return void setTimeout(() => reset(stream, Number(code)), 0);
    if (when === "late") {
      stream.respond({ ":status": 200 });
      stream.write("half an answer", () => reset(stream, Number(code)));
    } else if (when === "whole") {
      stream.respond({ ":status": 200 });
      stream.end("whole");
    } else if (when === "begun") {
      stream.respond({ ":status": 200 });
      stream.write("begun");
    }
  });
  const proxy = await startProxyInProcess();
  const { client } = await connectHttp2(proxy, `localhost:${origin.port}`);
  return {
    origin,
    proxy,
    client,
    resets,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await proxy[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

/** Before an answer: what tells the client what to do goes on, the rest becomes an answer of ours. */
const EARLY: readonly (readonly [name: string, code: number, status: number, seen: number])[] = [
  ["REFUSED_STREAM", NGHTTP2_REFUSED_STREAM, 0, NGHTTP2_REFUSED_STREAM],
  ["ENHANCE_YOUR_CALM", NGHTTP2_ENHANCE_YOUR_CALM, 0, NGHTTP2_ENHANCE_YOUR_CALM],
  ["HTTP_1_1_REQUIRED", NGHTTP2_HTTP_1_1_REQUIRED, 0, NGHTTP2_HTTP_1_1_REQUIRED],
  ["INTERNAL_ERROR", NGHTTP2_INTERNAL_ERROR, 502, NGHTTP2_NO_ERROR],
  ["CANCEL", NGHTTP2_CANCEL, 502, NGHTTP2_NO_ERROR],
  ["NO_ERROR", NGHTTP2_NO_ERROR, 502, NGHTTP2_NO_ERROR],
];

for (const [name, code, status, seen] of EARLY) {
  const told = status === 0 ? "is passed on" : `is a ${status}`;
  Deno.test(`a reset with ${name} before the answer ${told}`, async () => {
    await using at = await scene();
    const answer = await at.client.ask({ ":path": `/early/${code}` });
    assert.deepEqual([answer.status, answer.resetCode], [status, seen]);
    assert.equal((await at.client.ask({ ":path": "/whole" })).body, "whole");
  });
}

Deno.test("a request without a body that the origin refused unread goes again once", async () => {
  await using at = await scene();
  const path = `/early/${NGHTTP2_REFUSED_STREAM}`;
  await at.client.ask({ ":path": path });
  assert.deepEqual(at.origin.paths, [path, path]);
});

/** After half an answer: never by a code that clients take for the proper end. */
const LATE: readonly (readonly [name: string, code: number, seen: number])[] = [
  ["ENHANCE_YOUR_CALM", NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_ENHANCE_YOUR_CALM],
  ["REFUSED_STREAM", NGHTTP2_REFUSED_STREAM, NGHTTP2_REFUSED_STREAM],
  ["INTERNAL_ERROR", NGHTTP2_INTERNAL_ERROR, NGHTTP2_INTERNAL_ERROR],
  ["CANCEL", NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR],
];

for (const [name, code, seen] of LATE) {
  Deno.test(`a reset with ${name} after half an answer is no end of it`, async () => {
    await using at = await scene();
    const answer = await at.client.ask({ ":path": `/late/${code}` });
    assert.deepEqual([answer.status, answer.isReset, answer.resetCode], [200, true, seen]);
    assert.equal((await at.client.ask({ ":path": "/whole" })).body, "whole");
  });
}

for (const path of ["/silent", "/begun"]) {
  Deno.test(`a client's CANCEL reaches the origin as CANCEL: ${path}`, async () => {
    await using at = await scene();
    const stream = at.client.open({ ":method": "POST", ":path": path });
    stream.on("error", () => {});
    stream.write("half a request");
    await waitFor(() => at.origin.received.has(path), { what: "the request" });
    Object.defineProperty(stream, "end", { value: () => stream });
    stream.close(NGHTTP2_CANCEL);
    await waitFor(() => at.resets.length > 0, { what: "the reset" });
    assert.deepEqual(at.resets, [NGHTTP2_CANCEL]);
    assert.equal((await at.client.ask({ ":path": "/whole" })).body, "whole");
  });
}

Deno.test("a client that is gone ends its streams at the origin, and its connection here", async () => {
  await using at = await scene();
  const asked = at.client.ask({ ":method": "POST", ":path": "/silent" }, ["a whole request"]);
  await waitFor(() => at.origin.received.has("/silent"), { what: "the request" });
  at.client[Symbol.dispose]();
  await asked;
  await waitFor(() => at.resets.length > 0, { what: "the reset" });
  await waitFor(() => at.proxy.counters?.activeConnections === 0, {
    what: "the connection to end",
  });
});
