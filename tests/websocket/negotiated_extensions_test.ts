/** What an answer's `Sec-WebSocket-Extensions` agrees on. */
import assert from "node:assert/strict";
import { negotiatedExtensions } from "../../src/websocket/negotiated_extensions.ts";

const kept = { client: "kept", server: "kept" };

const CASES: readonly (readonly [
  reason: string,
  value: string | undefined,
  deflate: unknown,
  unknown: readonly string[],
])[] = [
  ["no field", undefined, undefined, []],
  ["an empty field", "", undefined, []],
  ["plain", "permessage-deflate", kept, []],
  ["other case and blanks", " PerMessage-Deflate ; X=1", kept, []],
  ["the client drops", "permessage-deflate; client_no_context_takeover", {
    ...kept,
    client: "dropped",
  }, []],
  ["the server drops", "permessage-deflate;server_no_context_takeover", {
    ...kept,
    server: "dropped",
  }, []],
  ["window sizes are not read", "permessage-deflate; server_max_window_bits=10", kept, []],
  ["another extension", "x-webkit-deflate-frame, permessage-deflate", kept, [
    "x-webkit-deflate-frame",
  ]],
  [
    "agreed on twice: the first counts",
    "permessage-deflate, permessage-deflate; " +
    "client_no_context_takeover",
    kept,
    [],
  ],
];

for (const [reason, value, deflate, unknown] of CASES) {
  Deno.test(`\`negotiatedExtensions()\` reads: ${reason}`, () => {
    assert.deepEqual(negotiatedExtensions(value), { deflate, unknown });
  });
}
