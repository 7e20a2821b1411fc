import assert from "node:assert/strict";
import { HeaderList } from "../../src/http1/header_list.ts";
import { headerObject, parseHeaderBlock, readHeaderBlock } from "../../src/http2/header_block.ts";

Deno.test("`parseHeaderBlock()` tells pseudo-headers from fields and keeps order and repeats", () => {
  const { pseudo, headers } = parseHeaderBlock([
    ":status",
    "200",
    "set-cookie",
    "a=1",
    "x",
    "y",
    "set-cookie",
    "b=2",
  ]);
  assert.deepEqual([...pseudo], [[":status", "200"]]);
  assert.deepEqual(headers.entries, [["set-cookie", "a=1"], ["x", "y"], ["set-cookie", "b=2"]]);
});

Deno.test("`readHeaderBlock()` reads an object of lists where there is no flat list", () => {
  const { headers } = readHeaderBlock({ "set-cookie": ["a=1", "b=2"], x: "y" }, undefined);
  assert.deepEqual(headers.entries, [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x", "y"]]);
});

Deno.test("`headerObject()` leaves out what concerns one connection", () => {
  const headers = HeaderList.from([
    ["Connection", "keep-alive"],
    ["Keep-Alive", "timeout=5"],
    ["Transfer-Encoding", "chunked"],
    ["Upgrade", "websocket"],
    ["TE", "gzip"],
    ["X-Kept", "1"],
    ["x-kept", "2"],
  ]);
  assert.deepEqual(headerObject({ ":status": "200" }, headers), {
    ":status": "200",
    "x-kept": ["1", "2"],
  });
});

Deno.test("`headerObject()` keeps `te: trailers`, which gRPC needs", () => {
  assert.deepEqual(headerObject({}, HeaderList.from([["TE", "trailers"]])), { te: "trailers" });
});
