/**
 * One exchange in HTTP/2: a client's stream to a stream of the origin, both scanned on their way.
 *
 * As `forward.ts`, for streams: request and answer move at the same time, flow control goes from one
 * side to the other, trailers and resets are passed on. Never translated from or to HTTP/1.1, where
 * the two disagree on what a message's end is. A stream that the origin refused unread goes again
 * once, if none of its body was sent (RFC 9113 §8.7).
 */
import { HeaderList } from "../http1/header_list.ts";
import { HttpError } from "../http1/http_error.ts";
import { formatAuthority } from "../http1/request_target.ts";
import type { ClientStream } from "../http2/client_session.ts";
import {
  CANCEL,
  ENHANCE_YOUR_CALM,
  HTTP_1_1_REQUIRED,
  INTERNAL_ERROR,
  type MessageStream,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  StreamResetError,
} from "../http2/message_stream.ts";
import type { OriginAnswer, OriginExchange } from "../http2/origin_session.ts";
import type { Deadline } from "../net/deadlines.ts";
import { BlockedError } from "./blocked_error.ts";
import { bodyFilter, mayRedact } from "./body_filter.ts";
import { endBlockedGrpc, isGrpc } from "./blocked_grpc.ts";
import type { Exchange } from "./exchange.ts";
import { inspectAnswerHead, inspectTrailers } from "./inspect_answer.ts";
import { type Stage, stageLimitMs } from "./limits.ts";
import { CONTENT_LENGTH, DROPPED_FROM_ANSWERS } from "./outgoing_head.ts";
import { passStream } from "./pass_stream.ts";
import type { Proxy } from "./proxy.ts";
import { refusalEvent } from "./refuse.ts";

/** What an exchange in HTTP/2 needs to be told. */
export interface ForwardHttp2Options {
  readonly method: string;
  /** In origin-form, secrets redacted. */
  readonly path: string;
  readonly headers: HeaderList;
  readonly exchange: Exchange;
  readonly proxy: Proxy;
  readonly deadline: Deadline;
}

interface StreamForwardingOptions extends ForwardHttp2Options {
  /** Whether a stream that the origin refused unread is to go again. */
  readonly mayRepeat: boolean;
}

/**
 * Resets that tell the client what to do, so that they are passed on as they are while there is no
 * answer: send it again, send less, or use HTTP/1.1. RFC 9113 §7
 */
const TELLING_CODES = new Set([REFUSED_STREAM, ENHANCE_YOUR_CALM, HTTP_1_1_REQUIRED]);

const HOST = new Set(["host"]);

/**
 * Carries out one exchange.
 *
 * @throws {HttpError | DialError | BlockedError} while no part of the answer has reached the client;
 * after that the stream is reset here
 */
export async function forwardHttp2(
  client: ClientStream,
  options: ForwardHttp2Options,
): Promise<void> {
  const first = new StreamForwarding(client, { ...options, mayRepeat: true });
  if (await first.run() === "done") return;
  await new StreamForwarding(client, { ...options, mayRepeat: false }).run();
}

class StreamForwarding {
  readonly #client: ClientStream;
  readonly #options: StreamForwardingOptions;
  #expired: Stage | undefined;
  #stage: Stage = "upload";
  #isHeadSent = false;
  #uploadError: unknown;
  #isBodySent = false;
  #isAnswered = false;

  constructor(client: ClientStream, options: StreamForwardingOptions) {
    this.#client = client;
    this.#options = options;
  }

