/**
 * A connection to another proxy → a tunnel through it to an origin: HTTP CONNECT (RFC 9110 §9.3.6) or
 * SOCKS5 (RFC 1928).
 *
 * Reads not one byte beyond the dialogue: what follows is the origin's, TLS mostly.
 */
import {
  type Parsed,
  parseSocksReply,
  serializeSocksConnect,
  serializeSocksCredentials,
  serializeSocksGreeting,
  SOCKS_METHOD,
  SOCKS_REPLY,
  SOCKS_VERSION,
} from "./socks5.ts";

/** A proxy that leads to origins. */
export interface NextProxy {
  readonly kind: "http" | "socks5";
  readonly host: string;
  readonly port: number;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/** The head of an answer to CONNECT; the largest seen come with a page for people, of some 4 KB. */
const MAX_ANSWER_BYTES = 16_384;

const STATUS_REGEXP = /^HTTP\/1\.[01] (\d{3})/;

/**
 * Asks `proxy`, to which `connection` leads, for a tunnel to `target`.
 *
 * @throws {Error} with the reason if it refuses or does not speak its protocol
 */
export async function tunnelThrough(
  connection: Deno.Conn,
  proxy: NextProxy,
  target: { readonly host: string; readonly port: number },
): Promise<void> {
  if (proxy.kind === "http") await tunnelByConnect(connection, proxy, target);
  else await tunnelBySocks(connection, proxy, target);
}

/** The value of `Proxy-Authorization` for a proxy that asks for it. RFC 7617 */
export function basicCredentials({ credentials }: NextProxy): string | undefined {
  if (credentials === undefined) return undefined;
  const bytes = new TextEncoder().encode(`${credentials.username}:${credentials.password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

async function tunnelByConnect(
  connection: Deno.Conn,
  proxy: NextProxy,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const credentials = basicCredentials(proxy);
  const lines = [
    `CONNECT ${authority} HTTP/1.1`,
    `Host: ${authority}`,
    ...(credentials === undefined ? [] : [`Proxy-Authorization: ${credentials}`]),
    "",
    "",
  ];
  await writeAll(connection, new TextEncoder().encode(lines.join("\r\n")));
  const head = await readMessage(connection, (bytes) => {
    const text = String.fromCharCode(...bytes.subarray(-4));
    return text === "\r\n\r\n" ? { value: bytes, length: bytes.length } : undefined;
  });
  const status = Number(STATUS_REGEXP.exec(String.fromCharCode(...head.subarray(0, 16)))?.[1]);
  if (Number.isNaN(status)) throw new Error("it does not speak HTTP");
  if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
}

async function tunnelBySocks(
  connection: Deno.Conn,
  { credentials }: NextProxy,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  const method = credentials === undefined ? SOCKS_METHOD.none : SOCKS_METHOD.password;
  await writeAll(connection, serializeSocksGreeting(method));
  const [version, chosen] = await readMessage(connection, exactly(2));
  if (version !== SOCKS_VERSION) throw new Error("it does not speak SOCKS5");
  if (chosen !== method) throw new Error("it asks for another log-in");
  if (credentials !== undefined) {
    const { username: user, password } = credentials;
    await writeAll(connection, serializeSocksCredentials({ user, password }));
    const [, status] = await readMessage(connection, exactly(2));
    if (status !== 0) throw new Error("it refused user name and password");
  }
  await writeAll(connection, serializeSocksConnect(host, port));
  const reply = await readMessage(connection, parseSocksReply);
  if (reply !== SOCKS_REPLY.succeeded) throw new Error(`it answered with SOCKS5 code ${reply}`);
}

function exactly(count: number): (bytes: Uint8Array) => Parsed<Uint8Array> | undefined {
  return (bytes) => bytes.length < count ? undefined : { value: bytes, length: count };
}

/** Reads byte after byte until `parse` has a message: some hundred reads, once a connection. */
async function readMessage<Value>(
  connection: Deno.Conn,
  parse: (bytes: Uint8Array) => Parsed<Value> | undefined,
): Promise<Value> {
  const bytes = new Uint8Array(MAX_ANSWER_BYTES);
  for (let length = 0; length < bytes.length; length++) {
    if (await connection.read(bytes.subarray(length, length + 1)) === null) {
      throw new Error("it closed the connection");
    }
    const message = parse(bytes.subarray(0, length + 1));
    if (message !== undefined) return message.value;
  }
  throw new Error(`its answer is over ${MAX_ANSWER_BYTES} bytes`);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
