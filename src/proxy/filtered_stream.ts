/** A stream whose writes pass a filter on their way: scanned, in block mode also held back. */
import type { ByteStream } from "../net/byte_stream.ts";
import { BlockedError } from "./blocked_error.ts";
import type { BodyFilter } from "./pass_body.ts";

/** Where writes go through. */
export interface FilteredStreamOptions {
  readonly filter: BodyFilter;
  /**
   * Called when the filter stops the stream; it is then for the callee to end it. Absent: the write
   * fails.
   */
  readonly onBlocked?: ((error: BlockedError) => Promise<void>) | undefined;
}

/**
 * Writes to `inner` what the filter lets through, and resolves when the filter has kept up: who
 * writes, and reads on only then, has the back-pressure of the scanner too. Reads are not filtered.
 */
export class FilteredStream implements ByteStream {
  readonly remoteAddress: string;
  readonly #inner: ByteStream;
  readonly #options: FilteredStreamOptions;
  #writtenBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #isEnded = false;
  #isCut = false;

  constructor(inner: ByteStream, options: FilteredStreamOptions) {
    this.#inner = inner;
    this.#options = options;
    this.remoteAddress = inner.remoteAddress;
  }

  /** Bytes that the transport has taken over. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  read(into: Uint8Array): Promise<number> {
    return this.#inner.read(into);
  }

  /** @throws {BlockedError} if the filter stops the stream and nobody minds it */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isCut) return;
    const { filter } = this.#options;
    const released = await this.#guard(() => filter.push(bytes));
    if (released !== undefined) this.#writing = this.#write(released);
    const settling = this.#guard(() => filter.settle());
    try {
      await this.#writing;
    } finally {
      await settling;
    }
  }

  async closeWrite(): Promise<void> {
    if (this.#isCut) return;
    this.#isEnded = true;
    const { filter } = this.#options;
    const held = await this.#guard(() => filter.end());
    if (held !== undefined) await this.#write(held);
    await this.#guard(() => filter.settle());
    if (!this.#isCut) await this.#inner.closeWrite();
  }

  close(): void {
    this.#inner.close();
  }

  /**
   * Ends the stream for its writers: after what is being written, `lastWords` and no more. What is
   * written later is dropped. Never rejects: the peer may be gone.
   */
  async cut(lastWords: Uint8Array): Promise<void> {
    this.#isCut = true;
    try {
      await this.#writing;
      await this.#inner.write(lastWords);
      await this.#inner.closeWrite();
    } catch {
      // The peer is gone, or took too long: there is nobody left to tell.
    }
  }

  /** Ends the filter where no `closeWrite()` did: what has gone must be judged all the same. */
  async endFilter(): Promise<void> {
    const { filter } = this.#options;
    try {
      if (!this.#isEnded && !this.#isCut) {
        await filter.end();
        await filter.settle();
      }
    } catch (error) {
      // Recorded by the filter; what it held goes nowhere.
      if (!(error instanceof BlockedError)) throw error;
    } finally {
      filter.close();
    }
  }

  async #guard(
    pass: () => Uint8Array | void | Promise<Uint8Array | void>,
  ): Promise<Uint8Array | undefined> {
    const { onBlocked } = this.#options;
    try {
      return await pass() ?? undefined;
    } catch (error) {
      if (onBlocked === undefined || !(error instanceof BlockedError)) throw error;
      await onBlocked(error);
      return undefined;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || this.#isCut) return;
    await this.#inner.write(bytes);
    this.#writtenBytes += bytes.length;
  }
}
