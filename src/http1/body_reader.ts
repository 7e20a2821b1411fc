/**
 * The body of one message: bytes of the queue → parts (RFC 9112 §6 and §7).
 *
 * Nothing is collected: each read hands out what has arrived, as a view of the queue. Bytes after
 * the body stay in the queue for the next message. A body cut off by the end of the connection is
 * an error, never a shorter body (RFC 9112 §8).
 */
import type { BodyFraming } from "./body_framing.ts";
import type { ByteQueue } from "./byte_queue.ts";
import { ChunkedReader } from "./chunked.ts";
import type { HeaderList } from "./header_list.ts";
import { malformed, type Peer } from "./http_error.ts";

/**
 * A piece of content, never empty and valid until the queue's next `reserve()` or `append()`; or
 * the end, once, with the trailers of a chunked body that has any that may be forwarded.
 */
export type BodyPart =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly trailers: HeaderList | undefined };

export interface BodyReaderOptions {
  /** Who sends the body, and so whose fault a broken one is. */
  readonly fault: Peer;
}

const END: BodyPart = { kind: "end", trailers: undefined };

/**
 * Reads one body.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { BodyReader } from "./body_reader.ts";
 * import { ByteQueue } from "./byte_queue.ts";
 *
 * const queue = new ByteQueue();
 * queue.append(new TextEncoder().encode("2\r\nok\r\n0\r\n\r\n"));
 * const reader = new BodyReader({ kind: "chunked" }, { fault: "origin" });
 * for (let part = reader.read(queue); part?.kind === "data"; part = reader.read(queue)) {
 *   equal(part.bytes.length, 2);
 * }
 * equal(reader.done, true);
 * ```
 */
export class BodyReader {
  readonly #framing: BodyFraming;
  readonly #peer: Peer;
  readonly #chunks: ChunkedReader | undefined;
  /** Bytes still to come of a body with a length. */
  #remaining: number;
  #end: BodyPart | undefined;

  constructor(framing: BodyFraming, options: BodyReaderOptions) {
    this.#framing = framing;
    this.#peer = options.fault;
    this.#chunks = framing.kind === "chunked" ? new ChunkedReader(options.fault) : undefined;
    this.#remaining = framing.kind === "length" ? framing.length : 0;
  }

  /** Whether the end was handed out. */
  get done(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Takes the next part off the queue; `undefined` means that more bytes are needed. After the end
   * it returns the end again and consumes nothing.
   *
   * @throws {HttpError} 400 or 431 for a broken chunked body; 502 from an origin.
   */
  read(queue: ByteQueue): BodyPart | undefined {
    if (this.#end !== undefined) return this.#end;
    switch (this.#framing.kind) {
      case "none":
        return this.#end = END;
      case "length":
        return this.#readCounted(queue);
      case "chunked": {
        const part = this.#chunks!.read(queue);
        if (part?.kind === "end") this.#end = part;
        return part;
      }
      case "close":
        return queue.length === 0 ? undefined : { kind: "data", bytes: queue.take(queue.length) };
      default:
        return this.#framing satisfies never;
    }
  }

  /**
   * Concludes the body when the connection has ended and the queue is read empty.
   *
   * @throws {HttpError} 400 for a request, 502 for a response whose body was cut.
   */
  finish(): BodyPart {
    if (this.#end !== undefined) return this.#end;
    const { kind } = this.#framing;
    const isWhole = kind === "close" || kind === "none" || kind === "length" && !this.#remaining;
    if (isWhole) return this.#end = END;
    const missing = kind === "length" ? `${this.#remaining} bytes are missing` : "no last chunk";
    throw malformed(this.#peer, `Cannot read the ${this.#peer}'s body to its end: ${missing}`);
  }

  #readCounted(queue: ByteQueue): BodyPart | undefined {
    if (this.#remaining === 0) return this.#end = END;
    const count = Math.min(this.#remaining, queue.length);
    if (count === 0) return undefined;
    this.#remaining -= count;
    return { kind: "data", bytes: queue.take(count) };
  }
}
