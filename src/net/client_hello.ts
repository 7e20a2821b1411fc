/**
 * The first bytes of a TLS connection → the server name and protocols the client asks for.
 *
 * Reads only what is needed to choose a leaf before the handshake; checks nothing else. Pure.
 * RFC 8446 §4.1.2 (ClientHello), §5.1 (records), RFC 6066 §3 (server_name), RFC 7301 (ALPN).
 */

/** What the proxy needs of a ClientHello. */
export interface ClientHello {
  /** Lower case; undefined where the client sent none (an IP literal, mostly). */
  readonly serverName: string | undefined;
  /** Offered ALPN protocol names, in the client's order. */
  readonly protocols: readonly string[];
}

/** A hello larger than this is refused; post-quantum key shares take about 2 KiB. */
export const MAX_CLIENT_HELLO_BYTES = 65_536;

/** RFC 8446 §5.1; an empty handshake record is forbidden there too. */
const MAX_RECORD_BYTES = 16_384;

const HANDSHAKE_RECORD = 0x16;
const CLIENT_HELLO = 0x01;
const SERVER_NAME_EXTENSION = 0x0000;
const ALPN_EXTENSION = 0x0010;

/** Whether a connection that begins with these bytes (at least one) can be TLS. */
export function looksLikeTls(bytes: Uint8Array): boolean {
  return bytes[0] === HANDSHAKE_RECORD && (bytes.length < 2 || bytes[1] === 0x03);
}

/**
 * Parses a ClientHello from the bytes of one or more records.
 *
 * @returns undefined while more bytes are needed
 * @throws {SyntaxError} if the bytes are not a ClientHello
 */
export function parseClientHello(bytes: Uint8Array): ClientHello | undefined {
  const message = handshakeMessage(bytes);
  if (message === undefined) return undefined;
  try {
    return parseHelloBody(new Cursor(message));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SyntaxError("Cannot read TLS ClientHello: a length points past its end", {
      cause: error,
    });
  }
}

/**
 * Joins the records' fragments; undefined until the whole handshake message is there. What follows it
 * is not looked at: a client that resumes may have sent more already (RFC 8446 §2.3, early data).
 */
function handshakeMessage(bytes: Uint8Array): Uint8Array | undefined {
  const fragments: Uint8Array[] = [];
  let available = 0;
  let needed = 4;
  let at = 0;
  while (available < needed) {
    if (bytes.length - at < 5) return undefined;
    if (bytes[at] !== HANDSHAKE_RECORD || bytes[at + 1] !== 0x03) {
      throw new SyntaxError("Cannot read TLS ClientHello: not a handshake record");
    }
    const length = (bytes[at + 3]! << 8) | bytes[at + 4]!;
    if (length === 0 || length > MAX_RECORD_BYTES) {
      throw new SyntaxError("Cannot read TLS ClientHello: a record is empty or too long");
    }
    const fragment = bytes.subarray(at + 5, at + 5 + length);
    fragments.push(fragment);
    available += fragment.length;
    at += 5 + length;
    if (needed === 4 && available >= 4) needed += messageLength(join(fragments, available));
  }
  return join(fragments, available).subarray(4, needed);
}

/** The length of the ClientHello that begins here, its own four bytes not counted. */
function messageLength(start: Uint8Array): number {
  if (start[0] !== CLIENT_HELLO) {
    throw new SyntaxError("Cannot read TLS ClientHello: another handshake message came first");
  }
  const length = (start[1]! << 16) | (start[2]! << 8) | start[3]!;
  if (length + 4 > MAX_CLIENT_HELLO_BYTES) {
    throw new SyntaxError(`Cannot read TLS ClientHello: ${length} bytes are too many`);
  }
  return length;
}

function parseHelloBody(hello: Cursor): ClientHello {
  hello.skip(2 + 32); // legacy_version, random
  hello.skip(hello.uint8()); // legacy_session_id
  hello.skip(hello.uint16()); // cipher_suites
  hello.skip(hello.uint8()); // legacy_compression_methods
  let serverName: string | undefined;
  const protocols: string[] = [];
  if (hello.left > 0) {
    const extensions = hello.take(hello.uint16());
    while (extensions.left > 0) {
      const type = extensions.uint16();
      const extension = extensions.take(extensions.uint16());
      if (type === SERVER_NAME_EXTENSION) serverName = parseServerName(extension);
      if (type === ALPN_EXTENSION) {
        const list = extension.take(extension.uint16());
        while (list.left > 0) protocols.push(list.take(list.uint8()).text());
      }
    }
  }
  return { serverName, protocols };
}

function parseServerName(extension: Cursor): string | undefined {
  const list = extension.take(extension.uint16());
  while (list.left > 0) {
    const nameType = list.uint8();
    const name = list.take(list.uint16());
    if (nameType === 0) return name.text().toLowerCase();
  }
  return undefined;
}

/** Walks bytes by length prefixes; throws `RangeError` at the end of them. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  skip(length: number): void {
    if (length > this.left) throw new RangeError("past the end");
    this.#at += length;
  }

  uint8(): number {
    this.skip(1);
    return this.#bytes[this.#at - 1]!;
  }

  uint16(): number {
    return (this.uint8() << 8) | this.uint8();
  }

  take(length: number): Cursor {
    this.skip(length);
    return new Cursor(this.#bytes.subarray(this.#at - length, this.#at));
  }

  text(): string {
    return String.fromCharCode(...this.#bytes);
  }
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
