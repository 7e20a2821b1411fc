/**
 * HTTP/1.1 heads: bytes ⇄ RequestHead and ResponseHead (RFC 9112 §2 to §5).
 *
 * A parser takes a head off the queue when it is complete, and leaves the queue alone until then;
 * bytes of the body, or of the next message, stay. A head is refused unless it has exactly one
 * reading: what is forwarded is written anew from the parsed values, never copied.
 * Not judged here: the form of the target (`request_target.ts`), the body (`body_framing.ts`).
 */
import type { ByteQueue } from "./byte_queue.ts";
import {
  byteName,
  fieldLines,
  type FieldSection,
  findSectionEnd,
  malformedSection,
  parseFieldLines,
  refuseBareLineFeed,
} from "./field_section.ts";
import {
  CR,
  FIELD_VALUE_BYTES,
  FIELD_VALUE_REGEXP,
  HOST_VALUE_REGEXP,
  HTTP_VERSION_REGEXP,
  LF,
  SP,
  STATUS_REGEXP,
  TARGET_BYTES,
  TARGET_REGEXP,
  TOKEN_BYTES,
  TOKEN_REGEXP,
} from "./grammar.ts";
import { HeaderList } from "./header_list.ts";
import { HttpError, malformed, type Peer, tooLarge } from "./http_error.ts";
import { decodeLatin1, encodeLatin1 } from "./latin1.ts";

/** The usual limit of servers is 8 to 64 KiB; agents send long cookies and tokens. */
const MAX_HEAD_BYTES = 65_536;

/** Twice the limit of Apache and of Node's advice; more is an attack on look-ups. */
const MAX_FIELDS = 256;

/** Empty lines skipped before a request line: RFC 9112 §2.2 asks for one at least. */
const MAX_LEADING_EMPTY_LINES = 2;

const VERSION_LENGTH = "HTTP/1.1".length;

/** The versions spoken here. */
export type HttpVersion = "1.0" | "1.1";

/** The head of a request: `target` as it stood in the request line, latin1. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly version: HttpVersion;
  readonly headers: HeaderList;
}

/** The head of a response: `status` 100 to 999, `reason` possibly empty, latin1. */
export interface ResponseHead {
  readonly version: HttpVersion;
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderList;
}

/** How large a head may be. */
export interface HeadLimits {
  /** @default 65_536 bytes, from the first line to the empty line */
  readonly maxHeadBytes?: number;
  /** @default 256 field lines */
  readonly maxHeaders?: number;
}

/**
 * Takes one request head off the queue; `undefined` means that more bytes are needed.
 *
 * @throws {HttpError} 400 for bytes that break the grammar, for a missing or repeated `Host`; 431
 * above a limit; 505 for another version of HTTP.
 */
export function parseRequestHead(queue: ByteQueue, limits?: HeadLimits): RequestHead | undefined {
  const section = takeSection(queue, "client", limits);
  if (section === undefined) return undefined;
  const { bytes, text } = section;

  let at = 0;
  while (TOKEN_BYTES[bytes[at]!] === 1) at++;
  if (at === 0 || bytes[at] !== SP) {
    throw malformed("client", `Cannot parse the method: ${byteName(bytes[at])} in it`);
  }
  const method = text.slice(0, at);

  const targetStart = ++at;
  while (TARGET_BYTES[bytes[at]!] === 1) at++;
  if (at === targetStart || bytes[at] !== SP) {
    throw malformed("client", `Cannot parse the request target: ${byteName(bytes[at])} in it`);
  }
  const target = text.slice(targetStart, at);

  const version = versionAt(section, ++at);
  at += VERSION_LENGTH;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) {
    throw malformed("client", `Cannot parse the version: ${byteName(bytes[at])} after it`);
  }
  const headers = HeaderList.fromParsed(parseFieldLines(section, at + 2));
  assertHost(headers, version);
  return { method, target, version, headers };
}

/**
 * Takes one response head off the queue; `undefined` means that more bytes are needed. Interim
 * (1xx) heads are returned like any other.
 *
 * @throws {HttpError} 502 for bytes that break the grammar or a limit.
 */
export function parseResponseHead(queue: ByteQueue, limits?: HeadLimits): ResponseHead | undefined {
  const section = takeSection(queue, "origin", limits);
  if (section === undefined) return undefined;
  const { bytes, text } = section;

  const version = versionAt(section, 0);
  STATUS_REGEXP.lastIndex = VERSION_LENGTH + 1;
  if (bytes[VERSION_LENGTH] !== SP || !STATUS_REGEXP.test(text)) {
    throw malformed("origin", "Cannot parse the status: it is not three digits of 100 to 999");
  }
  let at = VERSION_LENGTH + 1 + 3;
  const status = Number(text.slice(VERSION_LENGTH + 1, at));

  // Looser than the RFC: servers that send no reason often leave out its space too.
  if (bytes[at] === SP) at++;
  else if (bytes[at] !== CR) {
    throw malformed("origin", `Cannot parse the status: ${byteName(bytes[at])} after it`);
  }
  const reasonStart = at;
  while (FIELD_VALUE_BYTES[bytes[at]!] === 1) at++;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) {
    throw malformed("origin", `Cannot parse the reason: ${byteName(bytes[at])} in it`);
  }
  const reason = text.slice(reasonStart, at);
  return {
    version,
    status,
    reason,
    headers: HeaderList.fromParsed(parseFieldLines(section, at + 2)),
  };
}

