/**
 * WebSocket frame heads: bytes ⇄ values (RFC 6455 §5.2).
 *
 * ```
 * FIN RSV1-3 opcode | MASK length-7 | length-16 or length-64 | masking key | payload …
 * ```
 *
 * Only the shape is read here: every two to fourteen bytes are a head. What a head may say is judged
 * by `frame_reader.ts`.
 */

import { mask, MASKING_KEY_BYTES } from "./masking.ts";

/** Two bytes, eight of length, four of masking key. */
export const MAX_FRAME_HEAD_BYTES = 14;

/** What a frame is. RFC 6455 §11.8. */
export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** RSV1, the bit that permessage-deflate sets on a compressed message. RFC 7692 §6. */
export const RESERVED_BIT_1 = 0x4;

const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** The head of one frame. */
export interface FrameHead {
  readonly isFinal: boolean;
  /** RSV1, RSV2 and RSV3 as the bits 0x4, 0x2 and 0x1. */
  readonly reservedBits: number;
  /** 0x0 to 0xf; from 0x8 on it is a control frame. */
  readonly opcode: number;
  /** The four bytes of the masking key; undefined where the payload is not masked. */
  readonly maskingKey: Uint8Array | undefined;
  /** Bytes; above 2^53 no longer exact, and more than ever arrives. */
  readonly payloadLength: number;
}

/** A head as it was read. */
export interface ParsedFrameHead extends FrameHead {
  /** Bytes the head took. */
  readonly headLength: number;
  /** Bits the length was written in. */
  readonly lengthBits: 7 | 16 | 64;
}

/** Whether a frame stands by itself, within or between the frames of a message. RFC 6455 §5.5. */
export function isControl({ opcode }: FrameHead): boolean {
  return opcode >= 0x8;
}

/** Reads the head that `bytes` begins with; `undefined` means that more bytes are needed. */
export function parseFrameHead(bytes: Uint8Array): ParsedFrameHead | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes[0]!;
  const second = bytes[1]!;
  const short = second & 0x7f;
  const lengthBits = short < LENGTH_16 ? 7 : short === LENGTH_16 ? 16 : 64;
  const lengthEnd = lengthBits === 7 ? 2 : 2 + lengthBits / 8;
  const isMasked = (second & 0x80) !== 0;
  const headLength = lengthEnd + (isMasked ? MASKING_KEY_BYTES : 0);
  if (bytes.length < headLength) return undefined;
  return {
    isFinal: (first & 0x80) !== 0,
    reservedBits: first >> 4 & 0x7,
    opcode: first & 0xf,
    maskingKey: isMasked ? bytes.slice(lengthEnd, headLength) : undefined,
    payloadLength: lengthBits === 7 ? short : bigEndian(bytes, lengthEnd),
    headLength,
    lengthBits,
  };
}

/** Writes a head, its length in the shortest form. */
export function serializeFrameHead(head: FrameHead): Uint8Array {
  const { payloadLength, maskingKey } = head;
  const lengthBytes = payloadLength < LENGTH_16 ? 0 : payloadLength < 0x1_0000 ? 2 : 8;
  const bytes = new Uint8Array(2 + lengthBytes + (maskingKey?.length ?? 0));
  bytes[0] = (head.isFinal ? 0x80 : 0) | head.reservedBits << 4 | head.opcode;
  const short = lengthBytes === 0 ? payloadLength : lengthBytes === 2 ? LENGTH_16 : LENGTH_64;
  bytes[1] = (maskingKey === undefined ? 0 : 0x80) | short;
  let rest = payloadLength;
  for (let at = 1 + lengthBytes; at > 1; at--) {
    bytes[at] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  if (maskingKey !== undefined) bytes.set(maskingKey, 2 + lengthBytes);
  return bytes;
}

/** Writes a frame: its head and `payload`, which is masked here where the head has a key. */
export function serializeFrame(
  head: Omit<FrameHead, "payloadLength">,
  payload: Uint8Array,
): Uint8Array {
  const { maskingKey } = head;
  const start = serializeFrameHead({ ...head, payloadLength: payload.length });
  const frame = new Uint8Array(start.length + payload.length);
  frame.set(start);
  const masked = maskingKey === undefined ? payload : mask(payload, {
    maskingKey,
    position: 0,
    into: new Uint8Array(payload.length + MASKING_KEY_BYTES - 1),
  });
  frame.set(masked, start.length);
  return frame;
}

/** Reads the number in the bytes from 2 to `end`. */
function bigEndian(bytes: Uint8Array, end: number): number {
  let value = 0;
  for (let at = 2; at < end; at++) value = value * 0x100 + bytes[at]!;
  return value;
}
