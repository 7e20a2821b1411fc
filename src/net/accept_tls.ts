/**
 * Server-side TLS on a connection that was already accepted: the one file with `node:tls`, because
 * Deno has no such API of its own.
 *
 * `ByteStream` → a `Duplex` that `node:tls` reads and writes → TLS → `ByteStream`.
 * TLS 1.2 and 1.3 only (RFC 8996).
 */
import tls from "node:tls";
import type { ByteStream } from "./byte_stream.ts";
import { TransportDuplex } from "./transport_duplex.ts";

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
export interface SecureIdentity extends ServerIdentity {
  readonly context: tls.SecureContext;
}

/** Parses a leaf and its key for use in handshakes. */
export function secureIdentity({ certPem, keyPem }: ServerIdentity): SecureIdentity {
  const context = tls.createSecureContext({ cert: certPem, key: keyPem, minVersion: "TLSv1.2" });
  return { certPem, keyPem, context };
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
  return options.protocols.includes("h2")
    ? acceptByServer(transport, options)
    : acceptBySocket(transport, options);
}

/** The quick way, for sockets that stay with us. */
function acceptBySocket(transport: ByteStream, options: AcceptTlsOptions): Promise<AcceptedTls> {
  const duplex = new TransportDuplex(transport, { reusesBuffer: true });
  const socket = new tls.TLSSocket(
    duplex as unknown as ConstructorParameters<typeof tls.TLSSocket>[0],
    {
      isServer: true,
      secureContext: options.identity.context,
      ALPNProtocols: [...options.protocols],
    },
  );
  return settle(transport, options.timeoutMs, {
    expire: (error) => socket.destroy(error),
    start: (done, fail) => {
      socket.once("error", fail);
      socket.once("close", fail);
      socket.once("secure", () => {
        socket.off("error", fail);
        socket.off("close", fail);
        done(socket);
      });
    },
  });
}

/**
 * The way for sockets that may become HTTP/2: in Deno, `node:http2` takes only those that a TLS
 * server has accepted. The server costs 0.3 ms, which a connection of many streams doesn't notice.
 */
function acceptByServer(transport: ByteStream, options: AcceptTlsOptions): Promise<AcceptedTls> {
  const { certPem, keyPem } = options.identity;
  const duplex = new TransportDuplex(transport, { reusesBuffer: true });
  const server = tls.createServer({
    cert: certPem,
    key: keyPem,
    minVersion: "TLSv1.2",
    ALPNProtocols: [...options.protocols],
  });
  return settle(transport, options.timeoutMs, {
    expire: (error) => duplex.destroy(error),
    start: (done, fail) => {
      server.once("tlsClientError", fail);
      duplex.once("error", fail);
      duplex.once("close", fail);
      server.once("secureConnection", (socket) => {
        duplex.off("close", fail);
        done(socket);
      });
      server.emit("connection", duplex);
    },
  });
}

interface Handshake {
  readonly start: (done: (socket: tls.TLSSocket) => void, fail: (error?: Error) => void) => void;
  readonly expire: (error: Error) => void;
}

function settle(
  transport: ByteStream,
  timeoutMs: number,
  { start, expire }: Handshake,
): Promise<AcceptedTls> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => expire(new Error("Cannot finish TLS handshake: the client took too long")),
      timeoutMs,
    );
    const fail = (error?: Error) => {
      clearTimeout(timer);
      transport.close();
      reject(error ?? new Error("Cannot finish TLS handshake: the client closed the connection"));
    };
    const done = (socket: tls.TLSSocket) => {
      clearTimeout(timer);
      const protocol = socket.alpnProtocol || undefined;
      resolve({ stream: new TlsServerStream(socket, transport), protocol, socket });
    };
    start(done, fail);
  });
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
