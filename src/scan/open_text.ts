/**
 * The type of a body without its content coding → the scanner that knows its form.
 *
 * A type only adds to what is looked at: the bytes of every body are scanned as they are too, so that
 * a wrong type hides nothing.
 */
import type { StreamScanner } from "./decoded_view.ts";
import type { ViewScannerOptions } from "./encoded_views.ts";
import type { EventFraming } from "./event_splitter.ts";
import { FormBody } from "./form_body.ts";
import { GrpcMessages } from "./grpc_messages.ts";
import { LlmRequest } from "./llm_request.ts";
import { LlmStream } from "./llm_stream.ts";
import { Multipart, multipartBoundary } from "./multipart.ts";
import type { RuleSet } from "./rule_set.ts";
import { TextScanner } from "./text_scanner.ts";

/** Scans a text of some form. */
export interface FormScanner extends StreamScanner {
  /** Bytes of views that were not looked at because the text decodes to too much. */
  readonly refusedBytes: number;
  /** Why a compressed part could not be looked into; undefined: all could, or there are none. */
  readonly undecodable?: string | undefined;
  /** Frees what the scanner holds, if it holds anything. */
  close?(): void;
}

/** How to scan a text. */
export interface TextOptions extends ViewScannerOptions {
  /** `Content-Type`, as it came. */
  readonly contentType?: string | undefined;
}

const FORM = "application/x-www-form-urlencoded";
const GRPC_REGEXP = /^application\/grpc(?:-web)?(?:\+|$)/;
const JSON_REGEXP = /^application\/(?:[\w.-]+\+)?json$/;
const FRAMINGS: ReadonlyMap<string, EventFraming> = new Map([
  ["text/event-stream", "sse"],
  ["application/x-ndjson", "json"],
  ["application/ndjson", "json"],
  ["application/jsonl", "json"],
  ["application/x-jsonlines", "json"],
  ["application/json", "json_array"],
]);

/** Makes the scanner of one text. */
export function openText(
  ruleSet: RuleSet,
  { contentType = "", ...options }: TextOptions,
): FormScanner {
  const type = contentType.split(";", 1)[0]!.trim().toLowerCase();
  if (type === FORM) return new FormBody(ruleSet, options);
  const boundary = type.startsWith("multipart/") ? multipartBoundary(contentType) : undefined;
  if (boundary !== undefined) return new Multipart(ruleSet, { ...options, boundary });
  if (GRPC_REGEXP.test(type)) return new GrpcMessages(ruleSet, options);
  if (options.direction === "outbound" && JSON_REGEXP.test(type)) {
    return new LlmRequest(ruleSet, options);
  }
  const framing = options.direction === "inbound" ? FRAMINGS.get(type) : undefined;
  return framing === undefined
    ? new TextScanner(ruleSet, options)
    : new LlmStream(ruleSet, { ...options, framing });
}
