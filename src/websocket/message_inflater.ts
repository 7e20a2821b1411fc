/**
 * The compressed messages of one direction → their text (permessage-deflate, RFC 7692 §7.2.2).
 *
 * A message is inflated piece by piece as its frames arrive. One DEFLATE stream runs through all
 * compressed messages of the direction unless its window is dropped between them, so after a failure
 * nothing later can be read either, unless it is.
 *
 * The inflater itself is handed in: this room has no zlib.
 */
import type { ContextTakeover } from "./negotiated_extensions.ts";

/** What each message ends with before it is sent, and must again before it is inflated. */
const MESSAGE_TAIL = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

/**
 * A message is given up as a bomb when it is longer than this and has grown by more than the ratio: the
 * limits of content codings. A state that is sent again and again grows by more, but it is short.
 */
const BOMB_TEXT_BYTES = 1_048_576;
const BOMB_RATIO = 200;

/** Inflates raw DEFLATE (RFC 1951) that is flushed now and then and does not end. */
export interface RawInflater {
  /**
   * Decodes all that can be of what arrived so far, in pieces valid until the next is asked for.
   *
   * @throws {Error} if the bytes are no DEFLATE; only `reset` and `close` may follow
   */
  inflate(bytes: Uint8Array): Iterable<Uint8Array>;
  /** Begins anew with an empty window. */
  reset(): void;
  /** Frees what it holds. */
  close(): void;
}

/** A message that cannot be read, or comes after one whose window it shares. */
export class InflateError extends Error {
  override readonly name = "InflateError";
}

/** How the messages of a direction are inflated. */
export interface MessageInflaterOptions {
  readonly contextTakeover: ContextTakeover;
  /** Called at the first compressed message. */
  readonly createInflater: () => RawInflater;
}

/** Inflates the messages of one direction. Take all pieces of a call before the next call. */
export class MessageInflater {
  readonly #options: MessageInflaterOptions;
  /** Undefined before the first compressed message. */
  #inflater: RawInflater | undefined;
  #payloadBytes = 0;
  #textBytes = 0;
  /** Why the message at hand cannot be read, nor those that share its window. */
  #failure: InflateError | undefined;

  constructor(options: MessageInflaterOptions) {
    this.#options = options;
  }

  /**
   * Inflates the next payload of the message at hand, however its frames cut it. A piece is valid until
   * the next is asked for.
   *
   * @throws {InflateError} if it cannot be inflated
   */
  *push(payload: Uint8Array): Generator<Uint8Array, void> {
    this.#payloadBytes += payload.length;
    yield* this.#inflate(payload);
  }

  /**
   * Inflates what the end of the message completes, and makes ready for the next message.
   *
   * @throws {InflateError} if it cannot be inflated
   */
  *endMessage(): Generator<Uint8Array, void> {
    try {
      yield* this.#inflate(MESSAGE_TAIL);
    } finally {
      this.#beginAnew();
    }
  }

  /** Gives up the message at hand, which was cut off, and makes ready for the next. */
  abandonMessage(): void {
    this.#failure ??= new InflateError("Cannot inflate a message: the one before was cut off");
    this.#beginAnew();
  }

  /** Frees what the inflater holds; nothing else may be called after it. */
  close(): void {
    this.#inflater?.close();
    this.#inflater = undefined;
  }

  *#inflate(bytes: Uint8Array): Generator<Uint8Array, void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#inflater ??= this.#options.createInflater();
    const pieces = this.#inflater.inflate(bytes)[Symbol.iterator]();
    while (true) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = pieces.next();
        if (next.done) return;
        this.#assertNoBomb(next.value);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw this.#failure = new InflateError(`Cannot read a message: ${reason}`, { cause });
      }
      yield next.value;
    }
  }

  #beginAnew(): void {
    this.#payloadBytes = 0;
    this.#textBytes = 0;
    if (this.#options.contextTakeover === "kept") return;
    this.#inflater?.reset();
    this.#failure = undefined;
  }

  #assertNoBomb(text: Uint8Array): void {
    this.#textBytes += text.length;
    if (this.#textBytes <= BOMB_TEXT_BYTES) return;
    if (this.#textBytes <= this.#payloadBytes * BOMB_RATIO) return;
    throw new RangeError(`it grows by more than ${BOMB_RATIO} to 1`);
  }
}
