/**
 * One side of an HTTP/2 stream with promises in place of events: read, write, trailers, abort.
 *
 * Flow control is passed on: nothing is read that nobody asked for, and `write()` resolves when the
 * peer's window has taken the bytes (RFC 9113 §5.2).
 */
import type { Http2Stream } from "node:http2";
import { HeaderList } from "../http1/header_list.ts";
import { headerObject, readHeaderBlock } from "./header_block.ts";

/** RFC 9113 §7. */
export const NO_ERROR = 0x0;
export const PROTOCOL_ERROR = 0x1;
export const INTERNAL_ERROR = 0x2;
export const REFUSED_STREAM = 0x7;
export const CANCEL = 0x8;
export const ENHANCE_YOUR_CALM = 0xb;
export const HTTP_1_1_REQUIRED = 0xd;

/** The peer ended a stream early; `code` as in RFC 9113 §7. */
export class StreamResetError extends Error {
  override readonly name = "StreamResetError";
  readonly code: number;

  constructor(code: number) {
    super(`Cannot go on with an HTTP/2 stream: it was reset with code 0x${code.toString(16)}`);
    this.code = code;
  }
}

/** Reads and writes the body of one message in each direction. */
export class MessageStream {
  readonly #stream: Http2Stream;
  #trailers: HeaderList | undefined;
  #hasEnded = false;
  #isClosed = false;
  /** What this side has reset the stream with. */
  #abortCode: number | undefined;
  #wake: (() => void) | undefined;
  readonly #onClose = new Set<() => void>();

  constructor(stream: Http2Stream) {
    this.#stream = stream;
    const wake = () => {
      const waiting = this.#wake;
      this.#wake = undefined;
      waiting?.();
    };
    stream.on("readable", wake);
    stream.on("end", () => {
      this.#hasEnded = true;
      wake();
    });
    stream.on("trailers", (trailers: unknown, _flags: unknown, raw?: string[]) => {
      this.#trailers = readHeaderBlock(trailers, raw).headers;
    });
    // Told by "close" as well; without a listener it would end the worker.
    stream.on("error", () => {});
    const close = () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      wake();
      this.#onClose.forEach((listener) => listener());
    };
    stream.on("close", close);
    // In Deno a reset does not always end a stream that has been read: "close" would not come.
    stream.on("aborted", () => {
      close();
      // Not one that is being reset by this side: its reset would not be sent.
      if (this.#abortCode !== undefined) return;
      if (stream.rstCode !== NO_ERROR || this.#hasEnded) stream.destroy();
    });
  }

  /** The fields after the body, once `read()` has returned undefined; undefined if there were none. */
  get trailers(): HeaderList | undefined {
    return this.#trailers;
  }

  /** How the stream ended, as a code of RFC 9113 §7; undefined while it is open. */
  get resetCode(): number | undefined {
    if (this.#abortCode !== undefined) return this.#abortCode;
    return this.#isClosed ? this.#stream.rstCode ?? NO_ERROR : undefined;
  }

  /** Calls `listener` when the stream has ended in both directions or was reset. */
  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClose.add(listener);
  }

  /** Reads what has arrived; undefined: nothing yet, or nothing more. */
  readNow(): Uint8Array | undefined {
    return (this.#stream.read() as Uint8Array | null) ?? undefined;
  }

  /**
   * Reads the next piece of the body; undefined at its end.
   *
   * @throws {StreamResetError} if the peer resets the stream before its end
   */
  async read(): Promise<Uint8Array | undefined> {
    while (true) {
      const piece = this.readNow();
      if (piece !== undefined) return piece;
      if (this.#hasEnded || this.#stream.readableEnded) return undefined;
      // Reset without an error, a message that had been sent whole is read to its end: RFC 9113 §8.1.
      const isLost = this.#stream.destroyed || this.resetCode !== NO_ERROR;
      if (this.#isClosed && isLost) throw new StreamResetError(this.#stream.rstCode ?? CANCEL);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Resolves when the stream has ended. */
  closed(): Promise<void> {
    return new Promise((resolve) => this.onClose(resolve));
  }

  /**
   * Writes a piece of the body.
   *
   * @throws {StreamResetError} if the peer takes no more
   */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed || this.#abortCode !== undefined) {
        return reject(new StreamResetError(this.resetCode ?? CANCEL));
      }
      const onClose = () => reject(new StreamResetError(this.#stream.rstCode ?? CANCEL));
      this.#onClose.add(onClose);
      this.#stream.write(bytes, (error) => {
        this.#onClose.delete(onClose);
        if (error) reject(new StreamResetError(this.#stream.rstCode ?? CANCEL));
        else resolve();
      });
    });
  }

  /** Ends this direction; trailers need a head that was sent with `waitForTrailers`. */
  end(trailers?: HeaderList): void {
    if (this.#isClosed || this.#abortCode !== undefined) return;
    this.#stream.once("wantTrailers", () => {
      this.#stream.sendTrailers(headerObject({}, trailers ?? HeaderList.from([])));
    });
    this.#stream.end();
  }

  /** Reads no further: what still comes is dropped, and the peer told that it needn't. RFC 9113 §8.1 */
  discardRest(): void {
    if (this.#hasEnded || this.#isClosed) return;
    this.#stream.resume();
    if (this.#stream.writableFinished) this.#closeWithoutError();
    else this.#stream.once("finish", () => this.#closeWithoutError());
  }

  /**
   * Resets the stream in both directions, after what was written has gone.
   *
   * @param code why; of the codes of RFC 9113 §7 those that peers don't take for a proper end
   */
  abort(code: number = INTERNAL_ERROR): void {
    if (this.#isClosed || this.#abortCode !== undefined) return;
    this.#abortCode = code;
    setTimeout(() => this.#reset(code), 0);
  }

  #reset(code: number): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    // `destroy()` knows no other code.
    if (code === INTERNAL_ERROR) return void stream.destroy(new Error("The stream was cut off"));
    // `close()` would end the message first, and the peer take what it has for all of it.
    Object.defineProperty(stream, "end", { value: () => stream });
    stream.close(code);
    setTimeout(() => stream.destroy(), 0);
  }

  /** The answer was complete before the request: nobody reads on. RFC 9113 §8.1 */
  #closeWithoutError(): void {
    if (!this.#isClosed) this.#stream.close(NO_ERROR);
  }
}
