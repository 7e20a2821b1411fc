/**
 * A body with `Content-Encoding` → the body without it, piece by piece (RFC 9110 §8.4).
 *
 * gzip with several members, deflate with and without the zlib wrapper, br, zstd, and stacks of them.
 * Nothing is collected: a piece is handed on before the next is decoded, so that a bomb never stands
 * in memory, and its ratio stops it. The one file with `node:zlib`. Its streams are used through their
 * synchronous handle: the public streams answer in a later turn of the event loop, which costs four
 * times as much at 200 bytes a piece and would leave `cleared` behind what was pushed.
 *
 * Invariant: what cannot be decoded is said (`undecodable`), never passed over.
 */
import { constants, createBrotliDecompress, createGunzip } from "node:zlib";
import { createInflate, createInflateRaw, createZstdDecompress } from "node:zlib";
import { ZstdFrames } from "./zstd_frames.ts";

/** Bytes decoded at a time. */
const PIECE_BYTES = 16_384;
/** A stream of 4,096 zero bytes reaches 1,030 : 1 with deflate; logs and tables reach 50 : 1. */
export const DEFAULT_MAX_DECODED_RATIO = 200;
/** Work bound, not memory: nothing is kept. */
export const DEFAULT_MAX_DECODED_BYTES = 268_435_456;
/** Below it the ratio is not judged: a small table may be as regular as a bomb. */
const RATIO_GRACE_BYTES = 1_048_576;
/** Codings one on the other; nobody needs more than two. */
const MAX_CODINGS = 4;
/** Names that say nothing of the bytes; the chunks of `aws-chunked` hold the body as it is. */
const TRANSPARENT_CODINGS: ReadonlySet<string> = new Set(["identity", "aws-chunked", ""]);

/** Limits of one body. */
export interface ContentDecoderOptions {
  /** Bytes of output. @default {268_435_456} */
  readonly maxDecodedBytes?: number;
  /** Output : input. @default {200} */
  readonly maxDecodedRatio?: number;
}

/** Receives decoded bytes, valid until it returns. */
export type PieceSink = (piece: Uint8Array) => void;

/** Decodes one body. */
export class ContentDecoder {
  /** The codings, outermost first, as they stand in a finding's `encoding`. */
  readonly codings: readonly string[];
  readonly #stages: Inflater[];
  readonly #maxDecodedBytes: number;
  readonly #maxDecodedRatio: number;
  #undecodable: string | undefined;
  #encodedBytes = 0;
  #decodedBytes = 0;

  /** `contentEncoding` is the header's value; several headers are joined by commas. */
  constructor(
    contentEncoding: string,
    {
      maxDecodedBytes = DEFAULT_MAX_DECODED_BYTES,
      maxDecodedRatio = DEFAULT_MAX_DECODED_RATIO,
    }: ContentDecoderOptions = {},
  ) {
    this.#maxDecodedBytes = maxDecodedBytes;
    this.#maxDecodedRatio = maxDecodedRatio;
    this.codings = codingsOf(contentEncoding);
    const unknown = this.codings.find((coding) => !Object.hasOwn(OPENERS, coding));
    if (unknown !== undefined) this.#undecodable = `unknown coding ${printable(unknown)}`;
    else if (this.codings.length > MAX_CODINGS) this.#undecodable = `over ${MAX_CODINGS} codings`;
    this.#stages = this.#undecodable === undefined
      ? this.codings.map((coding) => new Inflater(coding as keyof typeof OPENERS))
      : [];
  }

  /** Why decoding stopped: `corrupt gzip`, `ratio over 200`, …; undefined: it didn't. */
  get undecodable(): string | undefined {
    return this.#undecodable;
  }

  /** Decodes the next bytes of the body, unless decoding stopped. */
  push(bytes: Uint8Array, sink: PieceSink): void {
    this.#encodedBytes += bytes.length;
    this.#run(0, bytes, sink);
  }

