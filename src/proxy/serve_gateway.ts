/**
 * A gateway: a port of this machine that leads to one fixed target, inspected in both directions.
 *
 * ```
 * first bytes ─┬─ an HTTP/1 request ─ served as HTTP, WebSockets with it
 *              ├─ TLS ─ relayed unread, and counted so: a gateway has no name to decrypt it under
 *              └─ anything else, or the target speaks first ─ scanned as it is
 * ```
 *
 * In block mode the end of a raw message that could become a match waits for what follows it: a protocol
 * whose peers take turns can stall there, and is then better left to monitor mode.
 *
 * Whoever can connect may use it: a program that is led here knows of no proxy token. `deny_hosts`,
 * `deny_private` and `upstream_proxy` hold for targets as for any destination. Threats have the
 * protocol `gateway`, those in WebSocket messages too.
 */
import { type Authority, formatAuthority, parseAuthority } from "../http1/request_target.ts";
import { looksLikeTls } from "../net/client_hello.ts";
import { DialError } from "../net/dial.ts";
import { BlockedError } from "./blocked_error.ts";
import type { BufferedStream } from "./buffered_stream.ts";
import type { Client } from "./client.ts";
import { Exchange } from "./exchange.ts";
import { inspectAuthority } from "./inspect_request.ts";
import { logUnexpected } from "./log_unexpected.ts";
import type { Proxy } from "./proxy.ts";
import { refusalOf } from "./refuse.ts";
import { serveClient } from "./serve_client.ts";
import { relayTunnel } from "./tunnel.ts";
import { passRaw } from "./upgrade.ts";

/** A request line is waited for this long; other protocols may well begin with capitals and pause. */
const UNCLEAR_MS = 2_000;
/** Longer than this is no request line. */
const MAX_REQUEST_LINE_BYTES = 16_384;

/** RFC 9112 §3, with the methods that are in use: in capitals. */
const REQUEST_LINE_REGEXP = /^[A-Z]{3,16} [^\s]+ HTTP\/1\.[01]\r?\n/;
/** What could still become a request line. */
const REQUEST_LINE_START_REGEXP = /^[A-Z]{1,16}(?: (?:[^\s]+(?: [HTP/1.0]{0,8}\r?)?)?)?$/;

/** What a client of a gateway speaks; `unclear`: the bytes that would tell have not come. */
export type GatewayProtocol = "http" | "tls" | "raw" | "unclear";

/** Tells what begins with these bytes (at least one). */
export function gatewayProtocol(bytes: Uint8Array): GatewayProtocol {
  if (looksLikeTls(bytes)) return "tls";
  const lineEnd = bytes.indexOf(0x0a);
  if (lineEnd < 0 && bytes.length > MAX_REQUEST_LINE_BYTES) return "raw";
  const line = new TextDecoder("latin1").decode(
    bytes.subarray(0, lineEnd < 0 ? bytes.length : lineEnd + 1),
  );
  if (lineEnd >= 0) return REQUEST_LINE_REGEXP.test(line) ? "http" : "raw";
  return REQUEST_LINE_START_REGEXP.test(line) ? "unclear" : "raw";
}

/**
 * Serves a connection to `target` (`host:port`) to its end and closes it. Never rejects for what a
 * peer did.
 */
export async function serveGateway(client: Client, target: string, proxy: Proxy): Promise<void> {
  const authority = parseAuthority(target);
  const exchange = openGateway(client, authority, proxy);
  try {
    inspectAuthority(exchange, proxy);
    const origin = await proxy.pool.dialRaw(authority);
    exchange.status = 200;
    const protocol = await recognise(client, origin, proxy);
    if (protocol === "http") {
      // The pool dials its own: it may lead through another proxy.
      origin.stream.close();
      const entrance = { scheme: "http", tunnel: authority, isGateway: true } as const;
      return await serveClient({ ...client, entrance }, proxy);
    }
    if (protocol === "raw") await passRaw(client, origin, { exchange, proxy });
    else {
      const serve = (inner: Client) => serveClient(inner, proxy);
      await relayTunnel(client, origin, { authority, exchange, proxy, serve });
    }
    exchange.finish();
  } catch (error) {
    refuse(error, { client, exchange, proxy });
  } finally {
    client.deadline.clear();
    client.buffered.stream.close();
  }
}

function openGateway({ source }: Client, authority: Authority, proxy: Proxy): Exchange {
  return new Exchange(proxy, {
    source,
    protocol: "gateway",
    origin: { scheme: "http", ...authority },
    method: "TCP",
    url: formatAuthority(authority),
    isIntercepted: false,
  });
}

/** Reads until it is clear what the client speaks. The target may be the one who speaks first. */
async function recognise(
  { buffered, deadline }: Client,
  origin: BufferedStream,
  { limits }: Proxy,
): Promise<Exclude<GatewayProtocol, "unclear">> {
  const originSpoke = origin.watch().then(() => {}, () => {});
  const isLate = Promise.withResolvers<void>();
  let mayBeHttp = true;
  const giveUp = () => mayBeHttp = false;
  void originSpoke.then(giveUp);
  void isLate.promise.then(giveUp);
  deadline.set(limits.streamIdleMs, () => {
    buffered.stream.close();
    origin.stream.close();
  });
  for (let hasBegun = false; mayBeHttp;) {
    // A read that fails now fails again where the connection is relayed.
    const more = buffered.fill().catch(() => false);
    if (await Promise.race([more, originSpoke, isLate.promise]) === false) break;
    const { queue } = buffered;
    if (queue.length === 0) continue;
    const protocol = gatewayProtocol(queue.peek());
    if (protocol !== "unclear") return protocol;
    if (!hasBegun) deadline.set(UNCLEAR_MS, isLate.resolve);
    hasBegun = true;
  }
  return "raw";
}

interface RefuseOptions {
  readonly client: Client;
  readonly exchange: Exchange;
  readonly proxy: Proxy;
}

/** There is no protocol to say it in: the connection is closed, the reason logged. */
function refuse(error: unknown, { client, exchange, proxy }: RefuseOptions): void {
  const { status, detail } = refusalOf(error);
  exchange.status = status;
  exchange.finish();
  if (!(error instanceof DialError || error instanceof BlockedError)) {
    return logUnexpected(error, proxy);
  }
  proxy.log.warning(`Refused a connection to a gateway for ${client.source}: ${detail}`);
}
