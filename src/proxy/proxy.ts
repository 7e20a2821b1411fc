/** What every part of a data worker shares, made once and handed down. */
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { SecureIdentity } from "../net/accept_tls.ts";
import type { Deadlines } from "../net/deadlines.ts";
import type { RuleSet } from "../scan/rule_set.ts";
import type { Redactor } from "../threats/redact.ts";
import type { Suppressions } from "../threats/suppression.ts";
import type { Counters } from "./counters.ts";
import type { Coverage } from "./coverage.ts";
import type { DecideOptions } from "./decide.ts";
import type { Evidence } from "./evidence.ts";
import type { Limits } from "./limits.ts";
import type { OriginPool } from "./origin_pool.ts";
import type { RejectedLeaves } from "./rejected_leaves.ts";

/** The parts that other settings replace while the worker runs. */
export interface ReloadableParts {
  readonly config: Config;
  readonly ruleSet: RuleSet;
  readonly redactor: Redactor;
  readonly suppressions: Suppressions;
  readonly pool: OriginPool;
  /** Which tunnels are decrypted. */
  readonly routing: DecideOptions;
  readonly rejectedLeaves: RejectedLeaves;
  readonly log: Log;
}

/**
 * The long-lived parts of one data worker. An exchange that needs a reloadable part twice takes it once:
 * it may be another the next time.
 */
export interface Proxy extends ReloadableParts {
  readonly limits: Limits;
  readonly fingerprintKey: Uint8Array;
  readonly evidence: Evidence;
  readonly counters: Counters;
  readonly coverage: Coverage;
  readonly identities: IdentityCache;
  readonly deadlines: Deadlines;
  /** Makes a request id, unique among all workers. */
  readonly newId: () => string;
  /** Aborted when the worker drains: connections end after their exchange. */
  readonly draining: AbortSignal;
}

/** Leaves parsed for handshakes, by host. */
export interface IdentityCache {
  identityFor(host: string): Promise<SecureIdentity>;
}
