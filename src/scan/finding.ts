/** What the scanner says of the bytes it saw: a rule matched here. */
import type { Rule, Severity } from "./rule.ts";

/** One match of one rule. Lives in the data worker only: it carries the secret in the clear. */
export interface Finding {
  readonly rule: Rule;
  /** After `verify`; before homes are considered. */
  readonly severity: Severity;
  /** Byte offsets in the pushed stream that cover the match, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  /** The whole match as read in the innermost view, latin1. */
  readonly match: string;
  /** The part never to be written down, latin1; offsets of it within `match`. */
  readonly secret: string;
  readonly secretStart: number;
  /** Up to 64 bytes of the view before and after the match, latin1. */
  readonly before: string;
  readonly after: string;
  /** How the text was reached, outermost first: `gzip>json>base64`; absent for raw bytes. */
  readonly encoding?: string;
  /** A place within the message, where one is known: `sse:tool_use[0].input`, `multipart:file`. */
  readonly part?: string;
}
