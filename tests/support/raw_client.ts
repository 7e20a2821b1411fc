/** An HTTP/1.1 client that sends what it is told and reads answers with a parser of its own. */
import { bytesOf } from "./latin1_bytes.ts";
import { latin1 } from "./stream_pair.ts";

/** An answer as the client got it. */
export interface RawAnswer {
  readonly status: number;
  /** Start line and fields, without the empty line. */
  readonly head: string;
  /** Lower-case names; of several fields of a name, the last. */
  readonly headers: Readonly<Record<string, string>>;
  /** After the transfer coding; latin1. */
  readonly body: string;
  /** Field lines after the last chunk. */
  readonly trailers: string;
}

const READ_DEADLINE_MS = 10_000;

/** One client connection. */
export class RawClient {
  #connection: Deno.TcpConn | Deno.TlsConn;
  /** Read and not yet used; latin1. */
  #unused = "";
  #isClosed = false;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects to a port of 127.0.0.1. */
  static async connect(port: number): Promise<RawClient> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new RawClient(connection);
  }

  /** Opens a tunnel. @throws {Error} if the answer is not 200 */
  async openTunnel(authority: string): Promise<void> {
    await this.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    const { status, body } = await this.readAnswer("CONNECT");
    if (status !== 200) throw new Error(`Cannot open a tunnel: ${status} ${body}`);
  }

  /** Goes on in TLS; resolves when the handshake is done. */
  async startTls(serverName: string, caPem: string): Promise<void> {
    const tls = await Deno.startTls(this.#connection as Deno.TcpConn, {
      hostname: serverName.replace(/^\[|\]$/g, ""),
      caCerts: [caPem],
    });
    this.#connection = tls;
    await tls.handshake();
  }

  async send(text: string): Promise<void> {
    const bytes = bytesOf(text);
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** Sends a request and reads its answer. */
  async ask(text: string): Promise<RawAnswer> {
    await this.send(text);
    return await this.readAnswer(text.slice(0, text.indexOf(" ")));
  }

  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }

  /** Reads until `marker` has come; returns all up to and with it. @throws {Error} at the end */
  async readUntil(marker: string): Promise<string> {
    let at: number;
    while ((at = this.#unused.indexOf(marker)) < 0) {
      if (!await this.#fill()) {
        throw new Error(`Cannot read ${JSON.stringify(marker)}: ended after "${this.#unused}"`);
      }
    }
    return this.#take(at + marker.length);
  }

  /** Reads exactly `count` bytes. @throws {Error} at the end */
  readBytes(count: number): Promise<string> {
    return this.#read(count);
  }

  /** Reads to the end of the connection; a reset rejects. */
  async readToEnd(): Promise<string> {
    while (await this.#fill());
    return this.#take(this.#unused.length);
  }

  /** Reads to the end, whether clean or by a reset. */
  async readRest(): Promise<string> {
    try {
      return await this.readToEnd();
    } catch {
      return this.#take(this.#unused.length);
    }
  }

  /** Reads one answer. @throws {Error} if it is cut short */
  async readAnswer(method = "GET"): Promise<RawAnswer> {
    const head = (await this.readUntil("\r\n\r\n")).slice(0, -4);
    const [line = "", ...fields] = head.split("\r\n");
    const headers = Object.fromEntries(fields.map((field) => {
      const [name = "", value = ""] = field.split(/: ?(.*)/s, 2);
      return [name.toLowerCase(), value];
    }));
    const status = Number(line.split(" ")[1]);
    const hasBody = status >= 200 && status !== 204 && status !== 304 && method !== "HEAD" &&
        method !== "CONNECT" || method === "CONNECT" && status >= 300;
    const base = { status, head, headers, trailers: "" };
    if (!hasBody) return { ...base, body: "" };
    if (headers["transfer-encoding"] === "chunked") return { ...base, ...await this.#readChunks() };
    const length = headers["content-length"];
    const body = length === undefined ? await this.readToEnd() : await this.#read(Number(length));
    return { ...base, body };
  }

  async #readChunks(): Promise<{ body: string; trailers: string }> {
    let body = "";
    while (true) {
      const size = parseInt(await this.readUntil("\r\n"), 16);
      if (size === 0) break;
      body += await this.#read(size);
      if (await this.#read(2) !== "\r\n") throw new Error("Cannot read a chunk: no CRLF after it");
    }
    let trailers = "";
    for (let line = ""; (line = await this.readUntil("\r\n")) !== "\r\n";) trailers += line;
    return { body, trailers };
  }

  async #read(count: number): Promise<string> {
    while (this.#unused.length < count) {
      if (!await this.#fill()) {
        throw new Error(`Cannot read ${count} bytes: ended after ${this.#unused.length}`);
      }
    }
    return this.#take(count);
  }

  #take(count: number): string {
    const taken = this.#unused.slice(0, count);
    this.#unused = this.#unused.slice(count);
    return taken;
  }

  async #fill(): Promise<boolean> {
    const buffer = new Uint8Array(65_536);
    const timer = setTimeout(() => this.close(), READ_DEADLINE_MS);
    try {
      const length = await this.#connection.read(buffer);
      if (length === null) return false;
      this.#unused += latin1(buffer.subarray(0, length));
      return true;
    } finally {
      clearTimeout(timer);
    }
  }
}
