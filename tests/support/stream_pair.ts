/** Two ends of one loopback connection, and streams that play a part without a network. */
import { bytesOf } from "./latin1_bytes.ts";
import type { ByteStream } from "../../src/net/byte_stream.ts";
import { TcpStream } from "../../src/net/tcp_stream.ts";

/** A connection whose both ends are in this process; closed when disposed of. */
export interface StreamPair extends Disposable {
  readonly near: TcpStream;
  readonly far: TcpStream;
}

/** Connects over 127.0.0.1. */
export async function streamPair(): Promise<StreamPair> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [near, far] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const streams = { near: new TcpStream(near), far: new TcpStream(far) };
  return {
    ...streams,
    [Symbol.dispose]() {
      streams.near.close();
      streams.far.close();
    },
  };
}

/** Reads until the stream ends; latin1. */
export async function readToEnd(stream: ByteStream): Promise<string> {
  const buffer = new Uint8Array(4_096);
  let text = "";
  while (true) {
    const length = await stream.read(buffer);
    if (length === 0) return text;
    text += latin1(buffer.subarray(0, length));
  }
}

/** Reads until `count` bytes have come; latin1. */
export async function readBytes(stream: ByteStream, count: number): Promise<string> {
  const buffer = new Uint8Array(count);
  let at = 0;
  while (at < count) {
    const length = await stream.read(buffer.subarray(at));
    if (length === 0) throw new Error(`Cannot read ${count} bytes: the stream ended after ${at}`);
    at += length;
  }
  return latin1(buffer);
}

/** What a `PlayedStream` reads next: bytes, or the error its read fails with. */
export type Played = string | Error;

/** Plays what it is given, one piece a read, and records what is written to it. */
export class PlayedStream implements ByteStream {
  readonly remoteAddress = "192.0.2.1";
  readonly writes: string[] = [];
  isWriteClosed = false;
  isClosed = false;
  /** Writes wait for this. */
  writable: Promise<unknown> = Promise.resolve();
  /** Fails every write from now on. */
  writeError: Error | undefined;
  readonly #pieces: Played[];
  readonly #isEnding: boolean;
  #wake: (() => void) | undefined;

  /** After the pieces the stream ends, or stays silent until it is closed. */
  constructor(pieces: readonly Played[] = [], after: "end" | "silence" = "end") {
    this.#pieces = [...pieces];
    this.#isEnding = after === "end";
  }

  get written(): string {
    return this.writes.join("");
  }

  /** Lets a pending or the next read have `piece`. */
  play(piece: Played): void {
    this.#pieces.push(piece);
    this.#wake?.();
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#pieces.length === 0) {
      if (this.isClosed) throw new Deno.errors.BadResource("closed");
      if (this.#isEnding) return 0;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const piece = this.#pieces.shift()!;
    if (piece instanceof Error) throw piece;
    const bytes = bytesOf(piece.slice(0, into.length));
    if (piece.length > into.length) this.#pieces.unshift(piece.slice(into.length));
    into.set(bytes);
    return bytes.length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const text = latin1(bytes);
    await this.writable;
    if (this.isClosed) throw new Deno.errors.BadResource("closed");
    if (this.writeError !== undefined) throw this.writeError;
    this.writes.push(text);
  }

  closeWrite(): Promise<void> {
    this.isWriteClosed = true;
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.#wake?.();
  }
}

/** Makes one latin1 character of each byte. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return text;
}
