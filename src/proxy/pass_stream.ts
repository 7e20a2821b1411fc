/** Moves the body of one HTTP/2 stream to another, through a filter, with its trailers. */
import type { HeaderList } from "../http1/header_list.ts";
import { type MessageStream, PROTOCOL_ERROR, StreamResetError } from "../http2/message_stream.ts";
import type { BodyFilter } from "./pass_body.ts";

/** How a body moves. */
export interface PassStreamOptions {
  readonly filter: BodyFilter;
  /** What the message's `content-length` says; undefined if it doesn't. */
  readonly expectedBytes: number | undefined;
  /** Called with the number of bytes after each read. */
  readonly onProgress: (bytes: number) => void;
  /** Called before each write, and before the sink is ended or waited with. */
  readonly onWrite: () => void;
  readonly onTrailers: (trailers: HeaderList) => void;
}

/**
 * Passes on a whole body and ends the sink.
 *
 * @throws {StreamResetError} if either side resets, or the length is not what was said (RFC 9113 §8.1.1)
 * @throws {BlockedError} if the filter stops it
 */
export async function passStream(
  source: MessageStream,
  sink: MessageStream,
  { filter, expectedBytes, onProgress, onWrite, onTrailers }: PassStreamOptions,
): Promise<void> {
  let received = 0;
  let piece = source.readNow();
  // A head must not wait for a body that is still to come.
  if (piece === undefined) onWrite();
  while ((piece ??= await source.read()) !== undefined) {
    received += piece.length;
    if (received > (expectedBytes ?? Infinity)) throw new StreamResetError(PROTOCOL_ERROR);
    onProgress(piece.length);
    const released = await filter.push(piece);
    const writing = released.length > 0 ? writeAfter(onWrite, sink, released) : undefined;
    try {
      await filter.settle();
    } finally {
      await writing;
    }
    piece = undefined;
  }
  if (expectedBytes !== undefined && received !== expectedBytes) {
    throw new StreamResetError(PROTOCOL_ERROR);
  }
  const held = await filter.end();
  const { trailers } = source;
  if (trailers !== undefined) onTrailers(trailers);
  if (held !== undefined && held.length > 0) await writeAfter(onWrite, sink, held);
  onWrite();
  sink.end(trailers);
  await filter.settle();
}

function writeAfter(onWrite: () => void, sink: MessageStream, bytes: Uint8Array): Promise<void> {
  onWrite();
  return sink.write(bytes);
}
