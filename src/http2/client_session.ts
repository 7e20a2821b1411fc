/** HTTP/2 with a client, over a connection that has agreed on `h2` by ALPN. RFC 9113. */
import { constants, createServer, type ServerHttp2Session } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import type { HeaderList } from "../http1/header_list.ts";
import { type HeaderBlock, headerObject, readHeaderBlock } from "./header_block.ts";
import { CANCEL, MessageStream, StreamResetError } from "./message_stream.ts";

/** What is said in a head besides its fields. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: HeaderList;
  /** Whether the head is the whole answer. */
  readonly hasBody: "body" | "no_body";
}

/** One request of a client. */
export class ClientStream {
  readonly head: HeaderBlock;
  /** Whether the head is the whole request. */
  readonly hasBody: "body" | "no_body";
  readonly body: MessageStream;
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, head: HeaderBlock, hasBody: "body" | "no_body") {
    this.#stream = stream;
    this.head = head;
    this.hasBody = hasBody;
    this.body = new MessageStream(stream);
  }

  /** Sends an interim answer (1xx). @throws {StreamResetError} */
  sendInterim(status: number, headers: HeaderList): void {
    this.#assertOpen();
    this.#stream.additionalHeaders(headerObject({ ":status": String(status) }, headers));
  }

  /** Sends the head of the answer. @throws {StreamResetError} if the client has gone */
  respond({ status, headers, hasBody }: AnswerHead): void {
    this.#assertOpen();
    this.#stream.respond(headerObject({ ":status": String(status) }, headers), {
      endStream: hasBody === "no_body",
      waitForTrailers: hasBody === "body",
    });
  }

  #assertOpen(): void {
    if (this.#stream.closed || this.#stream.destroyed) {
      throw new StreamResetError(this.#stream.rstCode ?? CANCEL);
    }
  }
}

/** How a session is held. */
export interface ClientSessionOptions {
  /** Streams that a client may have open at once. */
  readonly maxStreams: number;
  /** Bytes of a decoded header block. */
  readonly maxHeadBytes: number;
  /** Carries out one exchange; must not reject. */
  readonly onStream: (stream: ClientStream) => Promise<void>;
  /** Called when the last open stream has ended, and when the first opens. */
  readonly onIdle: () => void;
  readonly onBusy: () => void;
}

/** Serves one connection. */
export class ClientSession {
  /** Resolves when the connection has ended and every exchange of it. */
  readonly closed: Promise<void>;
  readonly #open = new Set<Promise<void>>();
  #session: ServerHttp2Session | undefined;

  constructor(socket: Duplex, options: ClientSessionOptions) {
    const server = createServer({
      settings: {
        maxConcurrentStreams: options.maxStreams,
        maxHeaderListSize: options.maxHeadBytes,
      },
    });
    const ended = new Promise<void>((resolve) => {
      server.on("session", (session) => {
        this.#session = session;
        session.on("close", resolve);
      });
      socket.on("close", () => resolve());
    });
    this.closed = ended.then(async () => {
      await Promise.all(this.#open);
    });
    // Told by "close" as well; without a listener it would end the worker.
    server.on("sessionError", () => {});
    server.on("stream", (stream, headers, flags, raw?: string[]) => {
      const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      const head = readHeaderBlock(headers, raw);
      this.#serve(new ClientStream(stream, head, isWhole ? "no_body" : "body"), options);
    });
    server.emit("connection", socket);
  }

  /** Takes no more requests and closes when those under way are answered. */
  finish(): void {
    this.#session?.close();
  }

  /** Ends everything at once. */
  destroy(): void {
    this.#session?.destroy();
  }

  #serve(stream: ClientStream, { onStream, onBusy, onIdle }: ClientSessionOptions): void {
    if (this.#open.size === 0) onBusy();
    const served = onStream(stream).finally(() => {
      this.#open.delete(served);
      if (this.#open.size === 0) onIdle();
    });
    this.#open.add(served);
  }
}
