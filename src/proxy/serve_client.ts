/**
 * Serves one client connection: request after request, until either side is done.
 *
 * The proxy's best property is here: what comes out of a decrypted tunnel is a client connection like
 * any other and is served by the same function again.
 */
import { HttpError } from "../http1/http_error.ts";
import { requestFraming } from "../http1/body_framing.ts";
import { BodyReader } from "../http1/body_reader.ts";
import { wantsKeepAlive } from "../http1/hop_by_hop.ts";
import { parseRequestHead, type RequestHead } from "../http1/message_head.ts";
import { authenticateHead } from "./authenticate.ts";
import { callsOnAbort } from "./calls_on_abort.ts";
import type { Client } from "./client.ts";
import { connect, CONNECTION_ESTABLISHED } from "./connect.ts";
import { decide, type Decision } from "./decide.ts";
import { type AfterExchange, BrokenExchangeError, forward } from "./forward.ts";
import { inspectRequestHead, openExchange } from "./inspect_request.ts";
import { logUnexpected } from "./log_unexpected.ts";
import type { Proxy } from "./proxy.ts";
import { refusalOf, serializeRefusal } from "./refuse.ts";

/**
 * Serves a connection to its end and closes it.
 *
 * Never rejects for what a peer did: a broken connection is how many end. Errors of our own are
 * logged here.
 */
export async function serveClient(client: Client, proxy: Proxy): Promise<void> {
  try {
    while (true) {
      const head = await readRequestHead(client, proxy);
      if (head === undefined) return;
      const after = await serveRequest(client, head, proxy);
      if (after === "taken_over") return;
      if (after === "close") return await closeAfterAnswer(client, proxy);
    }
  } catch (error) {
    logUnexpected(error, proxy);
  } finally {
    client.deadline.clear();
    client.buffered.stream.close();
  }
}

/**
 * Reads the next request head; undefined when the connection has ended or was refused.
 */
async function readRequestHead(client: Client, proxy: Proxy): Promise<RequestHead | undefined> {
  const { buffered, deadline } = client;
  const { limits, draining } = proxy;
  const close = () => buffered.stream.close();
  deadline.set(limits.clientIdleMs, close);
  // An idle connection has nothing to lose when the worker drains.
  const closedByDrain = callsOnAbort(draining);
  closedByDrain.add(close);
  let hasBegun = false;
  try {
    while (true) {
      if (!hasBegun && hasRequestBegun(buffered.queue.peek())) {
        hasBegun = true;
        closedByDrain.delete(close);
        deadline.set(limits.headMs, () => void expireHead(client, proxy));
      }
      const head = hasBegun ? parseRequestHead(buffered.queue) : undefined;
      if (head !== undefined) return head;
      if (draining.aborted && !hasBegun) return undefined;
      if (!await buffered.fill()) {
        if (!hasBegun) return undefined;
        throw new HttpError(400, "client", "Cannot read the request: it ends within its head");
      }
    }
  } catch (error) {
    if (error instanceof HttpError) {
      await refuse(client, error, { proxy, requestId: proxy.newId() });
    }
    return undefined;
  } finally {
    closedByDrain.delete(close);
    deadline.clear();
  }
}

/** Whether there is more than the empty lines that may stand before a request. RFC 9112 §2.2. */
function hasRequestBegun(bytes: Uint8Array): boolean {
  return bytes.length > 4 || bytes.some((byte) => byte !== 0x0d && byte !== 0x0a);
}

/** The head did not arrive in time: says so and closes, which ends the pending read. */
async function expireHead(client: Client, proxy: Proxy): Promise<void> {
  const error = new HttpError(408, "client", "Cannot read the request: its head did not arrive");
  await refuse(client, error, { proxy, requestId: proxy.newId() });
  client.buffered.stream.close();
}