  /** Says that the body is over. */
  end(sink: PieceSink): void {
    if (this.#encodedBytes === 0) return;
    for (let stage = 0; stage < this.#stages.length && this.#undecodable === undefined; stage++) {
      const fault = this.#stages[stage]!.end((piece) => this.#handOn(stage, piece, sink));
      this.#undecodable ??= fault;
    }
  }

  /** Frees what zlib holds. Closing twice is allowed. */
  close(): void {
    for (const stage of this.#stages) stage.close();
  }

  #run(stage: number, bytes: Uint8Array, sink: PieceSink): void {
    if (this.#undecodable !== undefined) return;
    const fault = this.#stages[stage]!.push(bytes, (piece) => this.#handOn(stage, piece, sink));
    this.#undecodable ??= fault;
  }

  /** @returns Whether to go on. */
  #handOn(stage: number, piece: Uint8Array, sink: PieceSink): boolean {
    if (stage + 1 < this.#stages.length) {
      this.#run(stage + 1, piece, sink);
    } else {
      this.#decodedBytes += piece.length;
      this.#undecodable = this.#limitExceeded();
      sink(piece);
    }
    return this.#undecodable === undefined;
  }

  #limitExceeded(): string | undefined {
    if (this.#decodedBytes > this.#maxDecodedBytes) return `size over ${this.#maxDecodedBytes}`;
    const isOver = this.#decodedBytes > RATIO_GRACE_BYTES &&
      this.#decodedBytes > this.#encodedBytes * this.#maxDecodedRatio;
    return isOver ? `ratio over ${this.#maxDecodedRatio}` : undefined;
  }
}

/** Tells whether a header value names a coding that has to be undone. */
export function isEncoded(contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined && codingsOf(contentEncoding).length > 0;
}

/** The codings that a receiver undoes, in that order: the last one applied first. */
function codingsOf(contentEncoding: string): string[] {
  return contentEncoding.toLowerCase().split(",")
    .map((coding) => coding.trim().replace(/^x-(?=gzip$)/, ""))
    .filter((coding) => !TRANSPARENT_CODINGS.has(coding))
    .reverse();
}

/** A name from the network, fit for a log line. */
function printable(name: string): string {
  return name.replace(/[^!-~]/g, "?").slice(0, 32);
}

/** The synchronous side of a zlib stream: the part of Node's `_handle` that Deno has too. */
interface SyncHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void;
  onerror: (message: string, errno: number, code: string) => void;
}

interface SyncStream {
  readonly _handle: SyncHandle;
  /** Output bytes left and input bytes left after a write. */
  readonly _writeState: Uint32Array;
  close(): void;
}

const { Z_SYNC_FLUSH, Z_FINISH, BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FINISH } = constants;
const ZSTD_CONTINUE = 0;
const ZSTD_END = 2;

interface Opener {
  readonly open: (firstBytes: Uint8Array) => unknown;
  readonly more: number;
  readonly finish: number;
}

const OPENERS = {
  gzip: { open: () => createGunzip(), more: Z_SYNC_FLUSH, finish: Z_FINISH },
  deflate: {
    open: (first) => hasZlibHeader(first) ? createInflate() : createInflateRaw(),
    more: Z_SYNC_FLUSH,
    finish: Z_FINISH,
  },
  br: {
    open: () => createBrotliDecompress(),
    more: BROTLI_OPERATION_PROCESS,
    finish: BROTLI_OPERATION_FINISH,
  },
  zstd: { open: () => createZstdDecompress(), more: ZSTD_CONTINUE, finish: ZSTD_END },
} as const satisfies Record<string, Opener>;

/** RFC 1950 §2.2; "deflate" without this header is what some servers send (RFC 9110 §8.4.1.2). */
function hasZlibHeader([cmf = 0, flg = 0]: Uint8Array): boolean {
  return (cmf & 0x0f) === 8 && (cmf << 8 | flg) % 31 === 0;
}

/** Undoes one coding. */
class Inflater {
  readonly #coding: keyof typeof OPENERS;
  readonly #output = new Uint8Array(PIECE_BYTES);
  #stream: SyncStream | undefined;
  #fault: string | undefined;
  /** The first byte of `deflate`, whose meaning the second one decides. */
  #firstByte: number | undefined;
  /** Undefined for other codings, whose decoder says itself when a body breaks off. */
  readonly #zstdFrames: ZstdFrames | undefined;

  constructor(coding: keyof typeof OPENERS) {
    this.#coding = coding;
    if (coding === "zstd") this.#zstdFrames = new ZstdFrames();
  }

  /** Decodes; stops when `sink` returns false. @returns What is wrong with the input, if anything. */
  push(bytes: Uint8Array, sink: (piece: Uint8Array) => boolean): string | undefined {
    let input = bytes;
    this.#zstdFrames?.push(bytes);
    if (this.#stream === undefined) {
      input = this.#withFirstByte(bytes);
      if (input.length < 2) return undefined;
      this.#open(input);
    }
    return this.#write(input, OPENERS[this.#coding].more, sink);
  }

