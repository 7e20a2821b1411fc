/**
 * The evidence: one record of `threats.jsonl`, and how a finding becomes one.
 *
 * Runs in the data worker, so that a secret never leaves the thread that read it.
 */
import type { Finding } from "../scan/finding.ts";
import type { Direction, Severity } from "../scan/rule.ts";
import { maskHost } from "./mask_url.ts";
import type { Redactor } from "./redact.ts";

/** Locations whose text names the destination: what is found there encoded may stand in `dest` so. */
const HOST_LOCATIONS: ReadonlySet<string> = new Set(["connect", "host", "url", "header:host"]);

export type Protocol = "http" | "https" | "ws" | "wss" | "gateway" | "ssh";

/**
 * One line of `threats.jsonl`, keys in this order. The first eight fields are the original's.
 * Holds no secret: `snippet` is masked before a Threat is made.
 */
export interface Threat {
  readonly direction: Direction;
  readonly protocol: Protocol;
  readonly threat_type: "EXFIL" | "INJECTION" | "SSH_CONNECT";
  /** The rule's label: `ai_api_key`. */
  readonly pattern: string;
  /** At most 200 characters, secrets masked. */
  readonly snippet: string;
  /** The client's address, without the port. */
  readonly source: string;
  /** `host:port` of the origin. */
  readonly dest: string;
  /** RFC 3339 with microseconds and `+00:00`. */
  readonly timestamp: string;
  readonly severity: Severity;
  readonly action: "logged" | "blocked" | "redacted";
  /** `url`, `header:authorization`, `body`, `connect`, `sse:tool_use[0].input` … */
  readonly location: string;
  /** Keyed fingerprint of the secret, 16 hex digits: the same secret has the same one. */
  readonly fingerprint: string;
  /** Joins the threat to its line of `requests.jsonl`. */
  readonly request_id: string;
  /** How the text was reached: `gzip>json>base64`; absent for plain bytes. */
  readonly encoding?: string;
  /** The matching rule, where the pattern is a label several rules share. */
  readonly rule?: string;
  /** What block mode would have done; written in monitor mode only. */
  readonly would?: "blocked" | "redacted";
  /** Records like this one that the last window kept back. */
  readonly suppressed?: number;
}

/** What the exchange knows of a finding. */
export interface ThreatContext {
  readonly direction: Direction;
  readonly protocol: Protocol;
  /** The client's address, without the port. */
  readonly source: string;
  /** `host:port` of the origin. */
  readonly dest: string;
  /** The place in the message; a finding's own `part`, where it has one, is more exact. */
  readonly location: string;
  readonly requestId: string;
  /** As of `threatTimestamp()`. */
  readonly timestamp: string;
  /** After homes were considered. */
  readonly severity: Severity;
  readonly action: Threat["action"];
  readonly would?: Threat["would"];
}

/**
 * Makes the record of a finding: masked snippet, masked destination, keyed fingerprint.
 */
export function threatFromFinding(
  finding: Finding,
  context: ThreatContext,
  redactor: Redactor,
): Threat {
  const { dest } = context;
  const isInDest = dest.toLowerCase().includes(finding.secret.toLowerCase()) ||
    finding.encoding !== undefined && HOST_LOCATIONS.has(context.location);
  return {
    direction: context.direction,
    protocol: context.protocol,
    threat_type: finding.rule.type,
    pattern: finding.rule.pattern,
    snippet: redactor.snippet(finding),
    source: context.source,
    dest: maskHost(dest, isInDest ? [finding.secret] : []),
    timestamp: context.timestamp,
    severity: context.severity,
    action: context.action,
    location: redactor.maskText(finding.part ?? context.location),
    fingerprint: redactor.fingerprint(finding.secret),
    request_id: context.requestId,
    ...(finding.encoding === undefined ? {} : { encoding: finding.encoding }),
    ...(context.would === undefined ? {} : { would: context.would }),
    ...(finding.rule.id === finding.rule.pattern ? {} : { rule: finding.rule.id }),
  };
}

/**
 * Formats a time as RFC 3339 with microseconds and `+00:00`. `epochMs` may have a fraction:
 * `performance.timeOrigin + performance.now()`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(threatTimestamp(1_771_508_519_587.248), "2026-02-19T13:41:59.587248+00:00");
 * ```
 */
export function threatTimestamp(epochMs: number): string {
  const micros = Math.round(epochMs * 1_000);
  const second = Math.floor(micros / 1_000_000);
  if (second !== lastSecond) {
    // "2026-02-19T13:41:59."
    lastSecondText = new Date(second * 1_000).toISOString().slice(0, -"000Z".length);
    lastSecond = second;
  }
  return `${lastSecondText}${String(micros - second * 1_000_000).padStart(6, "0")}+00:00`;
}

/** The second that was formatted last: formatting takes longer than all the rest of a record. */
let lastSecond: number | undefined;
let lastSecondText = "";