async function serveRequest(
  unknownClient: Client,
  head: RequestHead,
  proxy: Proxy,
): Promise<AfterExchange> {
  let client = unknownClient;
  let decision: Decision;
  let body: BodyReader | undefined;
  try {
    body = new BodyReader(requestFraming(head), { fault: "client" });
    client = knownClient(unknownClient, head, proxy);
    decision = decide(head, client.entrance, proxy.routing);
  } catch (error) {
    return await refuse(client, error, { proxy, requestId: proxy.newId(), head, body });
  }
  const exchange = openExchange(client, head, { decision, proxy });
  try {
    const inspected = inspectRequestHead(head, { decision, exchange, proxy });
    if (decision.kind === "forward") {
      const { head, path } = inspected;
      return await forward(client, head, { body, exchange, path, proxy });
    }
    await connect(client, {
      authority: decision.authority,
      intercept: decision.intercept,
      exchange,
      proxy,
      serve: (inner) => serveClient(inner, proxy),
      established: CONNECTION_ESTABLISHED,
    });
    return "taken_over";
  } catch (error) {
    if (error instanceof BrokenExchangeError || exchange.status !== 0) {
      logUnexpected(error, proxy);
      return "taken_over";
    }
    exchange.status = refusalOf(error).status;
    return await refuse(client, error, { proxy, requestId: exchange.id, head, body });
  } finally {
    exchange.finish();
  }
}

/**
 * The client by the name it gives. Inside a tunnel it has given it already.
 *
 * @throws {HttpError} 407 if it must give the token and does not
 */
function knownClient(client: Client, head: RequestHead, { config }: Proxy): Client {
  if (client.entrance.tunnel !== undefined) return client;
  const label = authenticateHead(head, config.proxyToken);
  return label === undefined ? client : { ...client, source: label };
}

interface RefuseOptions {
  readonly proxy: Proxy;
  readonly requestId: string;
  /** Undefined when there was no head to be read: the connection then can't go on. */
  readonly head?: RequestHead;
  /** As far as it has been read; undefined where its framing is broken. */
  readonly body?: BodyReader | undefined;
}

/** Answers an error, and keeps the connection where the request can be read to its end. */
async function refuse(
  client: Client,
  error: unknown,
  { proxy, requestId, head, body }: RefuseOptions,
): Promise<AfterExchange> {
  const refusal = refusalOf(error);
  if (refusal.status === 500) logUnexpected(error, proxy);
  else proxy.log.debug(`Refused request ${requestId} with ${refusal.status}: ${refusal.detail}`);
  const mayKeep = head !== undefined && body !== undefined && head.version === "1.1" &&
    !proxy.draining.aborted &&
    wantsKeepAlive(head.version, head.headers) && refusal.status !== 400 && refusal.status !== 408;
  const close = mayKeep && await discardBody(client, { head, body, proxy }) ? "keep" : "close";
  const method = head?.method;
  try {
    await client.buffered.stream.write(
      serializeRefusal(refusal, { requestId, close, ...(method === undefined ? {} : { method }) }),
    );
  } catch {
    // The client is gone: nobody to answer.
    return "close";
  }
  return close;
}

/**
 * Reads what is left of a refused request's body; false if that is too long, too slow or broken to go
 * on behind it. The exchange that was refused may be reading it still, on its way to nobody.
 */
async function discardBody(
  { buffered, deadline }: Client,
  { head, body, proxy: { limits } }: { head: RequestHead; body: BodyReader; proxy: Proxy },
): Promise<boolean> {
  const framing = requestFraming(head);
  if (body.done || framing.kind === "none") return true;
  // RFC 9110 §10.1.1: a client that waits for 100 may send its body after a refusal, or not.
  if (head.headers.has("expect")) return false;
  if (framing.kind === "length" && framing.length > limits.discardBytes) return false;
  const isLate = Promise.withResolvers<false>();
  deadline.set(limits.lingerMs, () => isLate.resolve(false));
  try {
    let discarded = 0;
    while (discarded <= limits.discardBytes) {
      const part = body.read(buffered.queue);
      if (part?.kind === "end") return true;
      if (part === undefined && !await Promise.race([buffered.fill(), isLate.promise])) {
        return false;
      }
      discarded += part?.bytes.length ?? 0;
    }
  } catch {
    // Broken framing or a broken connection: it can't be used again.
  } finally {
    deadline.clear();
  }
  return false;
}

/**
 * Closes in the order that lets an answer arrive: our side first, then what the client still sends
 * is read for a moment, since unread bytes would turn the close into a reset. RFC 9112 §9.6.
 */
export async function closeAfterAnswer(
  { buffered, deadline }: Pick<Client, "buffered" | "deadline">,
  { limits }: Pick<Proxy, "limits">,
): Promise<void> {
  deadline.set(limits.lingerMs, () => buffered.stream.close());
  try {
    await buffered.stream.closeWrite();
    let read = 0;
    while (read < limits.discardBytes && await buffered.fill()) {
      read += buffered.queue.length;
      buffered.queue.skip(buffered.queue.length);
    }
  } catch {
    // Closed by the client or by the time limit: that is the end we are waiting for.
  }
}
