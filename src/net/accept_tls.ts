/**
 * Server-side TLS on a connection that was already accepted: the one file with `node:tls`, because
 * Deno has no such API of its own.
 *
 * `ByteStream` → a small `Duplex` that `node:tls` reads and writes → TLS → `ByteStream`.
 * TLS 1.2 and 1.3 only (RFC 8996).
 */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import tls from "node:tls";
import type { ByteStream } from "./byte_stream.ts";

/** Bytes read from the transport at a time: a TLS record is 16 KiB at most. */
const TRANSPORT_READ_BYTES = 32_768;

/** Decrypted bytes that may wait for a reader before the transport is paused. */
const MAX_WAITING_BYTES = 65_536;

/** A certificate chain and its key, both PEM. */
export interface ServerIdentity {
  readonly certPem: string;
  readonly keyPem: string;
}

/** What `acceptTls` needs to be told. */
export interface AcceptTlsOptions {
  readonly identity: SecureIdentity;
  /** Offered by ALPN, preferred first. */
  readonly protocols: readonly string[];
  /** Milliseconds for the handshake. */
  readonly timeoutMs: number;
}

/** A parsed identity: made once a leaf, used for every connection to its host. */
export type SecureIdentity = tls.SecureContext;

/** Parses a leaf and its key for use in handshakes. */
export function secureIdentity(identity: ServerIdentity): SecureIdentity {
  return tls.createSecureContext({
    cert: identity.certPem,
    key: identity.keyPem,
    minVersion: "TLSv1.2",
  });
}

/** A client's connection after its TLS handshake. */
export interface AcceptedTls {
  readonly stream: ByteStream;
  /** The protocol agreed by ALPN; undefined where the client offered none of ours. */
  readonly protocol: string | undefined;
  /** The socket itself, for `node:http2`; using it and `stream` together is an error. */
  readonly socket: tls.TLSSocket;
}

/**
 * Runs the server's side of a TLS handshake over `transport`.
 *
 * @throws {Error} if the client breaks it off or it takes too long; `transport` is then closed
 */
export function acceptTls(
  transport: ByteStream,
  options: AcceptTlsOptions,
): Promise<AcceptedTls> {
  const duplex = new TransportDuplex(transport);
  const socket = new tls.TLSSocket(
    duplex as unknown as ConstructorParameters<typeof tls.TLSSocket>[0],
    {
      isServer: true,
      secureContext: options.identity,
      ALPNProtocols: [...options.protocols],
    },
  );
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error("Cannot finish TLS handshake: the client took too long")),
      options.timeoutMs,
    );
    const fail = (error?: Error) => {
      clearTimeout(timer);
      transport.close();
      reject(error ?? new Error("Cannot finish TLS handshake: the client closed the connection"));
    };
    socket.once("error", fail);
    socket.once("close", fail);
    socket.once("secure", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      socket.off("close", fail);
      resolve({
        stream: new TlsServerStream(socket, transport),
        protocol: socket.alpnProtocol || undefined,
        socket,
      });
    });
  });
}

/** What `node:tls` sees as its network. */
class TransportDuplex extends Duplex {
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

/** The decrypted side of a `TLSSocket` as a `ByteStream`. */
class TlsServerStream implements ByteStream {
  readonly remoteAddress: string;
  readonly #socket: tls.TLSSocket;
  readonly #transport: ByteStream;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #started = false;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: tls.TLSSocket, transport: ByteStream) {
    this.#socket = socket;
    this.#transport = transport;
    this.remoteAddress = transport.remoteAddress;
    socket.on("error", (error) => {
      this.#error ??= error;
      this.#signal();
    });
  }

  async read(into: Uint8Array): Promise<number> {
    if (!this.#started) this.#start();
    while (this.#waiting.length === 0) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return 0;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    let filled = 0;
    while (filled < into.length && this.#waiting.length > 0) {
      const piece = this.#waiting[0]!;
      const length = Math.min(piece.length, into.length - filled);
      into.set(length === piece.length ? piece : piece.subarray(0, length), filled);
      filled += length;
      if (length === piece.length) this.#waiting.shift();
      else this.#waiting[0] = piece.subarray(length);
    }
    const wasFull = this.#waitingBytes >= MAX_WAITING_BYTES;
    this.#waitingBytes -= filled;
    if (wasFull && this.#waitingBytes < MAX_WAITING_BYTES) this.#socket.resume();
    return filled;
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(resolve));
  }

  close(): void {
    this.#ended = true;
    this.#socket.destroy();
    this.#transport.close();
    this.#signal();
  }

  /** Not in the constructor: `node:http2` may take the socket instead. */
  #start(): void {
    this.#started = true;
    this.#socket.on("data", (piece: Uint8Array) => {
      this.#waiting.push(piece);
      this.#waitingBytes += piece.length;
      if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#socket.pause();
      this.#signal();
    });
    const end = () => {
      this.#ended = true;
      this.#signal();
    };
    this.#socket.on("end", end);
    this.#socket.on("close", end);
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
