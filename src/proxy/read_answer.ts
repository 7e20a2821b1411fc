/**
 * An origin's connection → the head of its final answer, past the interim ones. RFC 9110 §15.2.
 *
 * Knows what silence means: a kept connection that ends before its first byte was stale, any other
 * that ends without an answer is the origin's fault.
 */
import { HttpError } from "../http1/http_error.ts";
import { parseResponseHead, type RequestHead, type ResponseHead } from "../http1/message_head.ts";
import { formatAuthority } from "../http1/request_target.ts";
import type { Origin, OriginConnection } from "./origin_pool.ts";

/** Interim answers (1xx) to one request; more is a flood. */
const MAX_INTERIM_ANSWERS = 32;

/** Methods that may be sent again when a pooled connection turns out closed. RFC 9110 §9.2.2. */
const REPEATABLE_METHODS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** A kept connection was closed before it answered: the request may go again. */
export class StaleConnectionError extends Error {
  override readonly name = "StaleConnectionError";
}

/** What was asked, and who is to see the interim answers. */
export interface ReadAnswerOptions {
  readonly origin: Origin;
  readonly request: RequestHead;
  readonly hasBody: boolean;
  /** Takes each 1xx but 101; the next one is read when it is done. */
  readonly onInterim: (answer: ResponseHead) => Promise<void>;
}

/**
 * Reads heads until the final one, or 101.
 *
 * @throws {StaleConnectionError} if the request may be sent again on another connection
 * @throws {HttpError} 502 for no answer, a broken one, or too many interim ones
 */
export async function readAnswer(
  { buffered, isReused }: OriginConnection,
  { origin, request, hasBody, onInterim }: ReadAnswerOptions,
): Promise<ResponseHead> {
  let interims = 0;
  while (true) {
    const answer = parseResponseHead(buffered.queue);
    if (answer === undefined) {
      const end = await fillOrEnd(buffered);
      if (end === undefined) continue;
      const isSilent = interims === 0 && buffered.queue.length === 0;
      const mayRepeat = !hasBody && REPEATABLE_METHODS.has(request.method);
      if (isReused && isSilent && mayRepeat) throw new StaleConnectionError();
      throw brokenAnswer(origin, "it closed the connection without one", end.cause);
    }
    if (answer.status >= 200 || answer.status === 101) return answer;
    if (++interims > MAX_INTERIM_ANSWERS) {
      throw brokenAnswer(origin, `more than ${MAX_INTERIM_ANSWERS} interim answers`);
    }
    await onInterim(answer);
  }
}

/** Makes the error of an answer that cannot be passed on. */
export function brokenAnswer(origin: Origin, found: string, cause?: unknown): HttpError {
  return new HttpError(
    502,
    "origin",
    `Cannot read the answer of "${formatAuthority(origin)}": ${found}`,
    { cause },
  );
}

/** Reads once; undefined if there is more to parse, else what ended the connection. */
async function fillOrEnd(
  buffered: OriginConnection["buffered"],
): Promise<{ readonly cause: unknown } | undefined> {
  try {
    return await buffered.fill() ? undefined : { cause: undefined };
  } catch (cause) {
    return { cause };
  }
}