/**
 * Writes a request head, the empty line included.
 *
 * @throws {TypeError} for a method or target that would not be parsed back.
 */
export function serializeRequestHead(head: RequestHead): Uint8Array {
  if (!TOKEN_REGEXP.test(head.method) || !TARGET_REGEXP.test(head.target)) {
    throw new TypeError("Cannot write a request line: method or target breaks the grammar");
  }
  const line = `${head.method} ${head.target} HTTP/${head.version}\r\n`;
  return encodeLatin1(line + fieldLines(head.headers) + "\r\n");
}

/**
 * Writes a response head, the empty line included.
 *
 * @throws {TypeError} for a status or reason that would not be parsed back.
 */
export function serializeResponseHead(head: ResponseHead): Uint8Array {
  const { status, reason } = head;
  const isStatus = Number.isInteger(status) && status >= 100 && status <= 999;
  if (!isStatus || !FIELD_VALUE_REGEXP.test(reason)) {
    throw new TypeError("Cannot write a status line: status or reason breaks the grammar");
  }
  const line = `HTTP/${head.version} ${status} ${reason}\r\n`;
  return encodeLatin1(line + fieldLines(head.headers) + "\r\n");
}

/** Takes the bytes of a head off the queue; `undefined` until its empty line is there. */
function takeSection(
  queue: ByteQueue,
  peer: Peer,
  limits: HeadLimits = {},
): FieldSection | undefined {
  const maxBytes = limits.maxHeadBytes ?? MAX_HEAD_BYTES;
  const unread = queue.peek();
  const start = peer === "client" ? leadingEmptyLines(unread) : 0;
  const end = findSectionEnd(unread, Math.max(queue.scanned, start + 3));
  if ((end ?? unread.length + 1) - start > maxBytes) {
    throw tooLarge(peer, `Cannot parse the head: it is longer than ${maxBytes} bytes`);
  }
  if (end === undefined) {
    refuseHopeless(unread, { start, scanned: queue.scanned, peer });
    queue.scanned = unread.length;
    return undefined;
  }
  queue.skip(end);
  const bytes = unread.subarray(start, end);
  return { bytes, text: decodeLatin1(bytes), peer, maxFields: limits.maxHeaders ?? MAX_FIELDS };
}

/** Counts the bytes of the empty lines that RFC 9112 §2.2 lets a client send before a request. */
function leadingEmptyLines(bytes: Uint8Array): number {
  let at = 0;
  while (at < 2 * MAX_LEADING_EMPTY_LINES && bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  return at;
}

interface IncompleteHead {
  readonly start: number;
  readonly scanned: number;
  readonly peer: Peer;
}

/** Refuses at once what cannot become a head, such as a TLS hello or an SSH banner. */
function refuseHopeless(bytes: Uint8Array, { start, scanned, peer }: IncompleteHead): void {
  refuseBareLineFeed(bytes, scanned, peer);
  const first = bytes[start];
  if (first === undefined) return;
  if (peer === "client") {
    const mayBeEmptyLine = first === CR && start + 1 === bytes.length;
    if (TOKEN_BYTES[first] === 1 || mayBeEmptyLine) return;
    throw malformedSection(peer, start, `${byteName(first)} where a method starts`);
  }
  const expected = "HTTP/";
  for (let i = 0; i < Math.min(expected.length, bytes.length); i++) {
    if (bytes[i] === expected.charCodeAt(i)) continue;
    throw malformedSection(peer, i, `${byteName(bytes[i])} where "HTTP/" starts`);
  }
}

function versionAt({ text, peer }: FieldSection, at: number): HttpVersion {
  if (text.startsWith("HTTP/1.1", at)) return "1.1";
  if (text.startsWith("HTTP/1.0", at)) return "1.0";
  HTTP_VERSION_REGEXP.lastIndex = at;
  if (peer === "client" && HTTP_VERSION_REGEXP.test(text)) {
    throw new HttpError(505, peer, "Cannot serve the request: its version is not HTTP/1.0 or 1.1");
  }
  throw malformed(peer, "Cannot parse the version: it is not HTTP/1.0 or HTTP/1.1");
}

/** One `Host`, of a valid shape; HTTP/1.0 alone may do without (RFC 9112 §3.2). */
function assertHost(headers: HeaderList, version: HttpVersion): void {
  let host: string | undefined;
  for (const [name, value] of headers.entries) {
    if (name.length !== 4 || name.toLowerCase() !== "host") continue;
    if (host !== undefined) {
      throw malformed("client", "Cannot accept the request: there is more than one Host");
    }
    host = value;
  }
  if (host === undefined) {
    if (version === "1.0") return;
    throw malformed("client", "Cannot accept the request: there is no Host");
  }
  if (!HOST_VALUE_REGEXP.test(host)) {
    throw malformed("client", "Cannot accept the request: Host is not a host and port");
  }
}
