/** A `ByteStream` as the `Duplex` that `node:tls` and `node:http2` take for their network. */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { ByteStream } from "./byte_stream.ts";

/** Bytes read from the transport at a time: a TLS record is 16 KiB at most. */
const TRANSPORT_READ_BYTES = 32_768;

/** Reads and writes `transport`; destroying it closes the transport. */
export class TransportDuplex extends Duplex {
  readonly #transport: ByteStream;
  #reading = false;

  constructor(transport: ByteStream) {
    super({ allowHalfOpen: true });
    this.#transport = transport;
  }

  override _read(): void {
    if (this.#reading) return;
    this.#reading = true;
    const buffer = Buffer.allocUnsafe(TRANSPORT_READ_BYTES);
    this.#transport.read(buffer).then((length) => {
      this.#reading = false;
      this.push(length === 0 ? null : buffer.subarray(0, length));
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
