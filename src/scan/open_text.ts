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

/** What is known of a type. */
interface MediaType {
  /** Without parameters, lower case. */
  readonly essence: string;
  readonly isGrpc: boolean;
  readonly isJson: boolean;
}

/** Types seen before, as they came: there are few. */
const MEDIA_TYPES = new Map<string, MediaType>();
const MAX_MEDIA_TYPES = 256;

function mediaType(contentType: string): MediaType {
  const known = MEDIA_TYPES.get(contentType);
  if (known !== undefined) return known;
  const essence = contentType.split(";", 1)[0]!.trim().toLowerCase();
  const type = { essence, isGrpc: GRPC_REGEXP.test(essence), isJson: JSON_REGEXP.test(essence) };
  if (MEDIA_TYPES.size >= MAX_MEDIA_TYPES) MEDIA_TYPES.clear();
  MEDIA_TYPES.set(contentType, type);
  return type;
}

/** Makes the scanner of one text. */
export function openText(ruleSet: RuleSet, options: TextOptions): FormScanner {
  const { contentType = "", direction } = options;
  const { essence, isGrpc, isJson } = mediaType(contentType);
  if (essence === FORM) return new FormBody(ruleSet, options);
  const boundary = essence.startsWith("multipart/") ? multipartBoundary(contentType) : undefined;
  if (boundary !== undefined) return new Multipart(ruleSet, { ...options, boundary });
  if (isGrpc) return new GrpcMessages(ruleSet, options);
  if (direction === "outbound" && isJson) return new LlmRequest(ruleSet, options);
  const framing = direction === "inbound" ? FRAMINGS.get(essence) : undefined;
  return framing === undefined
    ? new TextScanner(ruleSet, options)
    : new LlmStream(ruleSet, { ...options, framing });
}
