/**
 * Errors → answers: the one place where an error becomes HTTP.
 *
 * An answer is `application/problem+json` (RFC 9457), written for an agent to read. It holds our own
 * sentences only: the text of an unexpected error goes to the log, never to a peer.
 */
import { HeaderList } from "../http1/header_list.ts";
import { HttpError } from "../http1/http_error.ts";
import { serializeResponseHead } from "../http1/message_head.ts";
import { DialError, type DialFailure } from "../net/dial.ts";

/** A refusal, before it is written in the form of a protocol. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** The last part of the `type` URI: stable, explained in the README. */
  readonly kind: string;
  /** One sentence: what happened, and what would help. */
  readonly detail: string;
  /** Whether the same request may succeed later. */
  readonly isRetryable: boolean;
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  413: "Content Too Large",
  417: "Expectation Failed",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

const DIAL_REFUSALS: Readonly<Record<DialFailure, readonly [status: number, kind: string]>> = {
  name: [502, "origin-name-unknown"],
  refused: [502, "origin-unreachable"],
  timeout: [504, "origin-timeout"],
  loop: [502, "proxy-loop"],
  certificate: [502, "origin-certificate"],
  not_tls: [502, "origin-not-tls"],
  tls: [502, "origin-tls"],
};

/** Kinds that time may mend. */
const RETRYABLE_KINDS = new Set(["origin-unreachable", "origin-timeout", "too-many-connections"]);

/** Prefix of every `type`: an identifier, not an address (RFC 9457 §3.1.1). */
export const PROBLEM_TYPE_PREFIX = "urn:clawsec:problem:";

/** Says how an error is answered. Errors of no kind we know become a 500 without their text. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof DialError) {
    const [status, kind] = DIAL_REFUSALS[error.failure];
    return refusal(status, kind, error.message);
  }
  if (error instanceof HttpError) return refusal(error.status, httpKind(error), error.message);
  return refusal(500, "internal-error", "Cannot go on: the monitor failed, see its log");
}

/** The answer to a client beyond `max_connections`. */
export function tooManyConnections(limit: number): Refusal {
  const detail = `Cannot serve another connection: max_connections is ${limit}, try again later`;
  return refusal(503, "too-many-connections", detail);
}

function refusal(status: number, kind: string, detail: string): Refusal {
  const reason = REASONS[status] ?? "Error";
  return { status, reason, kind, detail, isRetryable: RETRYABLE_KINDS.has(kind) };
}

function httpKind(error: HttpError): string {
  if (error.status === 504) return "origin-timeout";
  if (error.status === 408) return "request-timeout";
  if (error.status === 421) return "misdirected-request";
  if (error.fault === "client") return "bad-request";
  return error.fault === "origin" ? "bad-answer" : "internal-error";
}

/** What the body of a refusal says besides. */
export interface RefusalContext {
  readonly requestId: string;
  /** Whether the connection is closed after it. */
  readonly close: "close" | "keep";
  /** The method asked with: the answer to HEAD has no body. */
  readonly method?: string;
}

/** The problem document of a refusal. RFC 9457 §3. */
export function problemDocument(refusal: Refusal, requestId: string): Record<string, unknown> {
  return {
    type: PROBLEM_TYPE_PREFIX + refusal.kind,
    title: refusal.reason,
    status: refusal.status,
    detail: refusal.detail,
    retryable: refusal.isRetryable,
    request_id: requestId,
  };
}

/** Writes a refusal as an HTTP/1.1 response. */
export function serializeRefusal(refusal: Refusal, context: RefusalContext): Uint8Array {
  const document = problemDocument(refusal, context.requestId);
  const body = new TextEncoder().encode(JSON.stringify(document) + "\n");
  const head = serializeResponseHead({
    version: "1.1",
    status: refusal.status,
    reason: refusal.reason,
    headers: HeaderList.from([
      ["Content-Type", "application/problem+json"],
      ["Content-Length", String(body.length)],
      ["Cache-Control", "no-store"],
      ["X-Clawsec-Refusal", refusal.kind],
      ...(context.close === "close" ? [["Connection", "close"] as const] : []),
    ]),
  });
  if (context.method === "HEAD") return head;
  const response = new Uint8Array(head.length + body.length);
  response.set(head);
  response.set(body, head.length);
  return response;
}
