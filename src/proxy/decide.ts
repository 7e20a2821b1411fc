/**
 * What becomes of a request: a pure function of its head, of where it came in and of the settings.
 *
 * The authority decides where bytes go. Inside a tunnel that is the CONNECT authority, and `Host`
 * must agree with it; outside, an absolute-form target wins over `Host` (RFC 9112 §3.2.2).
 */
import { HttpError } from "../http1/http_error.ts";
import type { RequestHead } from "../http1/message_head.ts";
import {
  type Authority,
  formatAuthority,
  parseAuthority,
  parseRequestTarget,
} from "../http1/request_target.ts";
import type { Origin } from "./origin_pool.ts";

/** Where a request came in. */
export interface Entrance {
  readonly scheme: "http" | "https";
  /** The CONNECT authority, inside a tunnel. */
  readonly tunnel: Authority | undefined;
  /** The name of the TLS handshake (SNI), inside a decrypted tunnel; undefined if there was none. */
  readonly serverName?: string | undefined;
  /** Set where the client was led here without being told: the port it believes in is unknown. */
  readonly isPortAssumed?: boolean;
  /** Set on a gateway: every request goes to `tunnel`, whatever authority it names. */
  readonly isGateway?: boolean;
}

/** What to do with a request. `path` is the origin-form target to send. */
export type Decision =
  | { readonly kind: "forward"; readonly origin: Origin; readonly path: string }
  | { readonly kind: "connect"; readonly authority: Authority; readonly intercept: boolean };

/** The settings that bear on it. */
export interface DecideOptions {
  readonly enableMitm: boolean;
  /** Host suffixes that are tunnelled blind. */
  readonly mitmBypass: readonly string[];
  /** Hosts that are tunnelled blind for a while, because their clients reject our leaf. */
  readonly learnedBypass: { has(host: string): boolean };
}

/**
 * Decides on one request.
 *
 * @throws {HttpError} 400 for a target that does not fit the place, 421 for an authority that is
 * not the tunnel's, 501 for CONNECT inside a tunnel
 */
export function decide(head: RequestHead, entrance: Entrance, options: DecideOptions): Decision {
  const target = parseRequestTarget(head.method, head.target);
  if (target.form === "authority") {
    if (entrance.tunnel !== undefined) {
      throw new HttpError(501, "client", "Cannot open a tunnel inside a tunnel");
    }
    const authority = { host: target.host, port: target.port };
    return { kind: "connect", authority, intercept: shouldIntercept(authority.host, options) };
  }
  const path = target.form === "asterisk" ? "*" : target.path;
  const { tunnel, scheme } = entrance;
  if (tunnel !== undefined) {
    const defaultPort = scheme === "https" ? 443 : 80;
    if (entrance.isGateway) return { kind: "forward", origin: { scheme, ...tunnel }, path };
    const { serverName, isPortAssumed = false } = entrance;
    const assertSame = (named: Authority) =>
      assertSameAuthority(isPortAssumed ? { ...named, port: tunnel.port } : named, tunnel);
    if (serverName !== undefined) assertSame({ ...tunnel, host: serverName });
    if (target.form === "absolute") assertSame(target);
    const host = head.headers.get("host");
    if (host !== undefined) assertSame(parseAuthority(host, { defaultPort }));
    return { kind: "forward", origin: { scheme, ...tunnel }, path };
  }
  if (target.form === "absolute") {
    if (target.scheme === "https") {
      throw new HttpError(
        400,
        "client",
        "Cannot forward an https URL in a plain request: open a tunnel with CONNECT for it",
      );
    }
    const { host, port } = target;
    return { kind: "forward", origin: { scheme: "http", host, port }, path };
  }
  // A client that was led here (iptables, a hosts file) speaks as to the origin itself.
  const host = head.headers.get("host");
  if (host !== undefined && path !== "*") {
    const authority = parseAuthority(host, { defaultPort: 80 });
    return { kind: "forward", origin: { scheme: "http", ...authority }, path };
  }
  throw new HttpError(
    400,
    "client",
    "Cannot tell where this request should go: this is a proxy, set it as HTTP_PROXY and HTTPS_PROXY",
  );
}

/** Whether TLS to `host` is decrypted. A suffix covers the host itself and every host below it. */
export function shouldIntercept(host: string, options: DecideOptions): boolean {
  if (!options.enableMitm || options.learnedBypass.has(host)) return false;
  return !options.mitmBypass.some((entry) => {
    const suffix = entry.toLowerCase().replace(/^\*?\./, "");
    return host === suffix || host.endsWith(`.${suffix}`);
  });
}

function assertSameAuthority(named: Authority, tunnel: Authority): void {
  if (named.host === tunnel.host && named.port === tunnel.port) return;
  throw new HttpError(
    421,
    "client",
    `Cannot send a request for "${formatAuthority(named)}" through a tunnel to "${
      formatAuthority(tunnel)
    }"`,
  );
}
