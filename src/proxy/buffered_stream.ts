/** A `ByteStream` with what was read of it and not yet parsed. */
import { ByteQueue } from "../http1/byte_queue.ts";
import type { ByteStream } from "../net/byte_stream.ts";
import { FIRST_READ_BYTES, nextReadBytes } from "../net/read_size.ts";

/** Reads a stream into a queue. */
export class BufferedStream {
  readonly stream: ByteStream;
  readonly queue = new ByteQueue();
  #pending: Promise<boolean> | undefined;
  #readBytes = FIRST_READ_BYTES;

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  /** Whether a read is under way, or has ended and was not yet waited for. */
  get isReading(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Reads once into the queue; false at the end of the stream. A read under way, begun by `watch()` or
   * by another caller, is the one that is waited for: two that wait share it. Views of the queue end
   * with the call.
   */
  async fill(): Promise<boolean> {
    const pending = this.watch();
    try {
      return await pending;
    } finally {
      if (this.#pending === pending) this.#pending = undefined;
    }
  }

  /**
   * Begins to read although nobody waits, so that a peer's close is seen while the stream is idle.
   *
   * @returns what the read ends with; the next `fill()` resolves to the same
   */
  watch(): Promise<boolean> {
    return this.#pending ??= this.#read();
  }

  /** The stream as if nothing had been read of it: what waits in the queue comes first. */
  unread(): ByteStream {
    const { queue, stream } = this;
    return {
      remoteAddress: stream.remoteAddress,
      read: async (into) => {
        if (queue.length === 0 && this.#pending !== undefined && !await this.fill()) return 0;
        if (queue.length === 0) return await stream.read(into);
        const bytes = queue.take(Math.min(queue.length, into.length));
        into.set(bytes);
        return bytes.length;
      },
      write: (bytes) => stream.write(bytes),
      closeWrite: () => stream.closeWrite(),
      close: () => stream.close(),
    };
  }

  async #read(): Promise<boolean> {
    const space = this.queue.reserve(this.#readBytes);
    const length = await this.stream.read(space);
    this.queue.commit(length);
    this.#readBytes = nextReadBytes(this.#readBytes, length);
    return length > 0;
  }
}
