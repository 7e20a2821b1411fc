/**
 * Moves one message body from its sender to its receiver, with the head in front of its first bytes.
 *
 * Back-pressure: the sender is read again when the receiver has taken what was read. What one read
 * brought goes on in one write, head included. Chunked bodies are framed anew (chunk extensions end
 * here, RFC 9112 §7.1.1); trailers go on.
 */
import type { BodyReader } from "../http1/body_reader.ts";
import { chunkHeader, encodeLastChunk } from "../http1/chunked.ts";
import type { HeaderList } from "../http1/header_list.ts";
import { allocateShared } from "../http1/latin1.ts";
import type { ByteStream } from "../net/byte_stream.ts";
import type { BufferedStream } from "./buffered_stream.ts";
import type { OutgoingFraming } from "./outgoing_head.ts";

/** Gathered for one write at the most; the queue rarely holds more. */
const MAX_WRITE_BYTES = 262_144;

const CRLF = new Uint8Array([0x0d, 0x0a]);

/** Sees the payload of a body on its way; may hold it back. */
export interface BodyFilter {
  /** Takes a piece of payload, returns what may go on now. The piece is valid until `settle()`. */
  push(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Runs while the released bytes are being written: after `push()`, and after `end()`. */
  settle(): void | Promise<void>;
  /** The body is complete: returns what was still held. */
  end(): Uint8Array | void | Promise<Uint8Array | void>;
  /** The body ended early, or is complete: frees what the filter holds. */
  close(): void;
}

/** A write to the receiver failed: the receiver's fault, whatever the sender does. */
export class SinkError extends Error {
  override readonly name = "SinkError";
}

/** How a body moves. */
export interface PassBodyOptions {
  readonly source: BufferedStream;
  readonly reader: BodyReader;
  readonly sink: ByteStream;
  /** The serialised head. */
  readonly preamble: Uint8Array;
  readonly framing: OutgoingFraming;
  readonly filter: BodyFilter | undefined;
  /** Called with the number of payload bytes after each read. */
  readonly onProgress: (bytes: number) => void;
  readonly onTrailers: (trailers: HeaderList) => void;
  /** Called before the first write, which carries the head. */
  readonly onHeadSent: () => void;
}

/**
 * Passes on a whole body.
 *
 * @throws {HttpError} if its framing is broken or it is cut short
 * @throws {SinkError} if the receiver takes no more
 */
export async function passBody(options: PassBodyOptions): Promise<void> {
  const { source, reader, sink, filter } = options;
  const out = new WriteGatherer(options.preamble);
  let isEnd = false;
  let isHeadSent = false;
  while (!isEnd) {
    let part = reader.read(source.queue);
    if (part === undefined && out.length === 0) {
      part = await source.fill() ? reader.read(source.queue) : reader.finish();
    }
    while (part !== undefined) {
      if (part.kind === "end") {
        isEnd = true;
        const ended = filter?.end();
        const held = ended instanceof Promise ? await ended : ended;
        if (held !== undefined) addPayload(out, held, options.framing);
        if (part.trailers !== undefined) options.onTrailers(part.trailers);
        if (options.framing === "chunked") out.add(encodeLastChunk(part.trailers));
        break;
      }
      options.onProgress(part.bytes.length);
      const released = filter === undefined ? part.bytes : filter.push(part.bytes);
      addPayload(out, released instanceof Promise ? await released : released, options.framing);
      if (out.length >= MAX_WRITE_BYTES) break;
      part = reader.read(source.queue);
    }
    if (out.length > 0 && !isHeadSent) {
      isHeadSent = true;
      options.onHeadSent();
    }
    const writing = out.length === 0 ? undefined : sink.write(out.take());
    const settling = filter?.settle();
    try {
      if (writing !== undefined) await writing;
    } catch (cause) {
      throw new SinkError("Cannot pass on a body: its receiver takes no more", { cause });
    } finally {
      if (settling !== undefined) await settling;
    }
  }
}

function addPayload(
  out: WriteGatherer,
  bytes: Uint8Array,
  framing: OutgoingFraming,
): void {
  if (bytes.length === 0) return;
  if (framing === "chunked") out.add(chunkHeader(bytes.length));
  out.add(bytes);
  if (framing === "chunked") out.add(CRLF);
}

/** Joins pieces into one write; a single piece is not copied. */
class WriteGatherer {
  length = 0;
  #pieces: Uint8Array[] = [];

  constructor(first: Uint8Array) {
    if (first.length > 0) this.add(first);
  }

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }

  take(): Uint8Array {
    const joined = this.#pieces.length === 1 ? this.#pieces[0]! : allocateShared(this.length);
    if (this.#pieces.length > 1) {
      let at = 0;
      for (const piece of this.#pieces) {
        joined.set(piece, at);
        at += piece.length;
      }
    }
    this.#pieces = [];
    this.length = 0;
    return joined;
  }
}
