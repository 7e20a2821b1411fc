/** The frame that ends a WebSocket, as bytes (RFC 6455 §5.5.1, §7.4). */
import { OPCODE, serializeFrame } from "./frame_head.ts";

/** Why a connection is closed. RFC 6455 §7.4.1. */
export const CLOSE_CODE = { policyViolation: 1008 } as const;

/** A control frame carries 125 bytes at most, two of them the code. RFC 6455 §5.5. */
const MAX_REASON_BYTES = 123;

/** What a close frame says. */
export interface CloseFrame {
  readonly code: number;
  /** In ASCII; cut where it is too long. */
  readonly reason: string;
  /** Set by a client; undefined by a server. */
  readonly maskingKey: Uint8Array | undefined;
}

/** Writes a close frame. */
export function serializeClose({ code, reason, maskingKey }: CloseFrame): Uint8Array {
  const text = new TextEncoder().encode(reason).subarray(0, MAX_REASON_BYTES);
  const payload = Uint8Array.of(code >> 8, code & 0xff, ...text);
  return serializeFrame(
    { isFinal: true, reservedBits: 0, opcode: OPCODE.close, maskingKey },
    payload,
  );
}
