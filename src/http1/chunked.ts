/**
 * The chunked transfer coding: chunks ⇄ content (RFC 9112 §7.1).
 *
 * Reading: the framing is walked byte by byte in a small state machine that consumes what it has
 * seen, so the cost is linear however the bytes arrive. Content is handed out as views of the
 * queue. Small chunks are joined by moving their content down over the framing between them: a
 * sender of one-byte chunks costs six byte steps a byte, not an object each.
 * Refused: a size that is not plain hex, white space in its place, bare CR or LF anywhere, and an
 * oversized extension, size or trailer section. Extensions are dropped: they belong to one hop.
 * Writing: chunks are framed anew, never copied.
 */
import type { ByteQueue } from "./byte_queue.ts";
import {
  byteName,
  fieldLines,
  findSectionEnd,
  parseFieldLines,
  refuseBareLineFeed,
} from "./field_section.ts";
import { CR, FIELD_VALUE_BYTES, HEX_DIGIT_VALUES, HTAB, LF, SEMICOLON, SP } from "./grammar.ts";
import { HeaderList } from "./header_list.ts";
import { malformed, type Peer, tooLarge } from "./http_error.ts";
import { allocateShared, decodeLatin1, encodeLatin1 } from "./latin1.ts";

/** 13 hex digits count to 4 PiB, which a number holds exactly; senders pad to 8 at most. */
const MAX_SIZE_DIGITS = 13;

/** RFC 9112 §7.1.1 asks for a limit; no extension in use needs more than a name and a digest. */
const MAX_EXTENSION_BYTES = 256;

/** Trailers carry digests, signatures, timings and a gRPC status; 8 KiB is a usual head. */
const MAX_TRAILER_BYTES = 8_192;
const MAX_TRAILER_FIELDS = 64;

/** Above this a chunk is not worth moving: a view of its own is cheaper than the copy. */
const MAX_JOINED_BYTES = 1_024;

/**
 * Trailer fields that are dropped: framing, routing, authentication, the form of the content, and
 * what concerns one hop (RFC 9110 §6.5.1). A recipient that merged one into the head would act on
 * a field nobody checked.
 */
const FORBIDDEN_TRAILERS: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "cache-control",
  "connection",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "expect",
  "expires",
  "host",
  "keep-alive",
  "location",
  "max-forwards",
  "pragma",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "range",
  "retry-after",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "vary",
  "warning",
  "www-authenticate",
]);

const EMPTY = new Uint8Array(0);

/** The part of the coding that the next byte belongs to. */
type ChunkState =
  | "size"
  | "size-blank"
  | "extension"
  | "size-lf"
  | "data"
  | "data-cr"
  | "data-lf"
  | "trailers"
  | "done";

/** What one `read()` found: content, or the end with the trailers that were sent and are allowed. */
export type ChunkedPart =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly trailers: HeaderList | undefined };

/** Decodes one chunked body. */
export class ChunkedReader {
  readonly #peer: Peer;
  #state: ChunkState = "size";
  /** Digits of the chunk size read so far. */
  #digits = 0;
  /** The chunk size read so far, then the bytes of the chunk still to come. */
  #remaining = 0;
  /** Bytes of the chunk extension read so far, blanks before it included. */
  #extension = 0;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /**
   * Consumes bytes until there is content or the end; `undefined` means that more are needed.
   * Content is a view of the queue, and the queue's bytes between chunks may be overwritten.
   *
   * @throws {HttpError} 400, or 431 above the limit of the trailers; 502 from an origin.
   */
  read(queue: ByteQueue): ChunkedPart | undefined {
    const data = this.#readData(queue);
    if (data !== undefined) return { kind: "data", bytes: data };
    return this.#state === "trailers" ? this.#readTrailers(queue) : undefined;
  }

  /** Consumes chunks as far as they can be handed out as one view. */
  #readData(queue: ByteQueue): Uint8Array | undefined {
    const bytes = queue.peek();
    let at = 0;
    let dataStart = 0;
    let dataEnd = 0;
    while (at < bytes.length && this.#state !== "trailers") {
      if (this.#state !== "data") {
        this.#state = this.#stateAfter(bytes[at]!);
        at++;
        continue;
      }
      const count = Math.min(this.#remaining, bytes.length - at);
      if (dataEnd === 0) {
        dataStart = at;
        dataEnd = at + count;
      } else {
        if (count > MAX_JOINED_BYTES) break;
        moveDown(bytes, { to: dataEnd, from: at, count });
        dataEnd += count;
      }
      at += count;
      this.#remaining -= count;
      if (this.#remaining === 0) this.#state = "data-cr";
    }
    if (at > 0) queue.skip(at);
    return dataEnd === 0 ? undefined : bytes.subarray(dataStart, dataEnd);
  }

  /** Judges one byte of framing. */
  #stateAfter(byte: number): ChunkState {
    switch (this.#state) {
      case "size":
        return this.#stateAfterSize(byte);
      case "size-blank":
      case "extension":
        return this.#stateAfterExtension(byte);
      case "size-lf":
        if (byte !== LF) throw this.#refuse(byte, "after the carriage return of a chunk size");
        return this.#remaining === 0 ? "trailers" : "data";
      case "data-cr":
        if (byte !== CR) throw this.#refuse(byte, "where a chunk must end");
        return "data-lf";
      case "data-lf":
        if (byte !== LF) throw this.#refuse(byte, "where a chunk must end");
        this.#digits = 0;
        this.#extension = 0;
        return "size";
      case "data":
      case "trailers":
      case "done":
        return this.#state;
      default:
        return this.#state satisfies never;
    }
  }

