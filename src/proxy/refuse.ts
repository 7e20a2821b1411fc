/**
 * Errors → answers: the one place where an error becomes HTTP.
 *
 * An answer is `application/problem+json` (RFC 9457), written for an agent to read. It holds our own
 * sentences only: the text of an unexpected error goes to the log, never to a peer.
 */
import { BlockedError, type BlockReason } from "./blocked_error.ts";
import { HeaderList } from "../http1/header_list.ts";
import { HttpError } from "../http1/http_error.ts";
import { type ResponseHead, serializeResponseHead } from "../http1/message_head.ts";
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
  /** What was found, and where, if that is the reason. */
  readonly blocked?: BlockReason;
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
  denied: [403, "destination-denied"],
  certificate: [502, "origin-certificate"],
  proxy: [502, "upstream-proxy"],
  not_tls: [502, "origin-not-tls"],
  tls: [502, "origin-tls"],
};

/** Kinds that time may mend. */
const RETRYABLE_KINDS = new Set(["origin-unreachable", "origin-timeout", "too-many-connections"]);

/** RFC 7617 §2. */
const CHALLENGE = 'Basic realm="ClawSec Monitor", charset="UTF-8"';

/** Prefix of every `type`: an identifier, not an address (RFC 9457 §3.1.1). */
export const PROBLEM_TYPE_PREFIX = "urn:clawsec:problem:";

/** Says how an error is answered. Errors of no kind we know become a 500 without their text. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof DialError) {
    const [status, kind] = DIAL_REFUSALS[error.failure];
    return refusal(status, kind, error.message);
  }
  if (error instanceof BlockedError) return blockedRefusal(error);
  if (error instanceof HttpError) return refusal(error.status, httpKind(error), error.message);
  return refusal(500, "internal-error", "Cannot go on: the monitor failed, see its log");
}

/** Says what was found and what would be allowed; never the secret. */
function blockedRefusal(blocked: BlockedError): Refusal {
  const { pattern, location, direction } = blocked;
  if (pattern === "undecodable") {
    return {
      ...refusal(
        direction === "outbound" ? 403 : 502,
        "undecodable",
        `Stopped by ClawSec Monitor: the ${direction} ${location} cannot be decoded and so not be ` +
          "scanned. Send it in a common content coding (gzip, deflate, br, zstd) or in none",
      ),
      blocked,
    };
  }
  const allowed = direction === "outbound"
    ? "Send the request without it; a credential may only go to its own provider, in the header " +
      "where that provider reads it"
    : "The answer of the origin was not passed on; do not run or repeat what it holds";
  return {
    ...refusal(
      direction === "outbound" ? 403 : 502,
      "blocked",
      `Stopped by ClawSec Monitor: ${pattern} found in ${location}. ${allowed}`,
    ),
    blocked,
  };
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
  if (error.status === 407) return "proxy-authentication-required";
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
    ...(refusal.blocked === undefined ? {} : {
      pattern: refusal.blocked.pattern,
      location: refusal.blocked.location,
      direction: refusal.blocked.direction,
    }),
    retryable: refusal.isRetryable,
    request_id: requestId,
  };
}

/** Headers and body of the answer that says a refusal, whatever the version of HTTP. */
export function problemAnswer(
  refusal: Refusal,
  requestId: string,
): { readonly headers: HeaderList; readonly body: Uint8Array } {
  const document = problemDocument(refusal, requestId);
  const body = new TextEncoder().encode(JSON.stringify(document) + "\n");
  const headers = HeaderList.from([
    ["Content-Type", "application/problem+json"],
    ["Content-Length", String(body.length)],
    ["Cache-Control", "no-store"],
    ["X-Clawsec-Refusal", refusal.kind],
    // RFC 9110 §15.5.8: a 407 names the scheme.
    ...(refusal.status === 407 ? [["Proxy-Authenticate", CHALLENGE] as const] : []),
  ]);
  return { headers, body };
}

/** Writes a refusal as an HTTP/1.1 response. */
export function serializeRefusal(refusal: Refusal, context: RefusalContext): Uint8Array {
  const { headers, body } = problemAnswer(refusal, context.requestId);
  const head = serializeResponseHead({
    version: "1.1",
    status: refusal.status,
    reason: refusal.reason,
    headers: context.close === "close" ? headers.with("Connection", "close") : headers,
  });
  if (context.method === "HEAD") return head;
  const response = new Uint8Array(head.length + body.length);
  response.set(head);
  response.set(body, head.length);
  return response;
}

/** Where a stream is cut, and for whom. */
export interface RefusalEventOptions {
  /** The head that began the stream. */
  readonly answer: Pick<ResponseHead, "headers">;
  readonly requestId: string;
}

/**
 * An error as the last event of a stream that has begun; undefined if it is no event stream.
 *
 * One event for all: `event: error` is what Anthropic's clients look for
 * (https://docs.anthropic.com/en/api/messages-streaming#error-events), an `error` object in `data` what
 * OpenAI's and Google's do. NDJSON (Ollama) has a line with `error`.
 */
export function refusalEvent(
  error: BlockedError,
  { answer, requestId }: RefusalEventOptions,
): Uint8Array | undefined {
  const contentType = answer.headers.get("content-type")?.toLowerCase() ?? "";
  const refused = refusalOf(error);
  const { detail } = refused;
  if (contentType.startsWith("application/x-ndjson")) {
    return new TextEncoder().encode(`\n${JSON.stringify({ error: detail })}\n`);
  }
  if (!contentType.startsWith("text/event-stream") || answer.headers.has("content-encoding")) {
    return undefined;
  }
  const problem = problemDocument(refused, requestId);
  const data = {
    type: "error",
    error: {
      ...problem,
      type: "permission_error",
      problem: problem.type,
      message: detail,
      code: "blocked",
    },
  };
  // What was released may end within an event: the blank line ends it.
  return new TextEncoder().encode(`\n\nevent: error\ndata: ${JSON.stringify(data)}\n\n`);
}
