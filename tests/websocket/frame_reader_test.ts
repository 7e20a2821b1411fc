/** The frames of one direction, however the bytes arrive. What was read is never lost or changed. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { OPCODE, RESERVED_BIT_1, serializeFrameHead } from "../../src/websocket/frame_head.ts";
import { FrameReader, type FrameReaderOptions } from "../../src/websocket/frame_reader.ts";
import { bytesOf } from "../support/latin1_bytes.ts";
import { latin1 } from "../support/stream_pair.ts";
import { frameOf } from "../support/web_socket_peer.ts";

const CLIENT: FrameReaderOptions = { sender: "client", reservedBits: RESERVED_BIT_1 };
const UNMASKED = { maskingKey: undefined } as const;

/** What is read of `text` cut at `cuts`: each frame as `role:opcode:payload[ !violation]`. */
function read(text: string, cuts: readonly number[], options: FrameReaderOptions) {
  const reader = new FrameReader(options);
  const frames: string[] = [];
  let raw = "";
  let open = "";
  let violations: string | undefined;
  const ends = [...cuts, text.length];
  for (let index = 0, from = 0; index < ends.length; from = ends[index++]!) {
    for (const event of reader.read(bytesOf(text.slice(from, ends[index]!)))) {
      raw += latin1(event.raw);
      if (event.kind === "began") {
        open = `${event.role}:${event.frame.opcode}:`;
        violations = event.violation;
      } else if (event.kind === "payload") open += latin1(event.bytes);
      else frames.push(violations === undefined ? open : `${open} !${violations}`);
    }
  }
  return { frames, raw };
}

const head = (payloadLength: number, bits: readonly number[]) =>
  latin1(Uint8Array.of(0x82, ...bits)) + "a".repeat(payloadLength);

const CASES: readonly {
  readonly reason: string;
  readonly sent: string;
  readonly frames: readonly string[];
  readonly options?: FrameReaderOptions;
}[] = [
  { reason: "one message", sent: frameOf("hello"), frames: ["first:1:hello"] },
  { reason: "an empty message", sent: frameOf(""), frames: ["first:1:"] },
  {
    reason: "a ping between two fragments",
    sent: frameOf("he", { isFinal: false }) + frameOf("?", { opcode: OPCODE.ping }) +
      frameOf("llo", { opcode: OPCODE.continuation }) + frameOf("next"),
    frames: ["first:1:he", "control:9:?", "continuation:0:llo", "first:1:next"],
  },
  {
    reason: "a compressed message",
    sent: frameOf("x", { reservedBits: RESERVED_BIT_1 }),
    frames: ["first:1:x"],
  },
  {
    reason: "a compression bit on a continuation",
    sent: frameOf("a", { isFinal: false }) +
      frameOf("b", { opcode: 0, reservedBits: RESERVED_BIT_1 }),
    frames: [
      "first:1:a",
      "continuation:0:b !a compression bit elsewhere than at the start of a message",
    ],
  },
  {
    reason: "a reserved bit that nobody agreed on",
    sent: frameOf("a", { reservedBits: RESERVED_BIT_1 }),
    options: { sender: "client", reservedBits: 0 },
    frames: ["first:1:a !a reserved bit that no known extension uses"],
  },
  {
    reason: "a reserved data opcode",
    sent: frameOf("a", { opcode: 0x3 }),
    frames: ["first:3:a !the reserved opcode 0x3"],
  },
  {
    reason: "a reserved control opcode",
    sent: frameOf("a", { opcode: 0xb }),
    frames: ["control:11:a !the reserved opcode 0xb"],
  },
  {
    reason: "a message within a message",
    sent: frameOf("a", { isFinal: false }) + frameOf("b"),
    frames: ["first:1:a", "first:1:b !a new message within a message"],
  },
  {
    reason: "a continuation of nothing",
    sent: frameOf("b", { opcode: 0 }),
    frames: ["continuation:0:b !a continuation of no message"],
  },
  {
    reason: "a fragmented ping",
    sent: frameOf("b", { opcode: OPCODE.ping, isFinal: false }),
    frames: ["control:9:b !a control frame in fragments"],
  },
  {
    reason: "a control frame of 125 bytes",
    sent: frameOf("b".repeat(125), { opcode: OPCODE.ping }),
    frames: [`control:9:${"b".repeat(125)}`],
  },
  {
    reason: "a control frame of 126 bytes",
    sent: frameOf("b".repeat(126), { opcode: OPCODE.ping }),
    frames: [`control:9:${"b".repeat(126)} !a long control frame`],
  },
  {
    reason: "a client that does not mask",
    sent: frameOf("b", UNMASKED),
    frames: ["first:1:b !a client's frame without a mask"],
  },
  {
    reason: "an origin that masks",
    sent: frameOf("b"),
    options: { sender: "server", reservedBits: 0 },
    frames: ["first:1:b !an origin's frame with a mask"],
  },
  {
    reason: "a 16-bit length of 125",
    sent: head(125, [126, 0, 125]),
    options: { sender: "server", reservedBits: 0 },
    frames: [`first:2:${"a".repeat(125)} !a length that is not in its shortest form`],
  },
  {
    reason: "a 16-bit length of 126",
    sent: head(126, [126, 0, 126]),
    options: { sender: "server", reservedBits: 0 },
    frames: [`first:2:${"a".repeat(126)}`],
  },
  {
    reason: "a 64-bit length of 1",
    sent: head(1, [127, 0, 0, 0, 0, 0, 0, 0, 1]),
    options: { sender: "server", reservedBits: 0 },
    frames: ["first:2:a !a length that is not in its shortest form"],
  },
];

