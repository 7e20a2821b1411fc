/** A stream some of whose bytes were read ahead: they are read again before anything else. */
import type { ByteStream } from "./byte_stream.ts";

/** Gives back `prefix` first, then what `inner` has. */
export class PrefixedStream implements ByteStream {
  readonly remoteAddress: string;
  readonly #inner: ByteStream;
  #prefix: Uint8Array;

  /** Keeps `prefix` without copying it: the caller must not reuse its memory. */
  constructor(inner: ByteStream, prefix: Uint8Array) {
    this.#inner = inner;
    this.#prefix = prefix;
    this.remoteAddress = inner.remoteAddress;
  }

  read(into: Uint8Array): Promise<number> {
    if (this.#prefix.length === 0) return this.#inner.read(into);
    const length = Math.min(into.length, this.#prefix.length);
    into.set(this.#prefix.subarray(0, length));
    this.#prefix = this.#prefix.subarray(length);
    return Promise.resolve(length);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inner.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  close(): void {
    this.#inner.close();
  }
}
