/**
 * Relays a tunnel without looking inside, but for its first bytes: what they speak is seen, and SSH
 * or another protocol that hides in a tunnel is a threat of its own.
 *
 * Who speaks first, and how: TLS (RFC 8446 §5.1) and HTTP clients do, an SSH server says
 * `SSH-2.0-` (RFC 4253 §4.2) as soon as it is connected to.
 */
import { formatAuthority } from "../http1/request_target.ts";
import { looksLikeTls } from "../net/client_hello.ts";
import { relay } from "../net/relay.ts";
import type { BufferedStream } from "./buffered_stream.ts";
import type { Client } from "./client.ts";
import type { TunnelOptions } from "./connect.ts";

/** What a tunnel carries, by its first bytes. */
export type TunnelProtocol = "tls" | "http" | "ssh" | "unknown";

/**
 * The first bytes of an HTTP/1.1 request: a method and a space, or what may become them. RFC 9112 §3.
 * Whoever sends them one by one would else be relayed unseen.
 */
const HTTP_REQUEST_REGEXP = /^[A-Z]{3,16} /;
const HTTP_BEGINNING_REGEXP = /^[A-Z]{1,16}$/;
const SSH_BANNER = "SSH-";
/** Enough to tell every protocol by. */
const SNIFF_BYTES = 64;
/** Shown of a banner. */
const MAX_BANNER_LENGTH = 80;

/** Tells what begins with these bytes (at least one); undefined while more are needed. */
export function tunnelProtocol(bytes: Uint8Array): TunnelProtocol | undefined {
  if (looksLikeTls(bytes)) return "tls";
  const start = String.fromCharCode(...bytes.subarray(0, SNIFF_BYTES));
  if (HTTP_REQUEST_REGEXP.test(start)) return "http";
  if (HTTP_BEGINNING_REGEXP.test(start) && !SSH_BANNER.startsWith(start)) return undefined;
  const isSsh = start.startsWith(SSH_BANNER) || SSH_BANNER.startsWith(start);
  return isSsh ? "ssh" : "unknown";
}

/** The bytes that were sent first in a tunnel, left in their queue, and by whom. */
export interface FirstBytes {
  readonly from: "client" | "origin";
  readonly protocol: TunnelProtocol;
}

/**
 * Reads from both sides until one has sent enough to tell by; undefined if one closes without a byte.
 *
 * @throws {Error} if one of them breaks off
 */
export async function firstBytes(
  client: BufferedStream,
  origin: BufferedStream,
): Promise<FirstBytes | undefined> {
  if (client.queue.length === 0) await Promise.race([client.watch(), origin.watch()]);
  const from = client.queue.length > 0 ? "client" : "origin";
  const [stream, other] = from === "client" ? [client, origin] : [origin, client];
  if (stream.queue.length === 0) return undefined;
  while (true) {
    const protocol = tunnelProtocol(stream.queue.peek());
    if (protocol !== undefined) return { from, protocol };
    const isMore = await Promise.race([stream.fill(), other.watch().then(() => false)]);
    if (!isMore) return { from, protocol: "unknown" };
  }
}

/**
 * Relays to the end of both directions; the destination is logged, and what a tunnel should not carry
 * is reported.
 */
export async function relayTunnel(
  client: Client,
  origin: BufferedStream,
  options: TunnelOptions,
): Promise<void> {
  const { authority, exchange, proxy } = options;
  const closeBoth = () => {
    client.buffered.stream.close();
    origin.stream.close();
  };
  const isQuiet = () => client.deadline.set(proxy.limits.streamIdleMs, closeBoth);
  isQuiet();
  proxy.counters.tunnelled++;
  proxy.coverage.add(authority.host, { tunnelled: 1 });
  proxy.log.info(`Tunnel from ${client.source} to "${formatAuthority(authority)}", not decrypted`);
  const first = await firstBytes(client.buffered, origin).catch(() => undefined);
  if (first !== undefined && !mayCarry(first, client.buffered, origin, options)) return closeBoth();
  const totals = await relay(client.buffered.unread(), origin.unread(), { onActivity: isQuiet });
  exchange.bytesOut += totals.fromClient;
  exchange.bytesIn += totals.fromOrigin;
  const unscannedBytes = totals.fromClient + totals.fromOrigin;
  proxy.counters.unscannedBytes += unscannedBytes;
  proxy.coverage.add(authority.host, { unscannedBytes });
}

/** Reports a protocol that has no place in a tunnel. @returns whether it may go on */
function mayCarry(
  { from, protocol }: FirstBytes,
  client: BufferedStream,
  origin: BufferedStream,
  { authority, exchange, proxy }: TunnelOptions,
): boolean {
  if (protocol === "tls" || protocol === "http") return true;
  const bytes = (from === "client" ? client : origin).queue.peek().subarray(0, MAX_BANNER_LENGTH);
  const banner = String.fromCharCode(...bytes).split(/[\r\n]/, 1)[0]!;
  if (protocol === "ssh") {
    if (proxy.config.sshKnownHosts.some((host) => host.toLowerCase() === authority.host)) {
      return true;
    }
    return exchange.reportProtocol({
      type: "SSH_CONNECT",
      pattern: "ssh_in_tunnel",
      severity: "high",
      evidence: banner,
    }) === "log";
  }
  return exchange.reportProtocol({
    type: "EXFIL",
    pattern: "unknown_protocol",
    severity: "info",
    // Its bytes may be anything, secrets among them.
    evidence: `${bytes.length} bytes of an unknown protocol`,
  }) === "log";
}
