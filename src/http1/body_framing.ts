/**
 * How the end of a body is found: head → BodyFraming (RFC 9112 §6).
 *
 * Never guessed. Where the RFC lets a recipient repair a message, it is refused here: two parties
 * that repair differently are what request smuggling is made of. So is everything a sender must
 * not send: both lengths, two of one, an unknown coding, a transfer coding in HTTP/1.0, content of
 * a CONNECT or of an answer that has none.
 */
import { CONTENT_LENGTH_REGEXP } from "./grammar.ts";
import { type HttpError, malformed, type Peer } from "./http_error.ts";
import type { RequestHead, ResponseHead } from "./message_head.ts";

/**
 * `none`: no body. `length`: so many bytes. `chunked`: chunks up to the last one. `close`: all
 * bytes until the connection ends, responses only.
 */
export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

const NONE: BodyFraming = { kind: "none" };
const CHUNKED: BodyFraming = { kind: "chunked" };
const CLOSE: BodyFraming = { kind: "close" };

/**
 * Decides the framing of a request's body.
 *
 * @throws {HttpError} 400 when the head has no single reading.
 */
export function requestFraming(head: RequestHead): BodyFraming {
  const framing = statedFraming(head, "client");
  if (framing === undefined) return NONE;
  // RFC 9110 §9.3.6: content of a CONNECT has no meaning; parsers disagree whether it is tunnel.
  if (head.method === "CONNECT" && !isEmpty(framing)) {
    throw framingError("client", "a CONNECT has no content");
  }
  return head.method === "CONNECT" ? NONE : framing;
}

/**
 * Decides the framing of the body that answers a `requestMethod` request.
 *
 * @throws {HttpError} 502 when the head has no single reading.
 */
export function responseFraming(head: ResponseHead, requestMethod: string): BodyFraming {
  const { status } = head;
  // RFC 9110 §9.3.6: the tunnel starts at once, whatever the fields say.
  if (requestMethod === "CONNECT" && status >= 200 && status <= 299) return NONE;
  const framing = statedFraming(head, "origin");
  if (status < 200 || status === 204) {
    // Stricter than the RFC, which ignores the fields: a server that breaks RFC 9110 §8.6 here
    // may send the body too, and it would be read as the answer to the next request.
    if (framing === undefined || isEmpty(framing)) return NONE;
    throw framingError("origin", `a ${status} has no content`);
  }
  // HEAD and 304 state the framing that the content would have had.
  if (requestMethod === "HEAD" || status === 304) return NONE;
  return framing ?? CLOSE;
}

/** Reads the framing that the fields state; `undefined` when they state none. */
function statedFraming(head: RequestHead | ResponseHead, peer: Peer): BodyFraming | undefined {
  const codings = head.headers.getAll("transfer-encoding");
  const lengths = head.headers.getAll("content-length");
  if (codings.length > 0) {
    if (lengths.length > 0) throw framingError(peer, "both a length and a transfer coding");
    if (head.version === "1.0") throw framingError(peer, "a transfer coding in HTTP/1.0");
    // RFC 9112 §7: `chunked` is the one coding spoken, and never applied twice.
    if (codings.length === 1 && codings[0]!.toLowerCase() === "chunked") return CHUNKED;
    throw framingError(peer, "a transfer coding that is not chunked alone");
  }
  if (lengths.length === 0) return undefined;
  if (lengths.length > 1) throw framingError(peer, `${lengths.length} lengths`);
  if (!CONTENT_LENGTH_REGEXP.test(lengths[0]!)) {
    throw framingError(peer, "a length that is not a plain number");
  }
  return { kind: "length", length: Number(lengths[0]) };
}

function isEmpty(framing: BodyFraming): boolean {
  return framing.kind === "length" && framing.length === 0;
}

function framingError(peer: Peer, found: string): HttpError {
  return malformed(peer, `Cannot tell where the body of the ${peer}'s message ends: ${found}`);
}
