import assert from "node:assert/strict";
import { WebSocketGuard } from "../../src/proxy/websocket_guard.ts";
import { filterFixture } from "../support/filter_fixture.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { deflateMessage, frameOf, framesIn, messagesIn } from "../support/web_socket_peer.ts";
import { passFrames } from "../support/websocket_filter.ts";

const SECRET = anthropicKey();
const BLOCK = { mode: "block" } as const;

Deno.test("`WebSocketGuard` passes clean messages on, whole and in fragments, cut anywhere", async () => {
  const frames = frameOf("one") + frameOf("tw", { isFinal: false }) +
    frameOf("now", { opcode: 9 }) + frameOf("o", { opcode: 0 });
  for (let at = 0; at <= frames.length; at++) {
    using fixture = await filterFixture(BLOCK);
    const pieces = [frames.slice(0, at), frames.slice(at)];
    const { released, blocked } = await passFrames(WebSocketGuard, fixture.proxy, { pieces });
    assert.equal(blocked, undefined);
    assert.deepEqual(messagesIn(framesIn(released).frames), ["one", "two"], `cut at ${at}`);
    assert.deepEqual(
      framesIn(released).frames.filter(({ opcode }) => opcode === 9).map(({ payload }) => payload),
      ["now"],
    );
  }
});

Deno.test("`WebSocketGuard` lets no byte of a secret go, in whatever frames, and all before it", async () => {
  for (let at = 1; at < SECRET.length; at += 11) {
    using fixture = await filterFixture(BLOCK);
    const pieces = [
      frameOf("before"),
      frameOf(SECRET.slice(0, at), { isFinal: false }),
      frameOf(`${SECRET.slice(at)} `, { opcode: 0 }),
    ];
    const { released, blocked } = await passFrames(WebSocketGuard, fixture.proxy, { pieces });
    assert.equal(blocked?.pattern, "ai_api_key", `cut at ${at}`);
    assert.deepEqual(framesIn(released).frames.map(({ payload }) => payload).join(""), "before");
  }
});

Deno.test("`WebSocketGuard` sends compressed messages on inflated, and stops those it cannot inflate", async () => {
  using fixture = await filterFixture(BLOCK);
  const extensions = "permessage-deflate";
  const clean = frameOf(deflateMessage("so clean"), { reservedBits: 4 });
  const good = await passFrames(WebSocketGuard, fixture.proxy, { pieces: [clean], extensions });
  const { frames } = framesIn(good.released);
  assert.deepEqual([messagesIn(frames), frames[0]?.reservedBits], [["so clean"], 0]);
  const broken = frameOf("not compressed", { reservedBits: 4 });
  const bad = await passFrames(WebSocketGuard, fixture.proxy, { pieces: [broken], extensions });
  assert.equal(bad.blocked?.pattern, "undecodable");
  assert.equal(bad.released, "");
});
