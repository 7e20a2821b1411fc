/** The evidence: one record of `threats.jsonl`. */
import type { Direction, Severity } from "../scan/rule.ts";

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
  /** Records like this one that the last window kept back. */
  readonly suppressed?: number;
}
