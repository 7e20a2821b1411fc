/**
 * CONNECT: what becomes of a tunnel.
 *
 * The origin is dialled and its TLS finished before the client gets its `200`, so that an origin that
 * cannot be reached or trusted is a `502` to the CONNECT. After that the client's first bytes decide:
 *
 * ```
 * intercept ─ origin speaks TLS ─┬─ ClientHello ─ server TLS ─ serve again as https
 *           │                    └─ anything else: closed (plain bytes for a TLS port)
 *           └─ origin is not TLS ─┬─ HTTP request ─ serve again as http
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
import { acceptTls } from "../net/accept_tls.ts";
import {
  type ClientHello,
  looksLikeTls,
  MAX_CLIENT_HELLO_BYTES,
  parseClientHello,
} from "../net/client_hello.ts";
import { DialError } from "../net/dial.ts";
import { relay } from "../net/relay.ts";
import { BufferedStream } from "./buffered_stream.ts";
import type { Client } from "./client.ts";
import type { Exchange } from "./exchange.ts";
import type { Protocol } from "./origin_pool.ts";
import type { Proxy } from "./proxy.ts";
import { serveHttp2 } from "./serve_http2.ts";

/** The first bytes of an HTTP/1.1 request: a method and a space. RFC 9112 §3. */
const HTTP_REQUEST_REGEXP = /^[A-Z]{3,16} /;

/** What a tunnel needs to be told. */
export interface ConnectOptions {
  readonly authority: Authority;
  readonly exchange: Exchange;
  readonly proxy: Proxy;
  /** Serves the decrypted or plain HTTP inside the tunnel: `serveClient`. */
  readonly serve: (client: Client) => Promise<void>;
}

/** What the far end of a new tunnel turned out to speak. */
type FarEnd = { readonly kind: "tls"; readonly protocol: Protocol } | {
  readonly kind: "raw";
  readonly origin: BufferedStream;
};

/**
 * Opens a tunnel and serves it to its end.
 *
 * @throws {DialError} before the `200`
 */
export async function connect(
  client: Client,
  intercept: boolean,
  options: ConnectOptions,
): Promise<void> {
  const farEnd = intercept ? await dialOrigin(options) : await dialBlind(options);
  options.exchange.status = 200;
  client.deadline.set(options.proxy.limits.handshakeMs, () => client.buffered.stream.close());
  try {
    await client.buffered.stream.write(ESTABLISHED);
  } catch (error) {
    if (farEnd.kind === "raw") farEnd.origin.stream.close();
    throw error;
  }
  if (farEnd.kind === "tls") return await interceptTls(client, farEnd.protocol, options);
  if (!intercept) return await tunnel(client, farEnd.origin, options);
  return await servePlainTunnel(client, farEnd.origin, options);
}

const ESTABLISHED = serializeResponseHead({
  version: "1.1",
  status: 200,
  reason: "Connection Established",
  headers: HeaderList.from([]),
});

async function dialBlind({ authority, proxy }: ConnectOptions): Promise<FarEnd> {
  return { kind: "raw", origin: await proxy.pool.dialRaw(authority) };
}

async function dialOrigin(options: ConnectOptions): Promise<FarEnd> {
  const { authority, proxy } = options;
  try {
    const protocol = await proxy.pool.prepare({ scheme: "https", ...authority });
    return { kind: "tls", protocol };
  } catch (error) {
    if (!(error instanceof DialError && error.failure === "not_tls")) throw error;
    return await dialBlind(options);
  }
}

