/** A request's head, judged before anything of it goes on: what it asks for, and what it gives away. */
import type { RequestHead } from "../http1/message_head.ts";
import { type Authority, formatAuthority } from "../http1/request_target.ts";
import { scanHead, scanHost } from "../scan/head_scanner.ts";
import type { Client } from "./client.ts";
import type { Decision } from "./decide.ts";
import { Exchange, type Ruling } from "./exchange.ts";
import { redactionMarker } from "./hold_back.ts";
import type { Proxy } from "./proxy.ts";
import { type RedactedHead, redactHead } from "./redact_head.ts";

/** Opens the record of a request that goes on. */
export function openExchange(
  client: Client,
  head: RequestHead,
  { decision, proxy }: { decision: Decision; proxy: Proxy },
): Exchange {
  const { source, entrance } = client;
  if (decision.kind === "connect") {
    return openTunnel(client, decision.authority, { method: "CONNECT", proxy });
  }
  const { origin, path } = decision;
  const defaultPort = origin.scheme === "https" ? 443 : 80;
  return new Exchange(proxy, {
    source,
    protocol: entrance.isGateway ? "gateway" : origin.scheme,
    origin,
    method: head.method,
    url: `${origin.scheme}://${formatAuthority({ ...origin, defaultPort })}${path}`,
    isIntercepted: entrance.scheme === "https",
  });
}

/** Opens the record of a tunnel. `method` says how it was asked for: `CONNECT`, `SOCKS5`, `TLS`. */
export function openTunnel(
  { source }: Client,
  authority: Authority,
  { method, proxy }: { readonly method: string; readonly proxy: Proxy },
): Exchange {
  return new Exchange(proxy, {
    source,
    protocol: "https",
    origin: { scheme: "https", ...authority },
    method,
    url: formatAuthority(authority),
    isIntercepted: false,
  });
}

/** Scans the origin's name, before any look-up of it. @throws {BlockedError} if it may not be asked for */
export function inspectAuthority(exchange: Exchange, { ruleSet }: Proxy): void {
  const place = { direction: "outbound", location: "host" } as const;
  exchange.reportOrBlock(scanHost(ruleSet, exchange.origin.host), place);
}

/**
 * Scans the host name before any look-up of it, then URL and headers.
 *
 * @returns head and path as they may go on: secrets redacted where the settings ask for it
 * @throws {BlockedError} if they may not
 */
export function inspectRequestHead(
  head: RequestHead,
  { decision, exchange, proxy }: { decision: Decision; exchange: Exchange; proxy: Proxy },
): RedactedHead {
  const path = decision.kind === "connect" ? "" : decision.path;
  const place = { direction: "outbound", location: "header" } as const;
  inspectAuthority(exchange, proxy);
  const findings = scanHead(
    proxy.ruleSet,
    { target: path, headers: head.headers.entries },
    { direction: "outbound" },
  );
  if (findings.length === 0) return { head, path };
  const rulings = exchange.report(findings, place);
  const stopped = rulings.find(({ action }) => action === "block");
  const toRedact = rulings.filter(({ action }) => action === "redact");
  const marker = (ruling: Ruling) => redactionMarker(ruling.finding, proxy);
  const redacted = stopped === undefined
    ? redactHead(head, { path, rulings: toRedact, marker })
    : undefined;
  if (redacted !== undefined) return redacted;
  const { finding, location } = stopped ?? toRedact[0]!;
  throw exchange.block({ ...place, location, pattern: finding.rule.pattern });
}
