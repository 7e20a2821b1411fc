/**
 * One direction of a WebSocket, bytes → frames with their payload unmasked (RFC 6455 §5).
 *
 * Payload is handed out as it arrives and never collected, so a frame of any length costs one small
 * buffer. What RFC 6455 forbids is told as a violation and read on by the letter of its head: an
 * observer must go on where a lenient peer would. There are therefore no errors here.
 *
 * Not done: the text of a message is not checked to be UTF-8, a close frame not to hold a known code.
 *
 * Invariant: the `raw` of all events, in order, is exactly the bytes that were read.
 */
import {
  type FrameHead,
  isControl,
  MAX_FRAME_HEAD_BYTES,
  OPCODE,
  type ParsedFrameHead,
  parseFrameHead,
  RESERVED_BIT_1,
} from "./frame_head.ts";
import { mask } from "./masking.ts";

/** Payload unmasked at a time: small enough to stay in the processor's first caches. */
const MAX_PIECE_BYTES = 16_384;

/** The most that a control frame may carry. RFC 6455 §5.5. */
const MAX_CONTROL_BYTES = 125;

/** From here on a length has its highest bit set. RFC 6455 §5.2. */
const LENGTH_LIMIT = 2 ** 63;

/** What a frame is to the messages of its direction. */
export type FrameRole = "first" | "continuation" | "control";

/** What happened next in the stream. */
export type FrameEvent =
  | {
    readonly kind: "began";
    readonly frame: FrameHead;
    readonly role: FrameRole;
    /** What RFC 6455 forbids of this frame; undefined for a good one. */
    readonly violation: string | undefined;
    /** The bytes of the head, as received. */
    readonly raw: Uint8Array;
  }
  | {
    readonly kind: "payload";
    /** Unmasked, 1 to 16,384 bytes; valid until the next event is asked for. */
    readonly bytes: Uint8Array;
    /** The same bytes as received, a view of what was pushed. */
    readonly raw: Uint8Array;
  }
  | { readonly kind: "ended"; readonly raw: Uint8Array };

/** Whose frames are read, and what was agreed on them. */
export interface FrameReaderOptions {
  /** A client masks every frame and a server none. RFC 6455 §5.1. */
  readonly sender: "client" | "server";
  /** Reserved bits that an extension gave a meaning to, of the first frame of a message. */
  readonly reservedBits: number;
}

const NOTHING = new Uint8Array(0);

/** Reads the frames of one direction. */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  /** The beginning of a head that has not arrived whole. */
  readonly #head = new Uint8Array(MAX_FRAME_HEAD_BYTES);
  #headLength = 0;
  /** The frame whose payload is being read; undefined between frames. */
  #frame: ParsedFrameHead | undefined;
  /** Bytes of its payload that were read. */
  #position = 0;
  #isInMessage = false;
  #unmasked: Uint8Array<ArrayBuffer> = NOTHING;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  /** Reads the next bytes of the stream. Take all events before the next call. */
  *read(bytes: Uint8Array): Generator<FrameEvent, void> {
    let at = 0;
    while (at < bytes.length || this.#frame !== undefined) {
      const frame = this.#frame;
      if (frame === undefined) {
        const carried = this.#headLength;
        const head = this.#readHead(bytes.subarray(at));
        if (head === undefined) return;
        at += head.headLength - carried;
        yield this.#begin(head);
        continue;
      }
      const missing = frame.payloadLength - this.#position;
      if (missing === 0) {
        this.#frame = undefined;
        yield { kind: "ended", raw: NOTHING };
        continue;
      }
      if (at === bytes.length) return;
      const raw = bytes.subarray(at, at + Math.min(missing, MAX_PIECE_BYTES));
      at += raw.length;
      const plain = frame.maskingKey === undefined ? raw : this.#unmask(raw, frame.maskingKey);
      this.#position += raw.length;
      yield { kind: "payload", bytes: plain, raw };
    }
  }

  /** Reads a head that may have begun in an earlier piece; keeps what there is of it. */
  #readHead(bytes: Uint8Array): ParsedFrameHead | undefined {
    const carried = this.#headLength;
    const taken = Math.min(bytes.length, MAX_FRAME_HEAD_BYTES - carried);
    this.#head.set(bytes.subarray(0, taken), carried);
    const head = parseFrameHead(this.#head.subarray(0, carried + taken));
    this.#headLength = head === undefined ? carried + taken : 0;
    return head;
  }

  #begin(frame: ParsedFrameHead): FrameEvent {
    const role = isControl(frame)
      ? "control"
      : frame.opcode === OPCODE.continuation
      ? "continuation"
      : "first";
    const violation = this.#violation(frame, role);
    this.#frame = frame;
    this.#position = 0;
    if (role !== "control") this.#isInMessage = !frame.isFinal;
    return {
      kind: "began",
      frame,
      role,
      violation,
      raw: this.#head.slice(0, frame.headLength),
    };
  }

  /** What is wrong with a frame, the gravest first: what may hide its content from a scanner. */
  #violation(frame: ParsedFrameHead, role: FrameRole): string | undefined {
    const { opcode, payloadLength, lengthBits, maskingKey } = frame;
    const { sender, reservedBits } = this.#options;
    if (payloadLength >= LENGTH_LIMIT) return "a length of 2^63 or more";
    const known = role === "first" ? reservedBits : 0;
    if ((frame.reservedBits & ~known) !== 0) {
      return frame.reservedBits === RESERVED_BIT_1 && reservedBits !== 0
        ? "a compression bit elsewhere than at the start of a message"
        : "a reserved bit that no known extension uses";
    }
    if (opcode > (role === "control" ? OPCODE.pong : OPCODE.binary)) {
      return `the reserved opcode 0x${opcode.toString(16)}`;
    }
    if (role === "first" && this.#isInMessage) return "a new message within a message";
    if (role === "continuation" && !this.#isInMessage) return "a continuation of no message";
    if (role === "control" && !frame.isFinal) return "a control frame in fragments";
    if (role === "control" && payloadLength > MAX_CONTROL_BYTES) return "a long control frame";
    if (sender === "client" && maskingKey === undefined) return "a client's frame without a mask";
    if (sender === "server" && maskingKey !== undefined) return "an origin's frame with a mask";
    const isShortest = lengthBits === 7 ||
      (lengthBits === 16 ? payloadLength > 125 : payloadLength > 0xffff);
    return isShortest ? undefined : "a length that is not in its shortest form";
  }

  #unmask(raw: Uint8Array, maskingKey: Uint8Array): Uint8Array {
    if (this.#unmasked.length < raw.length) {
      // In whole words; a quiet connection keeps a small one.
      const words = Math.ceil(Math.min(raw.length * 2, MAX_PIECE_BYTES) / 4);
      this.#unmasked = new Uint8Array(words * 4);
    }
    return mask(raw, { maskingKey, position: this.#position, into: this.#unmasked });
  }
}