/** Decrypts the tunnel and serves what is in it as any client connection. */
async function interceptTls(
  client: Client,
  spoken: Protocol,
  options: ConnectOptions,
): Promise<void> {
  const { authority, proxy, exchange } = options;
  const transport = client.buffered;
  const hello = await readClientHello(transport);
  if (hello === undefined) return refuseNotTls(client, options);
  // A leaf for the name the client asks for: where that isn't the tunnel's, a 421 says so in HTTP.
  const identity = await proxy.identities.identityFor(hello.serverName ?? authority.host);
  let accepted;
  try {
    accepted = await acceptTls(transport.unread(), {
      identity,
      protocols: spoken === "h2" && hello.protocols.includes("h2")
        ? ["h2", "http/1.1"]
        : ["http/1.1"],
      timeoutMs: proxy.limits.handshakeMs,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    proxy.log.warning(
      `Cannot decrypt a tunnel to "${
        formatAuthority(authority)
      }" for ${client.source}: the client ` +
        `broke off the handshake (${reason}); does it trust ca.crt? If it pins its certificate, add ` +
        `"${authority.host}" to mitm_bypass`,
    );
    return;
  }
  proxy.counters.intercepted++;
  exchange.finish();
  const inner: Client = {
    ...client,
    buffered: new BufferedStream(accepted.stream),
    entrance: { scheme: "https", tunnel: authority, serverName: hello.serverName },
  };
  if (accepted.protocol === "h2") await serveHttp2(inner, accepted.socket, proxy);
  else await options.serve(inner);
}

/** Reads a whole ClientHello and leaves it in the queue; undefined if the client sends none. */
async function readClientHello(transport: BufferedStream): Promise<ClientHello | undefined> {
  while (true) {
    const bytes = transport.queue.peek();
    if (bytes.length > 0) {
      if (!looksLikeTls(bytes) || bytes.length > MAX_CLIENT_HELLO_BYTES) return undefined;
      try {
        const hello = parseClientHello(bytes);
        if (hello !== undefined) return hello;
      } catch (error) {
        if (error instanceof SyntaxError) return undefined;
        throw error;
      }
    }
    if (!await transport.fill()) return undefined;
  }
}

function refuseNotTls(client: Client, { authority, proxy }: ConnectOptions): void {
  if (client.buffered.queue.length === 0) return;
  proxy.log.warning(
    `Cannot serve a tunnel to "${formatAuthority(authority)}" for ${client.source}: the origin ` +
      "speaks TLS and the client does not",
  );
}

/** The origin is not TLS: HTTP is served as HTTP, the rest is relayed blind. */
async function servePlainTunnel(
  client: Client,
  origin: BufferedStream,
  options: ConnectOptions,
): Promise<void> {
  const first = await firstToSpeak(client.buffered, origin);
  if (first === "client") {
    const bytes = client.buffered.queue.peek();
    const start = String.fromCharCode(...bytes.subarray(0, 20));
    if (HTTP_REQUEST_REGEXP.test(start)) {
      origin.stream.close();
      options.exchange.finish();
      return await options.serve({
        ...client,
        entrance: { scheme: "http", tunnel: options.authority },
      });
    }
    if (looksLikeTls(bytes)) {
      origin.stream.close();
      options.proxy.log.warning(
        `Cannot serve a tunnel to "${formatAuthority(options.authority)}" for ${client.source}: ` +
          "the client speaks TLS and the origin did not answer in TLS",
      );
      return;
    }
  }
  await tunnel(client, origin, options);
}

/** Reads from both sides until one has sent something. */
async function firstToSpeak(
  client: BufferedStream,
  origin: BufferedStream,
): Promise<"client" | "origin"> {
  if (client.queue.length > 0) return "client";
  return await Promise.race([
    client.watch().then(() => "client" as const),
    origin.watch().then(() => "origin" as const),
  ]);
}

/** Relays without looking inside; the destination is logged. */
async function tunnel(
  client: Client,
  origin: BufferedStream,
  { authority, exchange, proxy }: ConnectOptions,
): Promise<void> {
  proxy.counters.tunnelled++;
  proxy.log.info(`Tunnel from ${client.source} to "${formatAuthority(authority)}", not decrypted`);
  const isQuiet = () =>
    client.deadline.set(proxy.limits.streamIdleMs, () => {
      client.buffered.stream.close();
      origin.stream.close();
    });
  isQuiet();
  const totals = await relay(client.buffered.unread(), origin.unread(), { onActivity: isQuiet });
  exchange.bytesOut += totals.fromClient;
  exchange.bytesIn += totals.fromOrigin;
  proxy.counters.unscannedBytes += totals.fromClient + totals.fromOrigin;
}
