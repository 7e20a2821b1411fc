/** A `ByteStream` as the `Duplex` that `node:tls` and `node:http2` take for their network. */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { ByteStream } from "./byte_stream.ts";
import { FIRST_READ_BYTES, nextReadBytes } from "./read_size.ts";

/** How a transport is read. */
export interface TransportDuplexOptions {
  /**
   * Whether bytes are no longer looked at once the listeners of `data` have returned: `node:tls`
   * copies them. They are then read into the same buffer again and again.
   *
   * @default {false}
   */
  readonly reusesBuffer?: boolean;
}

/** Reads and writes `transport`; destroying it closes the transport. */
export class TransportDuplex extends Duplex {
  readonly #transport: ByteStream;
  readonly #reusesBuffer: boolean;
  #isReading = false;
  /** Free to be read into, if it is large enough. */
  #buffer: Buffer | undefined;
  #readBytes = FIRST_READ_BYTES;

  constructor(transport: ByteStream, { reusesBuffer = false }: TransportDuplexOptions = {}) {
    super({ allowHalfOpen: true });
    this.#transport = transport;
    this.#reusesBuffer = reusesBuffer;
  }

  override _read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    const buffer = this.#buffer?.length === this.#readBytes
      ? this.#buffer
      : Buffer.allocUnsafeSlow(this.#readBytes);
    this.#buffer = undefined;
    this.#transport.read(buffer).then((length) => {
      this.#isReading = false;
      if (length === 0) return void this.push(null);
      this.#readBytes = nextReadBytes(buffer.length, length);
      this.push(length === buffer.length ? buffer : buffer.subarray(0, length));
      // Where nothing waits in the stream, its listeners have had everything.
      if (this.#reusesBuffer && !this.#isReading && this.readableLength === 0) {
        this.#buffer = buffer;
      }
    }, (error) => this.destroy(error));
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    this.#transport.write(chunk).then(() => done(), done);
  }

  override _writev(
    chunks: { chunk: Uint8Array; encoding: string }[],
    done: (error?: Error) => void,
  ): void {
    const joined = Buffer.concat(chunks.map(({ chunk }) => chunk));
    this.#transport.write(joined).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    // The peer may be gone already; there is nobody left to tell.
    this.#transport.closeWrite().then(() => done(), () => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#transport.close();
    done(error);
  }
}
