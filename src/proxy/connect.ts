/**
 * A tunnel to an authority (CONNECT, SOCKS5): what becomes of it.
 *
 * The origin is dialled and its TLS finished before the client is told that the tunnel stands, so
 * that an origin that cannot be reached or trusted is an error that says why. After that the first
 * bytes decide:
 *
 * ```
 * intercept ─ origin speaks TLS ─┬─ ClientHello ─ server TLS ─ serve again as https
 *           │                    └─ anything else: closed (plain bytes for a TLS port)
 *           └─ it is not, or 80 ──┬─ HTTP request ─ serve again as http
 *                                 └─ anything else, or the origin speaks first ─ blind relay
 * bypass, --no-mitm ─ blind relay
 * ```
 *
 * A certificate failure never falls back to anything, and TLS is never let through unread to an origin
 * that did not speak it a moment ago.
 */
import { HeaderList } from "../http1/header_list.ts";
import { serializeResponseHead } from "../http1/message_head.ts";
import { type Authority, formatAuthority } from "../http1/request_target.ts";
import { DialError } from "../net/dial.ts";
import type { BufferedStream } from "./buffered_stream.ts";
import type { Client } from "./client.ts";
import type { Exchange } from "./exchange.ts";
import { intercept } from "./intercept.ts";
import type { Protocol } from "./origin_pool.ts";
import type { Proxy } from "./proxy.ts";
import { type FirstBytes, firstBytes, relayTunnel } from "./tunnel.ts";

/** What a tunnel needs to be told. */
export interface TunnelOptions {
  readonly authority: Authority;
  readonly exchange: Exchange;
  readonly proxy: Proxy;
  /** Serves the decrypted or plain HTTP inside the tunnel: `serveClient`. */
  readonly serve: (client: Client) => Promise<void>;
}

/** How a tunnel is opened. */
export interface ConnectOptions extends TunnelOptions {
  readonly intercept: boolean;
  /** What tells the client that the tunnel stands. */
  readonly established: Uint8Array;
}

const PLAIN_HTTP_PORT = 80;

/** What the far end of a new tunnel turned out to speak. */
type FarEnd =
  | { readonly kind: "tls"; readonly protocol: Protocol }
  | { readonly kind: "raw"; readonly origin: BufferedStream };

/** The answer to a CONNECT. RFC 9110 §9.3.6. */
export const CONNECTION_ESTABLISHED = serializeResponseHead({
  version: "1.1",
  status: 200,
  reason: "Connection Established",
  headers: HeaderList.from([]),
});

/**
 * Opens a tunnel and serves it to its end.
 *
 * @throws {DialError} before the client is told that the tunnel stands
 */
export async function connect(client: Client, options: ConnectOptions): Promise<void> {
  const farEnd = options.intercept ? await dialOrigin(options) : await dialBlind(options);
  options.exchange.status = 200;
  client.deadline.set(options.proxy.limits.handshakeMs, () => client.buffered.stream.close());
  try {
    await client.buffered.stream.write(options.established);
  } catch (error) {
    if (farEnd.kind === "raw") farEnd.origin.stream.close();
    throw error;
  }
  if (farEnd.kind === "tls") return await intercept(client, farEnd.protocol, options);
  if (!options.intercept) return await relayTunnel(client, farEnd.origin, options);
  return await servePlainTunnel(client, farEnd.origin, options);
}

async function dialBlind({ authority, proxy }: TunnelOptions): Promise<FarEnd> {
  return { kind: "raw", origin: await proxy.pool.dialRaw(authority) };
}

async function dialOrigin(options: TunnelOptions): Promise<FarEnd> {
  const { authority, proxy } = options;
  // Nearly always plain; and a server that waits for a request would answer TLS with silence.
  if (authority.port === PLAIN_HTTP_PORT) return await dialBlind(options);
  try {
    const protocol = await proxy.pool.prepare({ scheme: "https", ...authority });
    return { kind: "tls", protocol };
  } catch (error) {
    if (!(error instanceof DialError && error.failure === "not_tls")) throw error;
    return await dialBlind(options);
  }
}

/** The origin is not TLS: HTTP is served as HTTP, the rest is relayed blind. */
async function servePlainTunnel(
  client: Client,
  origin: BufferedStream,
  options: TunnelOptions,
): Promise<void> {
  const { authority, exchange, proxy } = options;
  let first: FirstBytes | undefined;
  // Nothing has been said: a tunnel opened ahead of its use may wait as any idle connection.
  client.deadline.set(proxy.limits.clientIdleMs, () => client.buffered.stream.close());
  try {
    first = await firstBytes(client.buffered, origin);
  } catch (error) {
    origin.stream.close();
    throw error;
  }
  if (first?.from !== "client" || first.protocol === "ssh" || first.protocol === "unknown") {
    return await relayTunnel(client, origin, options);
  }
  origin.stream.close();
  if (first.protocol === "http") {
    exchange.finish();
    return await options.serve({ ...client, entrance: { scheme: "http", tunnel: authority } });
  }
  if (authority.port === PLAIN_HTTP_PORT) {
    const spoken = await proxy.pool.prepare({ scheme: "https", ...authority });
    return await intercept(client, spoken, options);
  }
  proxy.log.warning(
    `Cannot serve a tunnel to "${formatAuthority(authority)}" for ${client.source}: ` +
      "the client speaks TLS and the origin did not answer in TLS",
  );
}
