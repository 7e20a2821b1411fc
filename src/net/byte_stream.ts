/**
 * A duplex stream of bytes: TCP, TLS as a client, TLS as a server. All the proxy knows of sockets.
 */

/** A connection, whatever carries it. Closing twice is allowed. */
export interface ByteStream {
  /** The peer's address without port (`127.0.0.1`, `::1`). */
  readonly remoteAddress: string;
  /** Reads at most `into.length` bytes; resolves to their number, or to 0 at the end of the stream. */
  read(into: Uint8Array): Promise<number>;
  /** Resolves when all of `bytes` has been taken over by the transport. `bytes` may then be reused. */
  write(bytes: Uint8Array): Promise<void>;
  /** Half-close: no more bytes from here; reading goes on. */
  closeWrite(): Promise<void>;
  /** Drops the connection; pending reads and writes reject or end. */
  close(): void;
}
