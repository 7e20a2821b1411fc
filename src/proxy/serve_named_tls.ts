/**
 * TLS that comes straight to the port, without CONNECT: led here by `iptables REDIRECT` or a hosts file.
 *
 * The server name that the client asks for (SNI, RFC 6066 §3) is the origin, at `sni_port`. An origin
 * that can't be reached or trusted is answered inside the TLS, in HTTP: there is no other place for it.
 */
import { HttpError } from "../http1/http_error.ts";
import { type Authority, parseAuthority } from "../http1/request_target.ts";
import { DialError } from "../net/dial.ts";
import type { Client } from "./client.ts";
import { type TunnelOptions } from "./connect.ts";
import { shouldIntercept } from "./decide.ts";
import { inspectAuthority, openTunnel } from "./inspect_request.ts";
import { intercept, readClientHello } from "./intercept.ts";
import type { Protocol } from "./origin_pool.ts";
import type { Proxy } from "./proxy.ts";
import { refusalOf } from "./refuse.ts";
import { relayTunnel } from "./tunnel.ts";

/** Serves one client to its end. */
export async function serveNamedTls(
  client: Client,
  proxy: Proxy,
  serve: (client: Client) => Promise<void>,
): Promise<void> {
  const { limits, log, config } = proxy;
  client.deadline.set(limits.handshakeMs, () => client.buffered.stream.close());
  const hello = await readClientHello(client.buffered);
  const authority = originOf(hello?.serverName, config.sniPort);
  if (authority === undefined) {
    return log.warning(
      `Cannot tell where TLS from ${client.source} should go: it names no server (SNI)`,
    );
  }
  if (config.proxyToken !== undefined) {
    return log.warning(
      `Cannot serve TLS from ${client.source}: proxy_token is set, and only CONNECT and SOCKS5 can give it`,
    );
  }
  const exchange = openTunnel(client, authority, { method: "TLS", proxy });
  try {
    inspectAuthority(exchange, proxy);
    const options: TunnelOptions = {
      authority,
      exchange,
      proxy,
      serve: (inner) => serve({ ...inner, entrance: { ...inner.entrance, isPortAssumed: true } }),
    };
    if (!shouldIntercept(authority.host, proxy.routing)) {
      const origin = await proxy.pool.dialRaw(authority);
      exchange.status = 200;
      return await relayTunnel(client, origin, options);
    }
    const spoken = await prepare(options);
    exchange.status = 200;
    await intercept(client, spoken, options);
  } catch (error) {
    if (exchange.status !== 0) throw error;
    exchange.status = refusalOf(error).status;
    log.info(`Refused TLS from ${client.source}: ${refusalOf(error).detail}`);
  } finally {
    exchange.finish();
  }
}

function originOf(serverName: string | undefined, port: number): Authority | undefined {
  if (serverName === undefined) return undefined;
  try {
    return parseAuthority(`${serverName}:${port}`);
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}

/** Dials the origin ahead. Its failure comes back with the first request, which can be answered. */
async function prepare({ authority, proxy }: TunnelOptions): Promise<Protocol> {
  try {
    return await proxy.pool.prepare({ scheme: "https", ...authority });
  } catch (error) {
    if (error instanceof DialError) return "http/1.1";
    throw error;
  }
}
