/** A `Deno.Conn`, plain or TLS as a client, as a `ByteStream`. */
import type { ByteStream } from "./byte_stream.ts";

/** A byte stream over a connection of Deno's own. */
export class TcpStream implements ByteStream {
  readonly remoteAddress: string;
  readonly #connection: Deno.Conn;
  #closed = false;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
    this.remoteAddress = (connection.remoteAddr as Deno.NetAddr).hostname;
  }

  async read(into: Uint8Array): Promise<number> {
    return await this.#connection.read(into) ?? 0;
  }

  async write(bytes: Uint8Array): Promise<void> {
    let written = await this.#connection.write(bytes);
    while (written < bytes.length) {
      written += await this.#connection.write(bytes.subarray(written));
    }
  }

  async closeWrite(): Promise<void> {
    if (!this.#closed) await this.#connection.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }
}
