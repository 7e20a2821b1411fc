import assert from "node:assert/strict";
import { WebSocketTap } from "../../src/proxy/websocket_tap.ts";
import { filterFixture } from "../support/filter_fixture.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { deflateMessage, frameOf } from "../support/web_socket_peer.ts";
import { passFrames } from "../support/websocket_filter.ts";

const SECRET = anthropicKey();
const FRAGMENTS = frameOf(SECRET.slice(0, 30), { isFinal: false }) +
  frameOf(SECRET.slice(30), { opcode: 0 });

const FRAMES: readonly (readonly [name: string, frames: string, extensions?: string])[] = [
  ["whole", frameOf(SECRET)],
  ["in fragments", FRAGMENTS],
  ["in a ping", frameOf(SECRET.slice(0, 120), { opcode: 9 })],
  ["compressed", frameOf(deflateMessage(SECRET), { reservedBits: 4 }), "permessage-deflate"],
];

for (const [name, frames, extensions] of FRAMES) {
  Deno.test(`\`WebSocketTap\` changes nothing and finds a secret ${name}, byte by byte too`, async () => {
    for (const pieces of [[frames], [...frames]]) {
      using fixture = await filterFixture({ mode: "monitor" });
      const options = { pieces, ...(extensions === undefined ? {} : { extensions }) };
      const { released, blocked } = await passFrames(WebSocketTap, fixture.proxy, options);
      assert.deepEqual([released === frames, blocked], [true, undefined]);
      assert.deepEqual(fixture.threats.map(({ pattern }) => pattern), ["ai_api_key"]);
    }
  });
}

Deno.test("`WebSocketTap` passes on what breaks the rules, counts it and warns once", async () => {
  using fixture = await filterFixture({ mode: "monitor" });
  const broken = frameOf("not compressed", { reservedBits: 4 });
  const pieces = [broken, broken];
  const { released } = await passFrames(WebSocketTap, fixture.proxy, {
    pieces,
    extensions: "permessage-deflate",
  });
  assert.equal(released, broken + broken);
  assert.ok(fixture.proxy.counters.undecodable > 0);
  assert.equal(fixture.log.filter((line) => line.includes("WebSocket message")).length, 1);
});
