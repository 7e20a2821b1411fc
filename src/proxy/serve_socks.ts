/** SOCKS5 (RFC 1928, RFC 1929) as a way in: what comes after its dialogue is a tunnel like any other. */
import { parseAuthority } from "../http1/request_target.ts";
import { HttpError } from "../http1/http_error.ts";
import { DialError, type DialFailure } from "../net/dial.ts";
import {
  type Parsed,
  parseSocksCredentials,
  parseSocksGreeting,
  parseSocksRequest,
  serializeSocksReply,
  SOCKS_METHOD,
  SOCKS_REPLY,
  SOCKS_VERSION,
  type SocksRequest,
} from "../net/socks5.ts";
import { isToken, sourceLabel } from "./authenticate.ts";
import { BlockedError } from "./blocked_error.ts";
import type { Client } from "./client.ts";
import { connect } from "./connect.ts";
import { shouldIntercept } from "./decide.ts";
import { inspectAuthority, openTunnel } from "./inspect_request.ts";
import type { Proxy } from "./proxy.ts";
import { refusalOf } from "./refuse.ts";

const DIAL_REPLIES: Readonly<Record<DialFailure, number>> = {
  name: SOCKS_REPLY.hostUnreachable,
  refused: SOCKS_REPLY.refused,
  timeout: SOCKS_REPLY.timedOut,
  loop: SOCKS_REPLY.notAllowed,
  denied: SOCKS_REPLY.notAllowed,
  certificate: SOCKS_REPLY.failure,
  proxy: SOCKS_REPLY.failure,
  not_tls: SOCKS_REPLY.failure,
  tls: SOCKS_REPLY.failure,
};

/** RFC 1929 §2. */
const LOGIN_ACCEPTED = Uint8Array.of(0x01, 0x00);
const LOGIN_REFUSED = Uint8Array.of(0x01, 0x01);

/**
 * Serves one SOCKS5 client to its end.
 *
 * @throws {HttpError} if it does not speak SOCKS5
 */
export async function serveSocks(
  client: Client,
  proxy: Proxy,
  serve: (client: Client) => Promise<void>,
): Promise<void> {
  const { stream } = client.buffered;
  client.deadline.set(proxy.limits.headMs, () => stream.close());
  const source = await logIn(client, proxy);
  if (source === undefined) return;
  const request = await take(client, parseSocksRequest);
  if (request === undefined) return;
  if (request.kind === "unsupported") {
    return await stream.write(serializeSocksReply(SOCKS_REPLY.commandNotSupported));
  }
  client.deadline.clear();
  await openSocksTunnel({ ...client, source }, request, { proxy, serve });
}

/** Agrees on a method. @returns the source's label; undefined if the client may not go on */
async function logIn(client: Client, proxy: Proxy): Promise<string | undefined> {
  const { stream } = client.buffered;
  const { proxyToken } = proxy.config;
  const methods = await take(client, parseSocksGreeting);
  if (methods === undefined) return undefined;
  // Asked for even where any will do: its user name tells agents apart.
  if (methods.includes(SOCKS_METHOD.password)) {
    await stream.write(Uint8Array.of(SOCKS_VERSION, SOCKS_METHOD.password));
    const credentials = await take(client, parseSocksCredentials);
    if (credentials === undefined) return undefined;
    const isAccepted = isToken(credentials.password, proxyToken);
    await stream.write(isAccepted ? LOGIN_ACCEPTED : LOGIN_REFUSED);
    return isAccepted ? sourceLabel(credentials.user) ?? client.source : undefined;
  }
  const isOpen = proxyToken === undefined && methods.includes(SOCKS_METHOD.none);
  const method = isOpen ? SOCKS_METHOD.none : SOCKS_METHOD.unacceptable;
  await stream.write(Uint8Array.of(SOCKS_VERSION, method));
  return isOpen ? client.source : undefined;
}

interface SocksTunnelOptions {
  readonly proxy: Proxy;
  readonly serve: (client: Client) => Promise<void>;
}

async function openSocksTunnel(
  client: Client,
  { host, port }: SocksRequest & { kind: "connect" },
  { proxy, serve }: SocksTunnelOptions,
): Promise<void> {
  const { stream } = client.buffered;
  let authority;
  try {
    authority = parseAuthority(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return await stream.write(serializeSocksReply(SOCKS_REPLY.failure));
  }
  const exchange = openTunnel(client, authority, { method: "SOCKS5", proxy });
  try {
    inspectAuthority(exchange, proxy);
    await connect(client, {
      authority,
      intercept: shouldIntercept(authority.host, proxy.routing),
      exchange,
      proxy,
      serve,
      established: serializeSocksReply(SOCKS_REPLY.succeeded),
    });
  } catch (error) {
    if (exchange.status !== 0) throw error;
    exchange.status = refusalOf(error).status;
    await stream.write(serializeSocksReply(replyOf(error)));
    proxy.log.info(`Refused a SOCKS5 tunnel for ${client.source}: ${refusalOf(error).detail}`);
    if (!(error instanceof DialError || error instanceof BlockedError)) throw error;
  } finally {
    exchange.finish();
  }
}

function replyOf(error: unknown): number {
  if (error instanceof DialError) return DIAL_REPLIES[error.failure];
  return error instanceof BlockedError ? SOCKS_REPLY.notAllowed : SOCKS_REPLY.failure;
}

/** Reads one message; undefined if the client closes before its end. */
async function take<Value>(
  { buffered }: Client,
  parse: (bytes: Uint8Array) => Parsed<Value> | undefined,
): Promise<Value | undefined> {
  while (true) {
    const parsed = parseOrBlame(buffered.queue.peek(), parse);
    if (parsed !== undefined) {
      buffered.queue.skip(parsed.length);
      return parsed.value;
    }
    if (!await buffered.fill()) return undefined;
  }
}

/** What is no SOCKS5 is the client's fault, and no reason for a line of ERROR. */
function parseOrBlame<Value>(
  bytes: Uint8Array,
  parse: (bytes: Uint8Array) => Parsed<Value> | undefined,
): Parsed<Value> | undefined {
  try {
    return parse(bytes);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new HttpError(400, "client", cause.message, { cause });
  }
}
