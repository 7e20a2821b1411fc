/** What every part of a data worker shares, made once and handed down. */
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { SecureIdentity } from "../net/accept_tls.ts";
import type { Deadlines } from "../net/deadlines.ts";
import type { RuleSet } from "../scan/rule_set.ts";
import type { Redactor } from "../threats/redact.ts";
import type { Counters } from "./counters.ts";
import type { DecideOptions } from "./decide.ts";
import type { Evidence } from "./evidence.ts";
import type { Limits } from "./limits.ts";
import type { OriginPool } from "./origin_pool.ts";
import type { RejectedLeaves } from "./rejected_leaves.ts";

/** The long-lived parts of one data worker. */
export interface Proxy {
  readonly config: Config;
  readonly limits: Limits;
  readonly ruleSet: RuleSet;
  readonly redactor: Redactor;
  readonly evidence: Evidence;
  readonly counters: Counters;
  readonly pool: OriginPool;
  readonly identities: IdentityCache;
  /** Which tunnels are decrypted. */
  readonly routing: DecideOptions;
  readonly rejectedLeaves: RejectedLeaves;
  readonly deadlines: Deadlines;
  readonly log: Log;
  /** Makes a request id, unique among all workers. */
  readonly newId: () => string;
  /** Aborted when the worker drains: connections end after their exchange. */
  readonly draining: AbortSignal;
}

/** Leaves parsed for handshakes, by host. */
export interface IdentityCache {
  identityFor(host: string): Promise<SecureIdentity>;
}
