/** HTTP/2 to an origin, over a connection that has agreed on `h2` by ALPN. RFC 9113. */
import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { Duplex } from "node:stream";
import type { HeaderList } from "../http1/header_list.ts";
import { type HeaderBlock, headerObject, readHeaderBlock } from "./header_block.ts";
import { CANCEL, MessageStream, StreamResetError } from "./message_stream.ts";

/** What a client may be offered at once; the origin's own limit is kept besides. */
const CONNECT_SETTINGS = { enablePush: false } as const;

/** The final head of an answer. */
export interface OriginAnswer {
  readonly head: HeaderBlock;
  /** Whether the head is the whole answer. */
  readonly hasBody: "body" | "no_body";
}

/** A request on its way; the answer's parts come as they arrive. */
export interface OriginExchange {
  readonly body: MessageStream;
  /** Rejects with a `StreamResetError` if there is none. */
  readonly answer: Promise<OriginAnswer>;
}

/** A request to send. */
export interface OriginRequest {
  readonly pseudo: Readonly<Record<string, string>>;
  readonly headers: HeaderList;
  /** Whether the head is the whole request. */
  readonly hasBody: "body" | "no_body";
  /** Called with each interim answer (1xx). */
  readonly onInterim: (head: HeaderBlock) => void;
}

/** One connection to an origin, shared by many exchanges. */
export class OriginSession {
  readonly #session: ClientHttp2Session;
  #isUsable = true;
  #open = 0;
  /** Resolves when the origin has said how many streams it takes; rejects if it never does. */
  readonly ready: Promise<void>;
  readonly #onFreed: () => void;

  /**
   * @param authority the origin's URL: `https://example.com:443`
   * @param onFreed called when an exchange has ended, or the session
   */
  constructor(authority: string, transport: Duplex, onFreed: () => void) {
    this.#onFreed = onFreed;
    this.#session = connect(authority, {
      createConnection: () => transport,
      settings: CONNECT_SETTINGS,
    });
    const retire = () => {
      this.#isUsable = false;
      onFreed();
    };
    this.ready = new Promise((resolve, reject) => {
      this.#session.once("remoteSettings", () => resolve());
      this.#session.once("close", () => reject(new Error("it closed the HTTP/2 connection")));
    });
    this.ready.catch(() => {});
    this.#session.on("goaway", retire);
    this.#session.on("close", retire);
    // Told to the exchanges by their streams; without a listener it would end the worker.
    this.#session.on("error", retire);
  }

  /** Whether another exchange can begin here now. */
  get isUsable(): boolean {
    const limit = this.#session.remoteSettings?.maxConcurrentStreams ?? Infinity;
    return !this.isRetired && this.#open < limit;
  }

  /** Whether the connection carries exchanges now. */
  get isIdle(): boolean {
    return this.#open === 0;
  }

  /** Whether it has ended, or will with its last exchange. */
  get isRetired(): boolean {
    return !this.#isUsable || this.#session.closed || this.#session.destroyed;
  }

  /** Keeps a place for the next `request()`. */
  reserve(): void {
    this.#open++;
  }

  /** Begins an exchange in a place that was reserved. */
  request({ pseudo, headers, hasBody, onInterim }: OriginRequest): OriginExchange {
    const stream = this.#session.request(headerObject(pseudo, headers), {
      endStream: hasBody === "no_body",
      waitForTrailers: hasBody === "body",
    });
    stream.on("close", () => {
      this.#open--;
      this.#onFreed();
    });
    const body = new MessageStream(stream);
    const answer = new Promise<OriginAnswer>((resolve, reject) => {
      stream.on("response", (head: unknown, flags: number, raw?: string[]) => {
        const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
        resolve({ head: readHeaderBlock(head, raw), hasBody: isWhole ? "no_body" : "body" });
      });
      stream.on(
        "headers",
        (head: unknown, _flags: unknown, raw?: string[]) => onInterim(readHeaderBlock(head, raw)),
      );
      stream.on("close", () => reject(new StreamResetError(stream.rstCode ?? CANCEL)));
    });
    return { body, answer };
  }

  /** Lets open exchanges end, then closes. */
  close(): void {
    this.#isUsable = false;
    if (!this.#session.destroyed) this.#session.close();
  }

  /** Ends everything at once. */
  destroy(): void {
    this.#isUsable = false;
    this.#session.destroy();
  }
}
