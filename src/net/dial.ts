/**
 * Opens connections to origins: TCP, and TLS as a client with the certificate always verified.
 *
 * Never falls back by itself: a certificate failure is a `DialError`, and so is an origin that does
 * not speak TLS. Both IPv6 and IPv4 are tried (RFC 8305, by `Deno.connect`).
 */
import type { ByteStream } from "./byte_stream.ts";
import { type NextProxy, tunnelThrough } from "./dial_through.ts";
import { TcpStream } from "./tcp_stream.ts";

/** Name look-up and TCP connect together; the TLS handshake has as much again. */
export const DIAL_TIMEOUT_MS = 10_000;

/** Why an origin could not be reached. */
export type DialFailure =
  | "name" // the name has no address
  | "refused" // nothing listens, or the network is unreachable
  | "timeout"
  | "loop" // the address is the proxy's own
  | "denied" // the settings forbid it
  | "certificate" // the origin's certificate does not verify
  | "proxy" // the proxy that leads out refuses
  | "not_tls" // the origin answered, but not in TLS
  | "tls"; // the origin refused the handshake

/** An origin that could not be reached; `message` is for a person and names the reason. */
export class DialError extends Error {
  override readonly name = "DialError";
  readonly failure: DialFailure;

  constructor(failure: DialFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** Where to connect to. IPv6 literals come without brackets. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
}

/** What `dial` may be told. */
export interface DialOptions {
  /** Refuses an address after it is known: returns the reason, or undefined to go on. */
  readonly refuseAddress?: (remote: Deno.NetAddr, local: Deno.NetAddr) => DialError | undefined;
  /** The proxy to go through; it resolves the name then. @default goes directly */
  readonly through?: NextProxy | undefined;
  /** @default {DIAL_TIMEOUT_MS} */
  readonly timeoutMs?: number;
}

/** What `dialTls` may be told besides. */
export interface DialTlsOptions extends DialOptions {
  /** PEM roots besides the system's. */
  readonly extraRoots: readonly string[];
  /** Offered by ALPN, preferred first. */
  readonly protocols: readonly string[];
}

/** A TLS connection to an origin and what was agreed on. */
export interface DialedTls {
  readonly stream: ByteStream;
  /** The protocol the origin chose by ALPN; undefined where it chose none. */
  readonly protocol: string | undefined;
}

/**
 * Connects by TCP.
 *
 * @throws {DialError} naming host, port and reason
 */
export async function dial(target: DialTarget, options: DialOptions = {}): Promise<ByteStream> {
  return new TcpStream(await connect(target, options));
}

/**
 * Connects by TCP and TLS; resolves once the handshake is done and the certificate verified.
 *
 * @throws {DialError} naming host, port and reason
 */
export async function dialTls(target: DialTarget, options: DialTlsOptions): Promise<DialedTls> {
  const tcp = await connect(target, options);
  const label = `${target.host}:${target.port}`;
  let tls: Deno.TlsConn | undefined;
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    tls?.close();
  }, options.timeoutMs ?? DIAL_TIMEOUT_MS);
  try {
    tls = await Deno.startTls(tcp, {
      hostname: target.host,
      caCerts: [...options.extraRoots],
      alpnProtocols: [...options.protocols],
    });
    const { alpnProtocol } = await tls.handshake();
    return { stream: new TcpStream(tls), protocol: alpnProtocol ?? undefined };
  } catch (error) {
    try {
      (tls ?? tcp).close();
    } catch {
      // Closed already, by the time limit or by a handshake that failed.
    }
    if (expired) {
      throw new DialError("timeout", `Cannot reach "${label}": its TLS handshake took too long`);
    }
    throw tlsFailure(label, error);
  } finally {
    clearTimeout(timer);
  }
}

async function connect(target: DialTarget, options: DialOptions): Promise<Deno.TcpConn> {
  const timeoutMs = options.timeoutMs ?? DIAL_TIMEOUT_MS;
  const expiry = new AbortController();
  const timer = setTimeout(() => expiry.abort(), timeoutMs);
  const label = `${target.host}:${target.port}`;
  const { through } = options;
  let connection: Deno.TcpConn | undefined;
  expiry.signal.addEventListener("abort", () => connection?.close());
  try {
    connection = await Deno.connect({
      hostname: through?.host ?? target.host,
      port: through?.port ?? target.port,
      signal: expiry.signal,
    });
    const refusal = options.refuseAddress?.(
      connection.remoteAddr as Deno.NetAddr,
      connection.localAddr as Deno.NetAddr,
    );
    if (refusal !== undefined) throw refusal;
    // Heads and small bodies must not wait for an acknowledgement.
    connection.setNoDelay(true);
    if (through !== undefined) await tunnelThrough(connection, through, target);
    return connection;
  } catch (error) {
    if (expiry.signal.aborted) {
      throw new DialError("timeout", `Cannot reach "${label}": no connection in ${timeoutMs} ms`);
    }
    connection?.close();
    if (error instanceof DialError) throw error;
    if (through !== undefined) throw proxyFailure(label, through, error);
    throw tcpFailure(label, error);
  } finally {
    clearTimeout(timer);
  }
}

function proxyFailure(label: string, { host, port }: NextProxy, error: unknown): DialError {
  const cause = asError(error);
  const reason = reasonOf(cause);
  return new DialError(
    "proxy",
    `Cannot reach "${label}" through upstream_proxy "${host}:${port}": ${reason}`,
    { cause },
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** An operating system's message without its number. */
function reasonOf({ message }: Error): string {
  return message.replace(/ \(os error \d+\)/, "").toLowerCase();
}

function tcpFailure(label: string, error: unknown): DialError {
  const cause = asError(error);
  if (/lookup|resolve|name or service/i.test(cause.message)) {
    return new DialError("name", `Cannot reach "${label}": its name has no address`, { cause });
  }
  const reason = reasonOf(cause);
  return new DialError("refused", `Cannot reach "${label}": ${reason}`, { cause });
}

/** What rustls calls a certificate's fault → what a person calls it. */
const CERTIFICATE_REASONS: readonly (readonly [RegExp, string])[] = [
  [/NotValidForName|not valid for name/, "it is for another host name"],
  [/NotValidYet|not valid yet/, "it is not valid yet"],
  [/Expired|certificate expired/, "it has expired"],
  [/UnknownIssuer/, "its issuer is unknown (add a private root with upstream_ca_file)"],
  [/CaUsedAsEndEntity/, "it is self-signed (add it as a root with upstream_ca_file)"],
  [/Revoked/, "it was revoked"],
  [/BadSignature/, "its signature is wrong"],
];

function tlsFailure(label: string, error: unknown): DialError {
  const cause = asError(error);
  const certificate = /invalid peer certificate: (.*)/.exec(cause.message);
  if (certificate !== null) {
    const known = CERTIFICATE_REASONS.find(([pattern]) => pattern.test(certificate[1]!));
    return new DialError(
      "certificate",
      `Cannot trust the certificate of "${label}": ${known?.[1] ?? certificate[1]}`,
      { cause },
    );
  }
  const notTls = cause instanceof Deno.errors.UnexpectedEof ||
    cause instanceof Deno.errors.ConnectionReset || /InvalidContentType/.test(cause.message);
  return notTls
    ? new DialError("not_tls", `Cannot start TLS with "${label}": it does not answer in TLS`, {
      cause,
    })
    : new DialError("tls", `Cannot start TLS with "${label}": ${cause.message}`, { cause });
}
