/**
 * Raw DEFLATE that is flushed now and then and never ends (RFC 1951) → what it decodes to, as the
 * bytes arrive: what WebSocket's permessage-deflate needs.
 *
 * A block marked as final ends nothing: the next one goes on with the same window, as senders may
 * have it (RFC 7692 §7.2.3.5). What a peer's inflater reads is therefore read here too.
 */
import { openRawInflate, type RawInflate } from "./content_decoder.ts";

/** The reach of a back-reference. RFC 1951 §2. */
const WINDOW_BYTES = 32_768;

/** Bytes decoded at a time. */
const PIECE_BYTES = 16_384;

/**
 * Final blocks in the bytes of one call. A sender makes one a flush; each costs a new zlib stream,
 * some 20 µs for two bytes.
 */
const MAX_FINAL_BLOCKS = 64;

/** One endless stream of raw DEFLATE. */
export class RawInflater {
  #stream: RawInflate | undefined;
  #output = new Uint8Array(0);
  /** The newest text, for the stream that follows a final block. */
  #window = new Uint8Array(0);
  #windowEnd = 0;

  /**
   * Decodes all that can be of what arrived so far, in pieces of 1 to 16,384 bytes, each valid until
   * the next is asked for.
   *
   * @throws {SyntaxError} if the bytes are no DEFLATE or have too many final blocks; only `reset` and
   * `close` may follow
   */
  *inflate(bytes: Uint8Array): Generator<Uint8Array, void> {
    if (this.#output.length === 0) this.#output = new Uint8Array(PIECE_BYTES);
    let finalBlocks = 0;
    for (let at = 0, isFull = false; at < bytes.length || isFull;) {
      this.#stream ??= openRawInflate(this.#window.slice(0, this.#windowEnd));
      const { consumed, made } = this.#stream.step(bytes.subarray(at), this.#output);
      at += consumed;
      isFull = made === PIECE_BYTES;
      if (made > 0) {
        this.#remember(this.#output.subarray(0, made));
        yield this.#output.subarray(0, made);
      } else if (consumed === 0 && at < bytes.length) {
        this.close();
        if (++finalBlocks > MAX_FINAL_BLOCKS) {
          throw new SyntaxError(`Cannot inflate: over ${MAX_FINAL_BLOCKS} final blocks in a row`);
        }
      }
    }
  }

  /** Begins anew with an empty window. */
  reset(): void {
    this.close();
    this.#windowEnd = 0;
  }

  /** Frees what zlib holds. */
  close(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  #remember(text: Uint8Array): void {
    if (this.#window.length === 0) this.#window = new Uint8Array(WINDOW_BYTES);
    const kept = Math.min(this.#windowEnd, WINDOW_BYTES - text.length);
    if (kept < this.#windowEnd) {
      this.#window.copyWithin(0, this.#windowEnd - kept, this.#windowEnd);
    }
    this.#window.set(text, kept);
    this.#windowEnd = kept + text.length;
  }
}
