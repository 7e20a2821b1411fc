/**
 * One direction of a WebSocket, bytes → its messages: fragments joined, masks and compression taken
 * off (RFC 6455 §5.4, RFC 7692 §7.2.2).
 *
 * A message is handed on piece by piece as its frames arrive; control frames, which may stand between
 * two fragments (RFC 6455 §5.5), are short messages of their own. What breaks the rules is read as
 * far as it goes and named as the message's flaw.
 */
import { type FrameHead, OPCODE, RESERVED_BIT_1 } from "./frame_head.ts";
import { type FrameEvent, FrameReader, type FrameRole } from "./frame_reader.ts";
import { InflateError, MessageInflater, type RawInflater } from "./message_inflater.ts";
import type { NegotiatedExtensions } from "./negotiated_extensions.ts";

/** The beginning of a message. */
export interface MessageHead {
  /** A message of text or binary data, or a control frame. */
  readonly kind: "data" | "control";
  /** Its payload is compressed; the text that is handed on is not. */
  readonly isCompressed: boolean;
}

/** How a message ended. */
export interface MessageEnd {
  /**
   * `unreadable`: not all of it could be inflated; `cut_off`: by a close, by a message begun within it,
   * or by the end of the connection.
   */
  readonly kind: "complete" | "unreadable" | "cut_off";
  /** Why it is not readable, or what RFC 6455 forbids about it; undefined for a good one. */
  readonly flaw: string | undefined;
  /** Payload that could not be read. */
  readonly unreadBytes: number;
}

/** Takes one message; a call comes when the one before has resolved. */
export interface MessageHandler {
  /** A frame of it begins, the first one too; `violation` is what RFC 6455 forbids about the frame. */
  frame?(head: FrameHead, violation: string | undefined): void;
  /** Takes the next 1 to 16,384 bytes, valid until it has resolved. */
  text(bytes: Uint8Array): void | Promise<void>;
  end(end: MessageEnd): void | Promise<void>;
}

/** Whose messages are read, and where they go. */
export interface MessageReaderOptions {
  readonly sender: "client" | "server";
  readonly extensions: NegotiatedExtensions;
  /** Called at the first compressed message. */
  readonly createInflater: () => RawInflater;
  /** Called at the beginning of each message. */
  readonly onMessage: (head: MessageHead) => MessageHandler;
}

interface OpenMessage {
  readonly handler: MessageHandler;
  readonly isCompressed: boolean;
  isReadable: boolean;
  flaw: string | undefined;
  unreadBytes: number;
}

/** Reads the messages of one direction. */
export class MessageReader {
  readonly #options: MessageReaderOptions;
  readonly #frames: FrameReader;
  /** Undefined where messages are not compressed. */
  readonly #inflater: MessageInflater | undefined;
  /** The data message of which frames have come and more must come. */
  #data: OpenMessage | undefined;
  /** The message of the frame at hand, and whether it ends with it; undefined between frames. */
  #current: { readonly message: OpenMessage; readonly isLast: boolean } | undefined;

  constructor(options: MessageReaderOptions) {
    const { sender, extensions: { deflate }, createInflater } = options;
    this.#options = options;
    const reservedBits = deflate === undefined ? 0 : RESERVED_BIT_1;
    this.#frames = new FrameReader({ sender, reservedBits });
    this.#inflater = deflate &&
      new MessageInflater({ contextTakeover: deflate[sender], createInflater });
  }

  /** Reads the next bytes of the stream. @throws what a handler throws; then it can't be used again */
  async read(bytes: Uint8Array): Promise<void> {
    for (const event of this.#frames.read(bytes)) await this.#take(event);
  }

  /** Ends what was cut off by the end of the stream. */
  async end(): Promise<void> {
    const open = [this.#current?.message, this.#data];
    this.#current = undefined;
    this.#data = undefined;
    for (const message of new Set(open)) {
      if (message !== undefined) await this.#endMessage(message, "cut_off");
    }
  }

  /** Frees what inflates. */
  close(): void {
    this.#inflater?.close();
  }

  async #take(event: FrameEvent): Promise<void> {
    switch (event.kind) {
      case "began":
        return await this.#beginFrame(event);
      case "payload":
        return await this.#readPayload(this.#current!.message, event.bytes);
      case "ended":
        return await this.#endFrame();
      default:
        event satisfies never;
    }
  }

  async #beginFrame({ frame, role, violation }: FrameEvent & { kind: "began" }): Promise<void> {
    const cutsOff = role === "first" || frame.opcode === OPCODE.close;
    if (cutsOff && this.#data !== undefined) {
      const unfinished = this.#data;
      this.#data = undefined;
      await this.#endMessage(unfinished, "cut_off");
    }
    const isMore = role === "continuation" && this.#data !== undefined;
    const message = isMore ? this.#data! : this.#openMessage(frame, role);
    if (role !== "control") this.#data = message;
    this.#current = { message, isLast: role === "control" || frame.isFinal };
    message.flaw ??= violation;
    message.handler.frame?.(frame, violation);
  }

  #openMessage({ reservedBits }: FrameHead, role: FrameRole): OpenMessage {
    const isCompressed = this.#inflater !== undefined && role === "first" &&
      (reservedBits & RESERVED_BIT_1) !== 0;
    const kind = role === "control" ? "control" : "data";
    const handler = this.#options.onMessage({ kind, isCompressed });
    return { handler, isCompressed, isReadable: true, flaw: undefined, unreadBytes: 0 };
  }

  async #readPayload(message: OpenMessage, payload: Uint8Array): Promise<void> {
    if (!message.isCompressed) return await message.handler.text(payload);
    await this.#passText(message, this.#inflater!.push(payload));
    if (!message.isReadable) message.unreadBytes += payload.length;
  }

  async #passText(message: OpenMessage, texts: Iterable<Uint8Array>): Promise<void> {
    try {
      for (const text of texts) await message.handler.text(text);
    } catch (error) {
      if (!(error instanceof InflateError)) throw error;
      message.isReadable = false;
      message.flaw ??= error.message;
    }
  }

  async #endFrame(): Promise<void> {
    const { message, isLast } = this.#current!;
    this.#current = undefined;
    if (!isLast) return;
    if (message === this.#data) this.#data = undefined;
    await this.#endMessage(message, "complete");
  }

  async #endMessage(message: OpenMessage, kind: "complete" | "cut_off"): Promise<void> {
    if (message.isCompressed) {
      if (kind === "complete") await this.#passText(message, this.#inflater!.endMessage());
      else this.#inflater!.abandonMessage();
    }
    const { isReadable, flaw, unreadBytes } = message;
    await message.handler.end({
      kind: kind === "complete" && !isReadable ? "unreadable" : kind,
      flaw,
      unreadBytes,
    });
  }
}
