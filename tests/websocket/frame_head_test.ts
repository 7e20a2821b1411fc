/** Heads written and read again, on each boundary of their lengths. */
import assert from "node:assert/strict";
import {
  MAX_FRAME_HEAD_BYTES,
  parseFrameHead,
  serializeFrame,
  serializeFrameHead,
} from "../../src/websocket/frame_head.ts";

const LENGTHS: readonly (readonly [payloadLength: number, headLength: number, bits: number])[] = [
  [0, 2, 7],
  [125, 2, 7],
  [126, 4, 16],
  [127, 4, 16],
  [0xffff, 4, 16],
  [0x1_0000, 10, 64],
  [0xffff_ffff, 10, 64],
  [0x1_0000_0000, 10, 64],
  [Number.MAX_SAFE_INTEGER, 10, 64],
];

for (const [payloadLength, headLength, lengthBits] of LENGTHS) {
  for (const maskingKey of [undefined, Uint8Array.of(1, 2, 3, 4)]) {
    const kind = maskingKey === undefined ? "plain" : "masked";
    Deno.test(`\`parseFrameHead()\` reads a ${kind} length of ${payloadLength}`, () => {
      const head = { isFinal: true, reservedBits: 4, opcode: 2, maskingKey, payloadLength };
      const bytes = serializeFrameHead(head);
      const length = headLength + (maskingKey?.length ?? 0);
      assert.equal(bytes.length, length);
      assert.ok(length <= MAX_FRAME_HEAD_BYTES);
      assert.deepEqual(parseFrameHead(bytes), { ...head, headLength: length, lengthBits });
      for (let end = 0; end < length; end++) {
        assert.equal(parseFrameHead(bytes.subarray(0, end)), undefined);
      }
      const followed = Uint8Array.of(...bytes, 0xff, 0xff);
      assert.deepEqual(parseFrameHead(followed)?.headLength, length);
    });
  }
}

// RFC 6455 §5.7, the examples.
const EXAMPLES = [
  ["an unmasked text message", "810548656c6c6f", undefined],
  ["a masked text message", "818537fa213d7f9f4d5158", "37fa213d"],
] as const;

for (const [reason, hex, key] of EXAMPLES) {
  Deno.test(`\`serializeFrame()\` writes the RFC's example: ${reason}`, () => {
    const maskingKey = key === undefined ? undefined : Uint8Array.from(fromHex(key));
    const frame = serializeFrame(
      { isFinal: true, reservedBits: 0, opcode: 1, maskingKey },
      new TextEncoder().encode("Hello"),
    );
    assert.deepEqual(frame, fromHex(hex));
  });
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