  #stateAfterSize(byte: number): ChunkState {
    const digit = HEX_DIGIT_VALUES[byte]!;
    if (digit !== 0xff) {
      if (++this.#digits > MAX_SIZE_DIGITS) {
        throw malformed(
          this.#peer,
          `Cannot read a chunk: its size has more than ${MAX_SIZE_DIGITS} digits`,
        );
      }
      // Multiplied, not shifted: shifts would cut the number to 32 bits.
      this.#remaining = this.#remaining * 16 + digit;
      return "size";
    }
    if (this.#digits === 0) throw this.#refuse(byte, "where a chunk size starts");
    return this.#stateAfterExtension(byte);
  }

  /** White space may stand before a `;` only (RFC 9112 §7.1.1). */
  #stateAfterExtension(byte: number): ChunkState {
    const inExtension = this.#state === "extension";
    if (byte === CR && this.#state !== "size-blank") return "size-lf";
    if (++this.#extension > MAX_EXTENSION_BYTES) {
      throw malformed(
        this.#peer,
        `Cannot read a chunk: its extension is longer than ${MAX_EXTENSION_BYTES} bytes`,
      );
    }
    if (inExtension && FIELD_VALUE_BYTES[byte] === 1) return "extension";
    if (byte === SEMICOLON) return "extension";
    if (!inExtension && (byte === SP || byte === HTAB)) return "size-blank";
    throw this.#refuse(byte, inExtension ? "in a chunk extension" : "after a chunk size");
  }

  #readTrailers(queue: ByteQueue): ChunkedPart | undefined {
    const unread = queue.peek();
    if (unread[0] === CR && unread[1] === LF) {
      queue.skip(2);
      this.#state = "done";
      return { kind: "end", trailers: undefined };
    }
    const end = findSectionEnd(unread, queue.scanned);
    if ((end ?? unread.length + 1) > MAX_TRAILER_BYTES) {
      throw tooLarge(
        this.#peer,
        `Cannot read the trailers: they are longer than ${MAX_TRAILER_BYTES} bytes`,
      );
    }
    if (end === undefined) {
      refuseBareLineFeed(unread, queue.scanned, this.#peer);
      queue.scanned = unread.length;
      return undefined;
    }
    queue.skip(end);
    const bytes = unread.subarray(0, end);
    const section = { bytes, text: decodeLatin1(bytes), peer: this.#peer };
    const entries = parseFieldLines({ ...section, maxFields: MAX_TRAILER_FIELDS }, 0);
    this.#state = "done";
    return { kind: "end", trailers: allowedTrailers(HeaderList.fromParsed(entries)) };
  }

  #refuse(byte: number, where: string) {
    return malformed(this.#peer, `Cannot read a chunk: ${byteName(byte)} ${where}`);
  }
}

/**
 * Writes the line before a chunk of `length` bytes; CR LF must follow the chunk.
 *
 * @throws {RangeError} for 0, which would end the body.
 */
export function chunkHeader(length: number): Uint8Array {
  if (!Number.isSafeInteger(length) || length < 1) {
    throw new RangeError(`Cannot write a chunk of ${length} bytes: a chunk has at least one`);
  }
  return encodeLatin1(`${length.toString(16)}\r\n`);
}

/** Frames `bytes` as one chunk; nothing at all when there are none, as an empty chunk is the end. */
export function encodeChunk(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return EMPTY;
  const header = bytes.length.toString(16);
  const chunk = allocateShared(header.length + 2 + bytes.length + 2);
  let at = 0;
  for (; at < header.length; at++) chunk[at] = header.charCodeAt(at);
  chunk[at++] = CR;
  chunk[at++] = LF;
  chunk.set(bytes, at);
  at += bytes.length;
  chunk[at++] = CR;
  chunk[at] = LF;
  return chunk;
}

/** Writes the last chunk and the trailer section, without those trailers that are forbidden. */
export function encodeLastChunk(trailers?: HeaderList): Uint8Array {
  const allowed = trailers === undefined ? undefined : allowedTrailers(trailers);
  return encodeLatin1(`0\r\n${allowed === undefined ? "" : fieldLines(allowed)}\r\n`);
}

/** Drops forbidden trailers; `undefined` when none is left. */
function allowedTrailers(trailers: HeaderList): HeaderList | undefined {
  const allowed = trailers.without(FORBIDDEN_TRAILERS);
  return allowed.entries.length === 0 ? undefined : allowed;
}

interface Move {
  readonly to: number;
  readonly from: number;
  readonly count: number;
}

function moveDown(bytes: Uint8Array, { to, from, count }: Move): void {
  // The call costs more than copying a few bytes.
  if (count > 16) bytes.copyWithin(to, from, from + count);
  else for (let i = 0; i < count; i++) bytes[to + i] = bytes[from + i]!;
}
