/**
 * The URL of the proxy that leads out (`upstream_proxy`) → where it is, how it is spoken to and as
 * whom. Pure.
 *
 * Not supported: TLS to that proxy (`https://`), SOCKS4, and the `socks5`/`socks5h` distinction: names are
 * always resolved by the proxy, so that both mean the same.
 */

/** How the proxy is spoken to: HTTP CONNECT (RFC 9110 §9.3.6) or SOCKS5 (RFC 1928). */
export type UpstreamProxyKind = "http" | "socks5";

/** A proxy between this one and the origins. */
export interface UpstreamProxy {
  readonly kind: UpstreamProxyKind;
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Undefined: it asks for none. */
  readonly credentials: ProxyCredentials | undefined;
}

/** As of HTTP Basic (RFC 7617) and SOCKS5 (RFC 1929); percent-decoded. */
export interface ProxyCredentials {
  readonly username: string;
  readonly password: string;
}

const KINDS: Readonly<Record<string, UpstreamProxyKind>> = {
  "http:": "http",
  "socks5:": "socks5",
  "socks5h:": "socks5",
};

/** What clients take where the URL has no port: 80 as of the scheme, 1080 as of RFC 1928 §3. */
const DEFAULT_PORTS: Readonly<Record<UpstreamProxyKind, number>> = { http: 80, socks5: 1080 };

/** RFC 1929 §2 has one byte for the length of each; HTTP has no limit as low. */
const MAX_CREDENTIAL_BYTES = 255;

/** Reads `http://[user:password@]host[:port]` or `socks5://…`; undefined if it is none. */
export function parseUpstreamProxy(text: string): UpstreamProxy | undefined {
  const url = URL.parse(text);
  const kind = KINDS[url?.protocol ?? ""];
  if (url === null || kind === undefined || url.hostname === "") return undefined;
  if (url.search !== "" || url.hash !== "" || !["", "/"].includes(url.pathname)) return undefined;
  const credentials = readCredentials(url);
  if (credentials === "bad") return undefined;
  return {
    kind,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORTS[kind] : Number(url.port),
    credentials,
  };
}

function readCredentials(url: URL): ProxyCredentials | "bad" | undefined {
  if (url.username === "" && url.password === "") return undefined;
  try {
    const username = decodeURIComponent(url.username);
    const password = decodeURIComponent(url.password);
    const parts = [username, password];
    const encoder = new TextEncoder();
    const isLong = parts.some((part) => encoder.encode(part).length > MAX_CREDENTIAL_BYTES);
    // RFC 7617 §2: a colon ends the user name, and control characters belong in neither.
    const isBroken = username.includes(":") || parts.some((part) => /\p{Cc}/u.test(part));
    return isLong || isBroken ? "bad" : { username, password };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return "bad";
  }
}
