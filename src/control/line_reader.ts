/**
 * A connection → lines of text, each within a limit; deadlines are the owner's. Both ends of the control socket
 * read with it. Bytes that are no UTF-8 become U+FFFD, which no JSON parser takes.
 */

const NEWLINE = 0x0a;
const READ_BYTES = 4096;

/** How long a line may be. */
export interface LineReaderOptions {
  /** Without the line feed. */
  readonly maxLineBytes: number;
}

/** Reads lines from one connection, which stays its owner's. */
export class LineReader {
  readonly #connection: Pick<Deno.Conn, "read">;
  readonly #maxLineBytes: number;
  /** Bytes after the last line that was returned. */
  #pending = new Uint8Array(0);

  constructor(connection: Pick<Deno.Conn, "read">, options: LineReaderOptions) {
    this.#connection = connection;
    this.#maxLineBytes = options.maxLineBytes;
  }

  /**
   * Resolves to the next line, without its line feed; to undefined at the end of the stream. A
   * line cut off by the end is none.
   *
   * @throws {RangeError} if the line is longer than allowed; nothing can be read after it.
   */
  async readLine(): Promise<string | undefined> {
    const block = new Uint8Array(READ_BYTES);
    let searched = 0;
    for (;;) {
      const end = this.#pending.indexOf(NEWLINE, searched);
      if ((end < 0 ? this.#pending.length : end) > this.#maxLineBytes) {
        throw new RangeError(
          `Cannot read line: it is longer than ${this.#maxLineBytes} bytes, the most there may be`,
        );
      }
      if (end >= 0) {
        const line = new TextDecoder().decode(this.#pending.subarray(0, end));
        this.#pending = this.#pending.slice(end + 1);
        return line;
      }
      searched = this.#pending.length;
      const read = await this.#connection.read(block);
      if (read === null) return undefined;
      const joined = new Uint8Array(searched + read);
      joined.set(this.#pending);
      joined.set(block.subarray(0, read), searched);
      this.#pending = joined;
    }
  }
}
