/** Both ends of a WebSocket for tests, frame by frame: what a test says is what goes over the wire. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { constants, createDeflateRaw, deflateRawSync } from "node:zlib";
import { OPCODE, parseFrameHead, serializeFrame } from "../../src/websocket/frame_head.ts";
import { mask } from "../../src/websocket/masking.ts";
import type { RawClient } from "./raw_client.ts";
import type { RawConnection } from "./start_origin.ts";
import { bytesOf } from "./latin1_bytes.ts";
import { latin1 } from "./stream_pair.ts";

/** RFC 6455 §1.3. */
const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const HANDSHAKE_KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** One frame to be sent; by default a whole text message, masked as a client has to. */
export interface SentFrame {
  readonly isFinal?: boolean;
  readonly reservedBits?: number;
  readonly opcode?: number;
  /** @default {CLIENT_KEY}; undefined: not masked */
  readonly maskingKey?: Uint8Array | undefined;
}

/** A frame that was received; the payload unmasked, latin1. */
export interface ReceivedFrame {
  readonly isFinal: boolean;
  readonly reservedBits: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: string;
}

/** A masking key that hides nothing by chance. */
export const CLIENT_KEY = Uint8Array.of(0x9a, 0x01, 0xfe, 0x5c);

/** Makes the request that begins a WebSocket. `target` is absolute for a proxy. */
export function handshakeRequest(target: string, host: string, extensions?: string): string {
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${HANDSHAKE_KEY}`,
    ...(extensions === undefined ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Makes the answer to `request`; grants `extensions`. */
export function handshakeAnswer(request: string, extensions?: string): string {
  const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1] ?? "";
  const accept = createHash("sha1").update(key + HANDSHAKE_GUID).digest("base64");
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    "Upgrade: websocket",
    `Sec-WebSocket-Accept: ${accept}`,
    ...(extensions === undefined ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Plays an origin's part of the handshake; resolves when the WebSocket stands. */
export async function acceptWebSocket(
  connection: RawConnection,
  extensions?: string,
): Promise<void> {
  await connection.readUntil("\r\n\r\n");
  await connection.write(handshakeAnswer(connection.received, extensions));
}

/** Makes a frame; latin1. */
export function frameOf(payload: string | Uint8Array, sent: SentFrame = {}): string {
  const { isFinal = true, reservedBits = 0, opcode = OPCODE.text } = sent;
  const maskingKey = "maskingKey" in sent ? sent.maskingKey : CLIENT_KEY;
  const bytes = typeof payload === "string" ? bytesOf(payload) : payload;
  return latin1(serializeFrame({ isFinal, reservedBits, opcode, maskingKey }, bytes));
}

/** Takes the frames apart that `text` (latin1) begins with; an unfinished one is left. */
export function framesIn(text: string): { readonly frames: ReceivedFrame[]; rest: string } {
  const frames: ReceivedFrame[] = [];
  let bytes = bytesOf(text);
  while (true) {
    const head = parseFrameHead(bytes);
    if (head === undefined || bytes.length < head.headLength + head.payloadLength) break;
    const { headLength, payloadLength, maskingKey, isFinal, reservedBits, opcode } = head;
    const masked = bytes.subarray(headLength, headLength + payloadLength);
    const payload = maskingKey === undefined ? masked : mask(masked, {
      maskingKey,
      position: 0,
      into: new Uint8Array((payloadLength + 7) & ~3),
    });
    const isMasked = maskingKey !== undefined;
    frames.push({ isFinal, reservedBits, opcode, isMasked, payload: latin1(payload) });
    bytes = bytes.subarray(headLength + payloadLength);
  }
  return { frames, rest: latin1(bytes) };
}

/** Joins the fragments of all data messages that are complete. */
export function messagesIn(frames: readonly ReceivedFrame[]): readonly string[] {
  const messages: string[] = [];
  let open = "";
  for (const { opcode, payload, isFinal } of frames) {
    if (opcode >= OPCODE.close) continue;
    open += payload;
    if (!isFinal) continue;
    messages.push(open);
    open = "";
  }
  return messages;
}

/** Reads one frame as a client. */
export async function readFrame(client: RawClient): Promise<ReceivedFrame> {
  let text = "";
  while (true) {
    const { frames: [frame] } = framesIn(text);
    if (frame !== undefined) return frame;
    text += await client.readBytes(1);
  }
}

/** Compresses one message as RFC 7692 §7.2.1 has it, with an empty window. */
export function deflateMessage(text: string): Uint8Array {
  const compressed = deflateRawSync(bytesOf(text), { finishFlush: constants.Z_SYNC_FLUSH });
  return new Uint8Array(compressed.subarray(0, -4));
}

/** Compresses messages one after the other with one window: context takeover. */
export async function deflateMessages(texts: readonly string[]): Promise<readonly Uint8Array[]> {
  const stream = createDeflateRaw();
  const messages: Uint8Array[] = [];
  for (const text of texts) {
    const pieces: Uint8Array[] = [];
    const collect = (piece: Uint8Array) => pieces.push(piece);
    stream.on("data", collect);
    stream.write(bytesOf(text));
    await new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, resolve));
    stream.off("data", collect);
    messages.push(new Uint8Array(Buffer.concat(pieces).subarray(0, -4)));
  }
  stream.destroy();
  return messages;
}