  /** Says that the input is over. */
  end(sink: (piece: Uint8Array) => boolean): string | undefined {
    if (this.#stream === undefined) return `corrupt ${this.#coding}`;
    const fault = this.#write(new Uint8Array(0), OPENERS[this.#coding].finish, sink);
    return fault ?? (this.#isComplete() ? undefined : `corrupt ${this.#coding}`);
  }

  close(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  /** Whether the input ended where the coding does; zlib itself has complained if not. */
  #isComplete(): boolean {
    if (this.#zstdFrames !== undefined) return this.#zstdFrames.isComplete;
    if (this.#coding !== "br") return true;
    // A decoder of brotli that is done leaves a further byte alone.
    const { _handle: handle, _writeState: state } = this.#stream!;
    const output = this.#output;
    handle.writeSync(BROTLI_OPERATION_PROCESS, new Uint8Array(1), 0, 1, output, 0, output.length);
    return this.#fault === undefined && state[1] === 1;
  }

  #withFirstByte(bytes: Uint8Array): Uint8Array {
    const first = this.#firstByte;
    if (first === undefined) {
      this.#firstByte = bytes[0];
      return bytes;
    }
    return Uint8Array.of(first, ...bytes.subarray(0, 1), ...bytes.subarray(1));
  }

  #open(first: Uint8Array): void {
    // The public types don't know the handle; a Deno without it fails the tests of this file.
    const stream = OPENERS[this.#coding].open(first) as unknown as SyncStream;
    stream._handle.onerror = () => {
      this.#fault = `corrupt ${this.#coding}`;
    };
    this.#stream = stream;
  }

  #write(
    input: Uint8Array,
    flush: number,
    sink: (piece: Uint8Array) => boolean,
  ): string | undefined {
    const { _handle: handle, _writeState: state } = this.#stream!;
    const output = this.#output;
    let at = 0;
    for (;;) {
      const left = input.length - at;
      try {
        handle.writeSync(flush, input, at, left, output, 0, output.length);
      } catch {
        // What zstd throws instead of calling `onerror`: bytes that are no frame.
        this.#fault = `corrupt ${this.#coding}`;
        return this.#fault;
      }
      const made = output.length - state[0]!;
      const leftNow = state[1]!;
      const hasMore = made > 0 && !sink(output.subarray(0, made));
      if (hasMore || this.#fault !== undefined) return this.#fault;
      if (made === 0 && leftNow === left) {
        // Nothing moves: all was read, or what is left belongs to no coding.
        return left === 0 ? undefined : this.#fault = `corrupt ${this.#coding}`;
      }
      at = input.length - leftNow;
    }
  }
}

/** One stream of raw DEFLATE (RFC 1951) that can be decoded as far as it has arrived. */
export interface RawInflate {
  /**
   * Decodes what fits into `output`. Nothing made and nothing consumed of a non-empty input: a final
   * block has ended the stream.
   *
   * @throws {SyntaxError} if the input is no DEFLATE
   */
  step(input: Uint8Array, output: Uint8Array): { readonly consumed: number; readonly made: number };
  /** Frees what zlib holds. */
  close(): void;
}

/** Opens a stream whose back-references may reach into `window`, at most 32,768 bytes. */
export function openRawInflate(window: Uint8Array): RawInflate {
  const stream = createInflateRaw() as unknown as SyncStream;
  let fault: string | undefined;
  stream._handle.onerror = (message) => fault = message;
  const step = (input: Uint8Array, output: Uint8Array) => {
    stream._handle.writeSync(Z_SYNC_FLUSH, input, 0, input.length, output, 0, output.length);
    if (fault !== undefined) throw new SyntaxError(`Cannot inflate: ${fault}`);
    const [outputLeft = 0, inputLeft = 0] = stream._writeState;
    return { consumed: input.length - inputLeft, made: output.length - outputLeft };
  };
  // Deno's raw inflater pays no heed to the option `dictionary`.
  if (window.length > 0) step(storedBlock(window), new Uint8Array(window.length + 1));
  return { step, close: () => stream.close() };
}

/** A block that decodes to `text`, and is not the last. RFC 1951 §3.2.4. */
function storedBlock(text: Uint8Array): Uint8Array {
  const { length } = text;
  const block = new Uint8Array(5 + length);
  block.set([0x00, length & 0xff, length >> 8, ~length & 0xff, ~length >> 8 & 0xff]);
  block.set(text, 5);
  return block;
}