  async run(): Promise<"done" | "refused_unread"> {
    const origin = await this.#request();
    this.#enter("upload", origin.body);
    this.#client.body.onClose(() => {
      const code = this.#client.body.resetCode ?? NO_ERROR;
      // A connection that was lost closes its streams without an error too.
      if (code !== NO_ERROR || !this.#isAnswered) origin.body.abort(code || CANCEL);
    });
    const upload = this.#upload(origin.body);
    try {
      await this.#download(await origin.answer, origin.body);
      this.#isAnswered = true;
      await this.#endUpload(origin.body, upload);
      return "done";
    } catch (error) {
      const isRefused = error instanceof StreamResetError && error.code === REFUSED_STREAM;
      const mayRepeat = this.#options.mayRepeat && !this.#isHeadSent && !this.#isBodySent;
      if (isRefused && mayRepeat) return "refused_unread";
      origin.body.abort();
      this.#fail(error);
      return "done";
    } finally {
      this.#options.deadline.clear();
    }
  }

  async #request(): Promise<OriginExchange> {
    const { exchange, proxy, method, path } = this.#options;
    const headers = mayRedact(proxy)
      ? this.#options.headers.without(CONTENT_LENGTH)
      : this.#options.headers;
    const session = await proxy.pool.acquireSession(exchange.origin);
    const pseudo = {
      ":method": method,
      ":scheme": "https",
      ":authority": formatAuthority({ ...exchange.origin, defaultPort: 443 }),
      ":path": path,
    };
    exchange.bytesOut += fieldBytes(headers) + path.length + method.length;
    return session.request({
      pseudo,
      headers: headers.without(HOST),
      hasBody: this.#client.hasBody,
      onInterim: ({ pseudo, headers }) => this.#passInterim(Number(pseudo.get(":status")), headers),
    });
  }

  #passInterim(status: number, headers: HeaderList): void {
    try {
      inspectAnswerHead(headers, this.#options);
      this.#client.sendInterim(status, headers.without(DROPPED_FROM_ANSWERS));
    } catch (error) {
      // Told to the client with the final answer, which is not waited for any longer.
      this.#uploadError ??= error;
      this.#client.body.abort();
    }
  }

  /** Sends the body. Its errors are kept: the answer decides what the client is told. */
  async #upload(sink: MessageStream): Promise<void> {
    const { exchange, proxy, headers } = this.#options;
    if (this.#client.hasBody === "no_body") return this.#enter("answer", sink);
    const filter = bodyFilter(proxy, exchange, { direction: "outbound", headers });
    try {
      await passStream(this.#client.body, sink, {
        filter,
        expectedBytes: contentLength(headers),
        onProgress: (bytes) => {
          exchange.bytesOut += bytes;
          if (this.#stage === "upload") this.#enter("upload", sink);
        },
        onWrite: () => this.#isBodySent = true,
        onTrailers: (trailers) =>
          inspectTrailers(trailers, { exchange, proxy, direction: "outbound" }),
      });
      if (this.#stage === "upload") this.#enter("answer", sink);
    } catch (error) {
      this.#uploadError ??= error;
      const isOriginsEnd = error instanceof StreamResetError && sink.resetCode !== undefined;
      // An origin that has answered without reading everything may close its side: RFC 9113 §8.1.
      if (!isOriginsEnd) sink.abort();
    } finally {
      filter.close();
    }
  }

  /** The answer is complete: where the origin reads no further, the client needn't send the rest. */
  async #endUpload(origin: MessageStream, upload: Promise<void>): Promise<void> {
    await Promise.race([upload, origin.closed()]);
    this.#client.body.discardRest();
  }

  async #download({ head, hasBody }: OriginAnswer, source: MessageStream): Promise<void> {
    const { exchange, proxy } = this.#options;
    const { headers } = head;
    inspectAnswerHead(headers, { exchange, proxy });
    this.#enter("download", source);
    exchange.bytesIn += fieldBytes(headers);
    const respond = () => {
      if (this.#isHeadSent) return;
      this.#isHeadSent = true;
      exchange.status = Number(head.pseudo.get(":status"));
      const sent = headers.without(DROPPED_FROM_ANSWERS);
      this.#client.respond({
        status: exchange.status,
        headers: mayRedact(proxy) && hasBody === "body" ? sent.without(CONTENT_LENGTH) : sent,
        hasBody,
      });
    };
    if (hasBody === "no_body") return respond();
    const filter = bodyFilter(proxy, exchange, { direction: "inbound", headers });
    try {
      await passStream(source, this.#client.body, {
        filter,
        expectedBytes: this.#options.method === "HEAD" ? undefined : contentLength(headers),
        onProgress: (bytes) => {
          exchange.bytesIn += bytes;
          this.#enter("download", source);
        },
        onWrite: respond,
        onTrailers: (trailers) =>
          inspectTrailers(trailers, { exchange, proxy, direction: "inbound" }),
      });
    } catch (error) {
      if (error instanceof BlockedError && this.#isHeadSent) {
        return await this.#sayBlocked(error, headers);
      }
      throw error;
    } finally {
      filter.close();
    }
  }

  /** An answer that is cut says why, where its format has a way to; it is never ended as if whole. */
  async #sayBlocked(error: BlockedError, headers: HeaderList): Promise<void> {
    const { body } = this.#client;
    const requestId = this.#options.exchange.id;
    if (isGrpc(headers)) return endBlockedGrpc(body, error);
    const event = refusalEvent(error, { answer: { headers }, requestId });
    if (event !== undefined) await body.write(event);
    body.abort();
  }

  /** Sets the time limit that belongs to a stage. */
  #enter(stage: Stage, origin: MessageStream): void {
    this.#stage = stage;
    const { deadline, proxy: { limits } } = this.#options;
    deadline.set(stageLimitMs(limits, stage), () => {
      this.#expired = stage;
      origin.abort();
    });
  }

  /** @throws what the client is to be told, as long as it can be */
  #fail(error: unknown): void {
    const { body } = this.#client;
    if (this.#isHeadSent) return body.abort(resetForClient(error));
    // The client has gone, and knows.
    if (body.resetCode !== undefined) return;
    if (this.#uploadError instanceof BlockedError || this.#uploadError instanceof HttpError) {
      throw this.#uploadError;
    }
    const { origin } = this.#options.exchange;
    const label = formatAuthority(origin);
    if (this.#expired === "upload") {
      throw new HttpError(408, "client", "Cannot forward the request: its body did not arrive");
    }
    if (this.#expired !== undefined) {
      throw new HttpError(504, "origin", `Cannot reach "${label}": no answer in time`);
    }
    if (!(error instanceof StreamResetError)) throw error;
    if (TELLING_CODES.has(error.code)) {
      this.#options.exchange.status = 503;
      return body.abort(error.code);
    }
    throw new HttpError(
      502,
      "origin",
      `Cannot read the answer of "${label}": it reset the stream (code ${error.code})`,
      { cause: error },
    );
  }
}

/**
 * What an answer that broke off is reset with. Not by NO_ERROR or CANCEL, which an origin that closes
 * its connection seems to send: Node's clients take both for the proper end of an answer. So does
 * `node:http2` here of an origin's NO_ERROR: without a content-length nothing tells it from an end.
 */
function resetForClient(error: unknown): number {
  const code = error instanceof StreamResetError ? error.code : INTERNAL_ERROR;
  return code === NO_ERROR || code === CANCEL ? INTERNAL_ERROR : code;
}

/** About the bytes of fields as HPACK counts them. RFC 7541 §4.1 */
function fieldBytes({ entries }: HeaderList): number {
  let bytes = 0;
  for (const [name, value] of entries) bytes += name.length + value.length;
  return bytes;
}

/**
 * The length that a message claims; undefined if it claims none.
 *
 * @throws {StreamResetError} if it claims several: RFC 9113 §8.1.1
 */
function contentLength(headers: HeaderList): number | undefined {
  const values = headers.getAll("content-length");
  if (values.length === 0) return undefined;
  if (values.length > 1 || !/^\d{1,15}$/.test(values[0]!)) {
    throw new StreamResetError(PROTOCOL_ERROR);
  }
  return Number(values[0]);
}
