/**
 * One exchange in HTTP/1.1: request to the origin, answer to the client, both scanned on their way.
 *
 * Request body and answer move at the same time: an origin may answer, or stream, before it has read
 * everything. A pooled connection that turns out closed is replaced once, and only for a request
 * without a body whose method may be repeated (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
 */
import { type BodyFraming, requestFraming, responseFraming } from "../http1/body_framing.ts";
import { BodyReader } from "../http1/body_reader.ts";
import { encodeChunk } from "../http1/chunked.ts";
import { wantsKeepAlive } from "../http1/hop_by_hop.ts";
import { HttpError } from "../http1/http_error.ts";
import {
  type RequestHead,
  type ResponseHead,
  serializeRequestHead,
  serializeResponseHead,
} from "../http1/message_head.ts";
import { formatAuthority } from "../http1/request_target.ts";
import { BlockedError } from "./blocked_error.ts";
import { bodyFilter, mayRedact } from "./body_filter.ts";
import type { Client } from "./client.ts";
import type { Exchange } from "./exchange.ts";
import { inspectAnswerHead, inspectTrailers } from "./inspect_answer.ts";
import { type Stage, stageLimitMs } from "./limits.ts";
import type { OriginConnection } from "./origin_pool.ts";
import { passBody, SinkError } from "./pass_body.ts";
import type { Proxy } from "./proxy.ts";
import { brokenAnswer, readAnswer, StaleConnectionError } from "./read_answer.ts";
import { refusalEvent } from "./refuse.ts";
import {
  acceptedUpgrade,
  outgoingAnswer,
  type OutgoingFraming,
  outgoingInterim,
  outgoingRequest,
  outgoingUpgrade,
} from "./outgoing_head.ts";
import { passUpgrade } from "./upgrade.ts";

/** What has happened to the connection after an exchange. */
export type AfterExchange = "keep" | "close" | "taken_over";

/** What `forward` needs besides the client and its request. */
export interface ForwardOptions {
  /** Of the request, unread. */
  readonly body: BodyReader;
  readonly exchange: Exchange;
  /** In origin-form. */
  readonly path: string;
  readonly proxy: Proxy;
}

/**
 * Carries out one exchange.
 *
 * @throws {HttpError | DialError} while no part of the answer has reached the client
 * @throws {BrokenExchangeError} after that: all that is left is to close the connection
 */
export async function forward(
  client: Client,
  head: RequestHead,
  { body, exchange, path, proxy }: ForwardOptions,
): Promise<AfterExchange> {
  const received = requestFraming(head);
  const { origin } = exchange;
  const isChunked = received.kind === "chunked" || (received.kind === "length" && mayRedact(proxy));
  const sent = isChunked ? "chunked" : "bare";
  const forwardProxy = proxy.pool.forwardProxy(origin);
  const request = outgoingRequest(head, { origin, path, framing: sent, forwardProxy });
  const options = { client, head, request, received, body, sent, exchange, proxy } as const;
  const connection = await proxy.pool.acquire(origin);
  try {
    return await new Forwarding(options, connection).run();
  } catch (error) {
    if (!(error instanceof StaleConnectionError)) throw error;
    return await new Forwarding(options, await proxy.pool.dial(origin)).run();
  }
}

/** An answer broke off after its head had reached the client. */
export class BrokenExchangeError extends Error {
  override readonly name = "BrokenExchangeError";
}

interface ForwardingOptions {
  readonly client: Client;
  readonly head: RequestHead;
  /** The same request as the origin gets it. */
  readonly request: RequestHead;
  readonly received: BodyFraming;
  readonly body: BodyReader;
  /** How its body is sent to the origin. */
  readonly sent: OutgoingFraming;
  readonly exchange: Exchange;
  readonly proxy: Proxy;
}

/** An exchange on one origin connection. */
class Forwarding {
  readonly #options: ForwardingOptions;
  readonly #client: Client;
  readonly #head: RequestHead;
  readonly #exchange: Exchange;
  readonly #proxy: Proxy;
  readonly #connection: OriginConnection;
  #stage: Stage = "upload";
  #expired: Stage | undefined;
  #isUploaded = false;
  #uploadError: unknown;
  #isHeadSent = false;
  #isInterimPending = false;
  #isClientGone = false;
  #isOver = false;
  /** The stage took too long. */
  readonly #expire = (): void => {
    const { buffered } = this.#client;
    // Where nothing is awaited of the client, it is the origin that takes no more.
    this.#expired = this.#stage === "upload" && !buffered.isReading ? "answer" : this.#stage;
    this.#connection.buffered.stream.close();
    // A client that takes nothing can't be told anything either.
    if (this.#isHeadSent || this.#isInterimPending) buffered.stream.close();
  };

