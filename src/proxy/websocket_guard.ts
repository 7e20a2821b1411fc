/**
 * Scans the messages of one direction of a WebSocket as they pass, in block mode: what could still
 * become a match waits (`hold_back.ts`).
 *
 * Messages are framed anew: what is released at a time becomes a frame, so that the stream always
 * stands between two frames and can be closed properly at any point. A message that arrives whole,
 * and clean, goes on in one frame. Compressed messages go on inflated, as any message may
 * (RFC 7692 §6): what the receiver can read is then exactly what was released.
 */
import { ByteQueue } from "../http1/byte_queue.ts";
import { RawInflater } from "../scan/raw_inflater.ts";
import { type FrameHead, OPCODE, RESERVED_BIT_1, serializeFrame } from "../websocket/frame_head.ts";
import {
  type MessageEnd,
  type MessageHandler,
  type MessageHead,
  MessageReader,
} from "../websocket/message_reader.ts";
import { BlockedError } from "./blocked_error.ts";
import type { Exchange } from "./exchange.ts";
import type { BodyFilter } from "./pass_body.ts";
import type { Proxy } from "./proxy.ts";
import { FlawLog, messageFilter, senderOf, type WebSocketFilterOptions } from "./websocket_tap.ts";

/** Text that was released and waits for the end of the read: then it becomes a frame anyway. */
const MAX_WAITING_BYTES = 65_536;

/** The most that a control frame may carry. RFC 6455 §5.5. */
const MAX_CONTROL_BYTES = 125;

const NOTHING = new Uint8Array(0);

/** Guards one direction on behalf of the exchange that became a WebSocket. */
export class WebSocketGuard implements BodyFilter {
  readonly #reader: MessageReader;
  /** Frames that may go on. */
  readonly #out = new ByteQueue();
  /** Set once a message was stopped: nothing goes on any more. */
  #stopped: BlockedError | undefined;
  /** The newest data message: what it has released goes on before a control frame does. */
  #data: GuardedMessage | undefined;

  constructor(proxy: Proxy, exchange: Exchange, options: WebSocketFilterOptions) {
    const { direction, extensions } = options;
    const flaws = new FlawLog(proxy, exchange, direction);
    const refuse = () => {
      throw exchange.block({ pattern: "undecodable", location: "websocket", direction });
    };
    this.#reader = new MessageReader({
      sender: senderOf(direction),
      extensions,
      createInflater: () => new RawInflater(),
      onMessage: (head) => {
        this.#data?.flush();
        const message = new GuardedMessage(head, {
          filter: messageFilter(proxy, exchange, direction),
          out: this.#out,
          onFlawed: (end) => {
            flaws.note(end);
            // What cannot be inflated cannot go on inflated, whatever the settings say.
            if (end.kind === "unreadable" || proxy.config.onScanError === "block") refuse();
          },
        });
        if (head.kind === "data") this.#data = message;
        return message;
      },
    });
  }

  /** Messages before one that is stopped, in the same read, still go on: `settle()` stops then. */
  async push(bytes: Uint8Array): Promise<Uint8Array> {
    try {
      await this.#reader.read(bytes);
      this.#data?.flush();
    } catch (error) {
      if (!(error instanceof BlockedError)) throw error;
      this.#stopped = error;
    }
    // A copy: the queue is filled again before these have been written.
    return this.#out.take(this.#out.length).slice();
  }

  /** @throws {BlockedError} */
  settle(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
  }

  async end(): Promise<void> {
    await this.#reader.end();
  }

  close(): void {
    this.#reader.close();
  }
}

interface GuardedMessageOptions {
  readonly filter: BodyFilter;
  readonly out: ByteQueue;
  /** Called for a message that is not as it should be. @throws to stop it */
  readonly onFlawed: (end: MessageEnd) => void;
}

class GuardedMessage implements MessageHandler {
  readonly #head: MessageHead;
  readonly #options: GuardedMessageOptions;
  /** Released, and not in a frame yet. */
  readonly #waiting = new ByteQueue();
  /** As the sender began the message; undefined before that. */
  #firstFrame: FrameHead | undefined;
  #maskingKey: Uint8Array | undefined;
  #hasFrames = false;

  constructor(head: MessageHead, options: GuardedMessageOptions) {
    this.#head = head;
    this.#options = options;
  }

  frame(frame: FrameHead, violation: string | undefined): void {
    this.#firstFrame ??= frame;
    this.#maskingKey = frame.maskingKey;
    if (violation === undefined) return;
    this.#options.onFlawed({ kind: "complete", flaw: violation, unreadBytes: 0 });
  }

  async text(bytes: Uint8Array): Promise<void> {
    this.#waiting.append(await this.#options.filter.push(bytes));
    if (this.#waiting.length >= MAX_WAITING_BYTES) this.flush();
  }

  async end(end: MessageEnd): Promise<void> {
    const { filter } = this.#options;
    if (end.kind === "cut_off") {
      // What was held is part of no message, and goes nowhere.
      filter.close();
      return;
    }
    if (end.kind === "unreadable") this.#options.onFlawed(end);
    this.#waiting.append(await filter.end() ?? NOTHING);
    this.#emit("final");
  }

  /** Makes a frame of what is waiting, if the message may be in several. */
  flush(): void {
    if (this.#head.kind === "data" && this.#waiting.length > 0) this.#emit("more");
  }

  #emit(place: "more" | "final"): void {
    const { opcode, reservedBits } = this.#firstFrame!;
    const isFirst = !this.#hasFrames;
    this.#hasFrames = true;
    const text = this.#waiting.take(this.#waiting.length);
    const head = {
      isFinal: place === "final",
      reservedBits: isFirst ? reservedBits & ~(this.#head.isCompressed ? RESERVED_BIT_1 : 0) : 0,
      opcode: isFirst ? opcode : OPCODE.continuation,
      maskingKey: this.#maskingKey,
    };
    // A redaction may have made a control frame longer than it may be.
    const payload = this.#head.kind === "control" ? text.subarray(0, MAX_CONTROL_BYTES) : text;
    this.#options.out.append(serializeFrame(head, payload));
  }
}
