/**
 * The target of a request: text → one of four forms (RFC 9112 §3.2), with the host normalised.
 *
 * The host decides where bytes go and which rules apply to it, so it has one spelling: lower case,
 * IPv6 in its normal form without brackets, no trailing dot (`example.com.` is the same place to a
 * resolver, and must be to every list of hosts). What another parser might read differently is
 * refused: user info, percent-encoding, raw non-ASCII names, IPv4 in any other form than four decimals, a
 * port that is empty, zero or has leading zeros. Punycode (`xn--`) is an ordinary name.
 */
import {
  ABSOLUTE_FORM_REGEXP,
  AUTHORITY_REGEXP,
  HOST_NAME_REGEXP,
  IPV4_REGEXP,
  NUMERIC_HOST_REGEXP,
} from "./grammar.ts";
import { malformed } from "./http_error.ts";
import { normalizeIpv6 } from "./ip_literal.ts";

/** RFC 1035 §2.3.4, without the final dot. */
const MAX_HOST_LENGTH = 253;

const MAX_PORT = 65_535;

/** Where an origin is: `host` normalised and without brackets, `port` 1 to 65,535. */
export interface Authority {
  readonly host: string;
  readonly port: number;
}

/** What a request line asks for. `path` is what an origin-form request line carries, query included. */
export type RequestTarget =
  | (
    & { readonly form: "absolute"; readonly scheme: "http" | "https"; readonly path: string }
    & Authority
  )
  | { readonly form: "origin"; readonly path: string }
  | ({ readonly form: "authority" } & Authority)
  | { readonly form: "asterisk" };

export interface AuthorityOptions {
  /**
   * The port when the text names none.
   * @default none: a text without a port is refused
   */
  readonly defaultPort?: number;
}

export interface FormatAuthorityOptions extends Authority {
  /** A port that is left out: 80 for `http`, 443 for `https`. */
  readonly defaultPort?: number;
}

/**
 * Reads the target of a `method` request.
 *
 * @throws {HttpError} 400 for a form that does not belong to the method, another scheme than http
 * and https, user info, a fragment or a bad authority.
 */
export function parseRequestTarget(method: string, target: string): RequestTarget {
  if (method === "CONNECT") return { form: "authority", ...parseAuthority(target) };
  if (target.startsWith("/")) {
    if (target.includes("#")) throw targetError("it has a fragment");
    return { form: "origin", path: target };
  }
  if (target === "*") {
    if (method === "OPTIONS") return { form: "asterisk" };
    throw targetError('"*" belongs to OPTIONS only');
  }
  const match = ABSOLUTE_FORM_REGEXP.exec(target);
  if (match === null) {
    throw targetError("it is no path and no http or https URL without a fragment");
  }
  const scheme = match[1]!.length === 4 ? "http" : "https";
  const { host, port } = parseAuthority(match[2]!, { defaultPort: scheme === "http" ? 80 : 443 });
  return { form: "absolute", scheme, host, port, path: pathOf(method, match[3]!) };
}

/**
 * Reads `host[:port]`, as in a `Host` field or the target of a CONNECT.
 *
 * @throws {HttpError} 400 for anything but a valid host and port.
 */
export function parseAuthority(text: string, options: AuthorityOptions = {}): Authority {
  const match = AUTHORITY_REGEXP.exec(text);
  if (match === null) throw authorityError("it is not a host with an optional port");
  const [, ipv6, name, digits] = match;
  const port = digits === undefined ? options.defaultPort : Number(digits);
  if (port === undefined) throw authorityError("the port is missing");
  if (port > MAX_PORT) throw authorityError(`the port is above ${MAX_PORT}`);
  const host = ipv6 === undefined ? hostName(name!) : normalizeIpv6(ipv6);
  if (host === undefined) throw authorityError("the host is not valid");
  return { host, port };
}

/** Writes `host:port`, an IPv6 host in brackets, the port left out when it is `defaultPort`. */
export function formatAuthority({ host, port, defaultPort }: FormatAuthorityOptions): string {
  const written = host.includes(":") ? `[${host}]` : host;
  return port === defaultPort ? written : `${written}:${port}`;
}

/** RFC 9112 §3.2.4: `OPTIONS http://host` asks about the server, `*` in origin terms. */
function pathOf(method: string, pathAndQuery: string): string {
  if (pathAndQuery.startsWith("/")) return pathAndQuery;
  if (pathAndQuery === "" && method === "OPTIONS") return "*";
  return `/${pathAndQuery}`;
}

/** Normalises a name or an IPv4 address; `undefined` when it is neither. */
function hostName(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (NUMERIC_HOST_REGEXP.test(lower)) return IPV4_REGEXP.test(lower) ? lower : undefined;
  const name = lower.endsWith(".") ? lower.slice(0, -1) : lower;
  if (name.length > MAX_HOST_LENGTH || !HOST_NAME_REGEXP.test(name)) return undefined;
  // `127.1.` would become numeric by losing its dot.
  return NUMERIC_HOST_REGEXP.test(name) ? undefined : name;
}

function targetError(found: string) {
  return malformed("client", `Cannot read the request target: ${found}`);
}

function authorityError(found: string) {
  return malformed("client", `Cannot read the authority: ${found}`);
}