  constructor(options: ForwardingOptions, connection: OriginConnection) {
    this.#options = options;
    this.#client = options.client;
    this.#head = options.head;
    this.#exchange = options.exchange;
    this.#proxy = options.proxy;
    this.#connection = connection;
  }

  async run(): Promise<AfterExchange> {
    const { stream } = this.#connection.buffered;
    this.#enter("upload");
    const upload = this.#upload();
    try {
      const answer = await readAnswer(this.#connection, {
        origin: this.#exchange.origin,
        request: this.#head,
        hasBody: this.#options.received.kind !== "none",
        onInterim: (answer) => this.#passInterim(answer),
      });
      if (answer.status === 101) return await this.#takeOver(answer);
      const after = await this.#download(answer);
      if (!this.#isUploaded) {
        // The origin answered without reading everything. What is left has no reader.
        stream.close();
        return "close";
      }
      return after;
    } catch (error) {
      stream.close();
      throw this.#explain(error);
    } finally {
      this.#isOver = true;
      this.#client.deadline.clear();
      if (!this.#isUploaded) {
        stream.close();
        this.#client.deadline.set(
          this.#proxy.limits.lingerMs,
          () => this.#client.buffered.stream.close(),
        );
      }
      if (this.#options.received.kind === "none" || this.#isUploaded) await upload;
      else upload.catch(() => {});
    }
  }

  /** Sends head and body. Its errors are kept: the answer decides what the client is told. */
  async #upload(): Promise<void> {
    const { client, exchange, proxy } = this.#options;
    const { buffered } = this.#connection;
    const preamble = serializeRequestHead(this.#options.request);
    exchange.bytesOut += preamble.length;
    const hasBody = this.#options.received.kind !== "none";
    const filter = hasBody
      ? bodyFilter(proxy, exchange, { direction: "outbound", headers: this.#head.headers })
      : undefined;
    try {
      if (!hasBody) await buffered.stream.write(preamble);
      else {
        await passBody({
          source: client.buffered,
          reader: this.#options.body,
          sink: buffered.stream,
          preamble,
          framing: this.#options.sent,
          filter,
          onProgress: (bytes) => {
            exchange.bytesOut += bytes;
            if (this.#stage === "upload") this.#enter("upload");
          },
          onTrailers: (trailers) =>
            inspectTrailers(trailers, { exchange, proxy, direction: "outbound" }),
          onHeadSent: () => {},
        });
      }
      this.#isUploaded = true;
      this.#watchClient();
      if (this.#stage === "upload") this.#enter("answer");
    } catch (error) {
      this.#uploadError = error;
      // The origin may have closed its side because it has already said no: its answer counts.
      if (!(error instanceof SinkError)) buffered.stream.close();
    } finally {
      filter?.close();
    }
  }

  /**
   * An origin need not go on for a client that has gone. What can be told from a client that only says
   * that it has nothing more to ask: a reset; and the end of TLS, where nobody half-closes.
   */
  #watchClient(): void {
    const { buffered, entrance } = this.#client;
    const abandon = () => {
      if (this.#isOver) return;
      this.#isClientGone = true;
      this.#connection.buffered.stream.close();
    };
    buffered.watch().then((isAlive) => {
      if (!isAlive && entrance.scheme === "https") abandon();
    }, abandon);
  }

  async #passInterim(answer: ResponseHead): Promise<void> {
    // RFC 9110 §15.2: an HTTP/1.0 client knows no interim answers.
    if (this.#head.version === "1.0") return;
    inspectAnswerHead(answer.headers, { exchange: this.#exchange, proxy: this.#proxy });
    this.#isInterimPending = true;
    await this.#client.buffered.stream.write(serializeResponseHead(outgoingInterim(answer)));
    this.#isInterimPending = false;
  }

  async #download(answer: ResponseHead): Promise<AfterExchange> {
    const { client, exchange, proxy } = this.#options;
    const framing = responseFraming(answer, this.#head.method);
    inspectAnswerHead(answer.headers, { exchange, proxy });
    this.#enter("download");
    const isClientOld = this.#head.version === "1.0";
    // A body that ends with its connection is put in chunks: where it breaks off, that can be seen.
    const isReframed = framing.kind !== "length" && framing.kind !== "none" ||
      framing.kind === "length" && mayRedact(proxy);
    const toClient = !isReframed ? "bare" : isClientOld ? "until_close" : "chunked";
    // RFC 9112 §9.3: a proxy keeps no connection to an HTTP/1.0 client.
    const after = isClientOld || proxy.draining.aborted ||
        !wantsKeepAlive(this.#head.version, this.#head.headers) || !this.#expectsUpload(answer)
      ? "close"
      : "keep";
    const preamble = serializeResponseHead(outgoingAnswer(answer, {
      requestVersion: this.#head.version,
      received: framing,
      framing: toClient,
      after,
    }));
    exchange.bytesIn += preamble.length;
    if (framing.kind === "none") {
      this.#noteHeadSent(answer);
      await client.buffered.stream.write(preamble);
    } else {
      const filter = bodyFilter(proxy, exchange, { direction: "inbound", headers: answer.headers });
      try {
        await passBody({
          source: this.#connection.buffered,
          reader: new BodyReader(framing, { fault: "origin" }),
          sink: client.buffered.stream,
          preamble,
          framing: toClient,
          filter,
          onProgress: (bytes) => {
            exchange.bytesIn += bytes;
            this.#enter("download");
          },
          onTrailers: (trailers) =>
            inspectTrailers(trailers, { exchange, proxy, direction: "inbound" }),
          onHeadSent: () => this.#noteHeadSent(answer),
        });
      } catch (error) {
        if (error instanceof BlockedError && this.#isHeadSent) {
          await this.#sayBlockedInStream(error, { answer, toClient });
        }
        throw error;
      } finally {
        filter.close();
      }
    }
    const canReuse = framing.kind !== "close" && this.#isUploaded &&
      wantsKeepAlive(answer.version, answer.headers);
    if (canReuse) proxy.pool.release(exchange.origin, this.#connection);
    else this.#connection.buffered.stream.close();
    return after;
  }

  /** An event stream that is cut first says why, in an event that its provider's clients know. */
  async #sayBlockedInStream(
    error: BlockedError,
    { answer, toClient }: { answer: ResponseHead; toClient: OutgoingFraming },
  ): Promise<void> {
    const event = refusalEvent(error, { answer, requestId: this.#exchange.id });
    if (event === undefined) return;
    const bytes = toClient === "chunked" ? encodeChunk(event) : event;
    await this.#client.buffered.stream.write(bytes);
  }

  /** 101: the connections no longer carry HTTP. */
  async #takeOver(answer: ResponseHead): Promise<AfterExchange> {
    const { client, exchange, proxy } = this.#options;
    const upgrade = acceptedUpgrade(this.#head, answer);
    if (upgrade === undefined) throw brokenAnswer(exchange.origin, "it changes protocol unasked");
    if (!this.#isUploaded) {
      throw brokenAnswer(exchange.origin, "it changes protocol in the middle of the request");
    }
    inspectAnswerHead(answer.headers, { exchange, proxy });
    const preamble = serializeResponseHead(outgoingUpgrade(answer, upgrade));
    exchange.bytesIn += preamble.length;
    this.#noteHeadSent(answer);
    await client.buffered.stream.write(preamble);
    this.#isOver = true;
    await passUpgrade(client, this.#connection.buffered, { exchange, proxy, answer });
    return "taken_over";
  }

  /** Whether the request body has arrived, or can be expected to before the answer ends. */
  #expectsUpload(answer: ResponseHead): boolean {
    if (this.#isUploaded) return true;
    const isRefused = answer.status >= 300 || this.#head.headers.has("expect");
    return this.#uploadError === undefined && !isRefused;
  }

  #noteHeadSent(answer: ResponseHead): void {
    this.#isHeadSent = true;
    this.#exchange.status = answer.status;
  }

  /** Sets the time limit that belongs to a stage. */
  #enter(stage: Stage): void {
    this.#stage = stage;
    this.#client.deadline.set(stageLimitMs(this.#proxy.limits, stage), this.#expire);
  }

  /** What a failure looks like from the client's side. */
  #explain(error: unknown): unknown {
    if (this.#isHeadSent || this.#isClientGone) {
      return new BrokenExchangeError(
        "Cannot finish an exchange whose client has begun to read or has gone",
        { cause: error },
      );
    }
    if (this.#expired === "upload") {
      return new HttpError(408, "client", "Cannot forward the request: its body did not arrive");
    }
    if (this.#expired !== undefined) {
      const label = formatAuthority(this.#exchange.origin);
      return new HttpError(504, "origin", `Cannot reach "${label}": no answer in time`);
    }
    const isReason = this.#uploadError instanceof HttpError ||
      this.#uploadError instanceof BlockedError;
    return isReason ? this.#uploadError : error;
  }
}
