/**
 * Serves one client connection that has agreed on HTTP/2: stream after stream, many at a time.
 *
 * The tunnel's authority decides where a request goes, as in `serve_client.ts`; requests are judged
 * by the same functions. RFC 9113.
 */
import type { Duplex } from "node:stream";
import { HttpError } from "../http1/http_error.ts";
import type { RequestHead } from "../http1/message_head.ts";
import { ClientSession, type ClientStream } from "../http2/client_session.ts";
import { StreamResetError } from "../http2/message_stream.ts";
import { isGrpc, respondGrpc } from "./blocked_grpc.ts";
import { callsOnAbort } from "./calls_on_abort.ts";
import type { Client } from "./client.ts";
import { decide } from "./decide.ts";
import { forwardHttp2 } from "./forward_http2.ts";
import { inspectRequestHead, openExchange } from "./inspect_request.ts";
import { logUnexpected } from "./log_unexpected.ts";
import type { Proxy } from "./proxy.ts";
import { problemAnswer, refusalOf } from "./refuse.ts";

/** What browsers and servers offer: RFC 9113 §6.5.2 advises at least 100. */
const MAX_STREAMS = 128;
/** As HTTP/1.1 heads have. */
const MAX_HEAD_BYTES = 65_536;
const MAX_FIELDS = 256;

/** Serves a connection to its end. Never rejects for what a peer did. */
export async function serveHttp2(client: Client, socket: Duplex, proxy: Proxy): Promise<void> {
  const { deadline } = client;
  const { limits, draining } = proxy;
  const session: ClientSession = new ClientSession(socket, {
    maxStreams: MAX_STREAMS,
    maxHeadBytes: MAX_HEAD_BYTES,
    onStream: (stream) => serveStream(stream, client, proxy),
    onIdle: () => deadline.set(limits.clientIdleMs, () => session.destroy()),
    onBusy: () => deadline.clear(),
  });
  deadline.set(limits.clientIdleMs, () => session.destroy());
  const finish = () => session.finish();
  const finishedByDrain = callsOnAbort(draining);
  finishedByDrain.add(finish);
  try {
    if (draining.aborted) finish();
    await session.closed;
  } finally {
    finishedByDrain.delete(finish);
    deadline.clear();
  }
}

async function serveStream(stream: ClientStream, client: Client, proxy: Proxy): Promise<void> {
  let requestId: string | undefined;
  try {
    const head = requestHead(stream);
    const decision = decide(head, client.entrance, proxy.routing);
    if (decision.kind === "connect") {
      throw new HttpError(501, "client", "Cannot open a tunnel inside a tunnel");
    }
    const exchange = openExchange(client, head, { decision, proxy });
    requestId = exchange.id;
    using deadline = proxy.deadlines.create();
    try {
      const inspected = inspectRequestHead(head, { decision, exchange, proxy });
      await forwardHttp2(stream, {
        method: head.method,
        path: inspected.path,
        headers: inspected.head.headers,
        exchange,
        proxy,
        deadline,
      });
    } catch (error) {
      exchange.status = refusalOf(error).status;
      throw error;
    } finally {
      exchange.finish();
    }
  } catch (error) {
    await refuseStream(stream, error, { proxy, requestId: requestId ?? proxy.newId() });
  }
}

/** The head as the rest of the proxy knows it; `:authority` stands in for `Host`. RFC 9113 §8.3.1 */
function requestHead({ head: { pseudo, headers } }: ClientStream): RequestHead {
  if (headers.entries.length > MAX_FIELDS) {
    throw new HttpError(431, "client", `Cannot read the request: over ${MAX_FIELDS} headers`);
  }
  const method = pseudo.get(":method");
  const path = pseudo.get(":path");
  const authority = pseudo.get(":authority") ?? headers.get("host");
  if (method === undefined || path === undefined || authority === undefined) {
    throw new HttpError(400, "client", "Cannot read the request: a pseudo-header is missing");
  }
  const hosts = headers.getAll("host");
  if (hosts.some((host) => host.toLowerCase() !== authority.toLowerCase())) {
    throw new HttpError(400, "client", "Cannot read the request: Host and :authority differ");
  }
  return { method, target: path, version: "1.1", headers: headers.with("host", authority) };
}

async function refuseStream(
  stream: ClientStream,
  error: unknown,
  { proxy, requestId }: { readonly proxy: Proxy; readonly requestId: string },
): Promise<void> {
  const refusal = refusalOf(error);
  if (refusal.status === 500) logUnexpected(error, proxy);
  try {
    if (isGrpc(stream.head.headers)) {
      respondGrpc(stream, refusal);
    } else {
      const isHead = stream.head.pseudo.get(":method") === "HEAD";
      const { headers, body } = problemAnswer(refusal, requestId);
      const { status } = refusal;
      stream.respond({ status, headers, hasBody: isHead ? "no_body" : "body" });
      if (!isHead) {
        await stream.body.write(body);
        stream.body.end();
      }
    }
    stream.body.discardRest();
  } catch (failure) {
    if (!(failure instanceof StreamResetError)) throw failure;
    // The client has gone: nobody to answer.
  }
}