for (const { reason, sent, frames, options = CLIENT } of CASES) {
  Deno.test(`\`FrameReader\` reads whole, byte by byte and with bytes behind it: ${reason}`, () => {
    const everyByte = Array.from({ length: sent.length }, (_, at) => at);
    for (const cuts of [[], everyByte]) {
      const result = read(sent, cuts, options);
      assert.deepEqual(result.frames, frames);
      assert.equal(result.raw, sent);
    }
    assert.deepEqual(read(`${sent}\x81`, [], options).frames, frames);
  });
}

Deno.test("`FrameReader` finds the highest bit of a length set", () => {
  const bytes = latin1(Uint8Array.of(0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0)) + "a";
  const reader = new FrameReader({ sender: "server", reservedBits: 0 });
  const [began] = [...reader.read(bytesOf(bytes))];
  assert.equal(began?.kind === "began" ? began.violation : "", "a length of 2^63 or more");
});

Deno.test("`FrameReader` hands on the payload of a frame that never ends", () => {
  const head = serializeFrameHead({
    isFinal: true,
    reservedBits: 0,
    opcode: OPCODE.binary,
    maskingKey: undefined,
    payloadLength: 2 ** 50,
  });
  const reader = new FrameReader({ sender: "server", reservedBits: 0 });
  let length = 0;
  for (const piece of [head, new Uint8Array(100_000), new Uint8Array(50_000)]) {
    for (const event of reader.read(piece)) {
      if (event.kind !== "payload") continue;
      assert.ok(event.bytes.length <= 16_384);
      length += event.bytes.length;
    }
  }
  assert.equal(length, 150_000);
});

Deno.test("`FrameReader` gives back every byte of any input, wherever it is cut", () => {
  const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 8 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), cuts, (bytes, cuts) => {
      const text = latin1(bytes);
      const at = cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b);
      const whole = read(text, [], CLIENT);
      const parts = read(text, at, CLIENT);
      assert.deepEqual(parts.frames, whole.frames);
      assert.ok(text.startsWith(whole.raw));
      // Only an unfinished head waits.
      assert.ok(text.length - whole.raw.length < 14);
    }),
    { numRuns: 300 },
  );
});
