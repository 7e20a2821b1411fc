/** The frame that ends a WebSocket. */
import assert from "node:assert/strict";
import { CLOSE_CODE, serializeClose } from "../../src/websocket/close_frame.ts";
import { latin1 } from "../support/stream_pair.ts";
import { framesIn } from "../support/web_socket_peer.ts";

Deno.test("`serializeClose()` writes code and reason, masked for an origin", () => {
  for (const maskingKey of [undefined, Uint8Array.of(1, 2, 3, 4)]) {
    const bytes = serializeClose({ code: CLOSE_CODE.policyViolation, reason: "no", maskingKey });
    const { frames: [frame], rest } = framesIn(latin1(bytes));
    assert.deepEqual(frame, {
      isFinal: true,
      reservedBits: 0,
      opcode: 0x8,
      isMasked: maskingKey !== undefined,
      payload: "\x03\xf0no",
    });
    assert.equal(rest, "");
  }
});

Deno.test("`serializeClose()` cuts a reason that a control frame has no room for", () => {
  const bytes = serializeClose({ code: 1008, reason: "x".repeat(500), maskingKey: undefined });
  assert.equal(bytes.length, 2 + 125);
});
