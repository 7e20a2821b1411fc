/**
 * SOCKS5 (RFC 1928) with user names and passwords (RFC 1929): bytes ⇄ values, for both of its ends.
 * Pure.
 *
 * Not supported: BIND, UDP ASSOCIATE, GSSAPI.
 */

/** The first byte of a client. RFC 1928 §3. */
export const SOCKS_VERSION = 0x05;
const AUTH_VERSION = 0x01;
const CONNECT_COMMAND = 0x01;
const IPV4 = 0x01;
const NAME = 0x03;
const IPV6 = 0x04;

/** RFC 1928 §3. */
export const SOCKS_METHOD = { none: 0x00, password: 0x02, unacceptable: 0xff } as const;

/** RFC 1928 §6. */
export const SOCKS_REPLY = {
  succeeded: 0x00,
  failure: 0x01,
  notAllowed: 0x02,
  hostUnreachable: 0x04,
  refused: 0x05,
  timedOut: 0x06,
  commandNotSupported: 0x07,
} as const;

/** Something read from the beginning of a buffer. */
export interface Parsed<Value> {
  readonly value: Value;
  /** Bytes it took. */
  readonly length: number;
}

/** Who a client says it is; `user` and `password` as UTF-8. RFC 1929 §2. */
export interface SocksCredentials {
  readonly user: string;
  readonly password: string;
}

/** Where a client wants to go, or that it wants something else. */
export type SocksRequest =
  | { readonly kind: "connect"; readonly host: string; readonly port: number }
  | { readonly kind: "unsupported" };

/**
 * Reads a greeting: the methods a client offers.
 *
 * @returns undefined while more bytes are needed
 * @throws {SyntaxError} if it is none
 */
export function parseSocksGreeting(bytes: Uint8Array): Parsed<readonly number[]> | undefined {
  if (bytes.length > 0 && bytes[0] !== SOCKS_VERSION) throw malformed("its version is not 5");
  if (bytes.length < 2 || bytes.length < 2 + bytes[1]!) return undefined;
  const length = 2 + bytes[1]!;
  return { value: [...bytes.subarray(2, length)], length };
}

/** Reads user name and password. @returns undefined while more bytes are needed @throws {SyntaxError} */
export function parseSocksCredentials(bytes: Uint8Array): Parsed<SocksCredentials> | undefined {
  if (bytes.length > 0 && bytes[0] !== AUTH_VERSION) throw malformed("its log-in is not RFC 1929");
  const userEnd = 2 + (bytes[1] ?? 0);
  if (bytes.length < userEnd + 1) return undefined;
  const length = userEnd + 1 + bytes[userEnd]!;
  if (bytes.length < length) return undefined;
  const decoder = new TextDecoder();
  return {
    value: {
      user: decoder.decode(bytes.subarray(2, userEnd)),
      password: decoder.decode(bytes.subarray(userEnd + 1, length)),
    },
    length,
  };
}

/** Reads a request. @returns undefined while more bytes are needed @throws {SyntaxError} */
export function parseSocksRequest(bytes: Uint8Array): Parsed<SocksRequest> | undefined {
  if (bytes.length > 0 && bytes[0] !== SOCKS_VERSION) throw malformed("its version is not 5");
  if (bytes.length < 5) return undefined;
  const address = addressAt(bytes, 3);
  if (address === undefined) return undefined;
  const length = address.end + 2;
  if (bytes.length < length) return undefined;
  if (bytes[1] !== CONNECT_COMMAND) return { value: { kind: "unsupported" }, length };
  const port = bytes[address.end]! << 8 | bytes[address.end + 1]!;
  return { value: { kind: "connect", host: address.host, port }, length };
}

/** Writes a reply; the bound address is never told. */
export function serializeSocksReply(reply: number): Uint8Array {
  return Uint8Array.of(SOCKS_VERSION, reply, 0, IPV4, 0, 0, 0, 0, 0, 0);
}

/** Writes the greeting of a client. */
export function serializeSocksGreeting(method: number): Uint8Array {
  return Uint8Array.of(SOCKS_VERSION, 1, method);
}

/** Writes a client's log-in. @throws {RangeError} if a part is over 255 bytes */
export function serializeSocksCredentials({ user, password }: SocksCredentials): Uint8Array {
  const parts = [user, password].map((text) => new TextEncoder().encode(text));
  if (parts.some(({ length }) => length > 0xff)) {
    throw new RangeError("Cannot log in by SOCKS5: user name or password is over 255 bytes");
  }
  return Uint8Array.from([AUTH_VERSION, ...parts.flatMap((part) => [part.length, ...part])]);
}

/** Writes a client's request; the name is left to the other end to resolve. */
export function serializeSocksConnect(host: string, port: number): Uint8Array {
  const name = new TextEncoder().encode(host);
  if (name.length > 0xff) throw new RangeError("Cannot ask by SOCKS5: a host is over 255 bytes");
  return Uint8Array.from([
    SOCKS_VERSION,
    CONNECT_COMMAND,
    0,
    NAME,
    name.length,
    ...name,
    port >> 8,
    port & 0xff,
  ]);
}

/** Reads the reply to a client's request. @returns undefined while more bytes are needed */
export function parseSocksReply(bytes: Uint8Array): Parsed<number> | undefined {
  if (bytes.length < 5) return undefined;
  const address = addressAt(bytes, 3);
  if (address === undefined || bytes.length < address.end + 2) return undefined;
  return { value: bytes[1]!, length: address.end + 2 };
}

function addressAt(
  bytes: Uint8Array,
  at: number,
): { readonly host: string; readonly end: number } | undefined {
  const start = at + 1;
  switch (bytes[at]) {
    case IPV4:
      if (bytes.length < start + 4) return undefined;
      return { host: bytes.subarray(start, start + 4).join("."), end: start + 4 };
    case IPV6:
      if (bytes.length < start + 16) return undefined;
      return { host: ipv6Text(bytes.subarray(start, start + 16)), end: start + 16 };
    case NAME: {
      const end = start + 1 + (bytes[start] ?? 0);
      if (bytes.length < end) return undefined;
      return { host: String.fromCharCode(...bytes.subarray(start + 1, end)), end };
    }
    default:
      throw malformed(`its address is of type ${bytes[at]}`);
  }
}

function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => (bytes[2 * index]! << 8 | bytes[2 * index + 1]!).toString(16),
  );
  return groups.join(":");
}

function malformed(reason: string): SyntaxError {
  return new SyntaxError(`Cannot read SOCKS5 message: ${reason}`);
}
