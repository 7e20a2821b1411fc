/** A worker's setup → the parts that serve its clients; and those that other settings change. */
import { type Leaf, LeafStore } from "../ca/leaf_store.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { type SecureIdentity, secureIdentity } from "../net/accept_tls.ts";
import { Deadlines } from "../net/deadlines.ts";
import { chooseRules } from "../rules/choose_rules.ts";
import { PROVEN_RULES } from "../rules/proven_rules.ts";
import { KnownSecretIndex } from "../scan/known_secret_scanner.ts";
import { compileRules } from "../scan/rule_set.ts";
import { keyedDigest } from "../threats/keyed_digest.ts";
import { Redactor } from "../threats/redact.ts";
import { Suppressions } from "../threats/suppression.ts";
import { Coverage } from "./coverage.ts";
import { newCounters } from "./counters.ts";
import { Destinations } from "./destinations.ts";
import { Evidence } from "./evidence.ts";
import type { Limits } from "./limits.ts";
import { OriginPool } from "./origin_pool.ts";
import type { IdentityCache, Proxy, ReloadableParts } from "./proxy.ts";
import { RejectedLeaves } from "./rejected_leaves.ts";
import { WayOut } from "./way_out.ts";
import type { FromWorker, ProxySettings, WorkerSetup } from "./worker_messages.ts";

/** What a proxy is told besides its setup. */
export interface BuildProxyOptions {
  readonly post: (message: FromWorker) => void;
  readonly limits: Limits;
  /** The port it listens on. */
  readonly port: number;
  /** Aborted when it drains. */
  readonly draining: AbortSignal;
  /** A test that starts many proxies hands in what it has compiled. @default {compileRules} */
  readonly compile?: typeof compileRules;
}

/**
 * Builds everything.
 *
 * @throws {TypeError} if a rule breaks its contract
 */
export function buildProxy(setup: WorkerSetup, options: BuildProxyOptions): Proxy {
  const { post, limits, draining } = options;
  const counters = newCounters();
  const coverage = new Coverage();
  const leaves = new LeafStore(
    { certDer: setup.caCertDer, privateKey: setup.caPrivateKey },
    { now: Date.now },
  );
  const prefix = [...crypto.getRandomValues(new Uint8Array(4))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  let ids = 0;
  const fixed: Omit<Proxy, keyof ReloadableParts> = {
    limits,
    fingerprintKey: setup.fingerprintKey,
    evidence: new Evidence(counters, (batch) =>
      post({
        kind: "evidence",
        ...batch,
        coverage: coverage.take(),
        suppressionHits: proxy.suppressions.hits,
      })),
    counters,
    coverage,
    identities: identityCache(leaves),
    deadlines: new Deadlines(),
    newId: () => `${prefix}-${(ids++).toString(36)}`,
    draining,
  };
  const proxy: Proxy = { ...fixed, ...reloadableParts(setup, fixed, options) };
  return proxy;
}

/**
 * Changes the settings of a running proxy. Exchanges under way keep what they began with.
 *
 * @throws {TypeError} if a rule breaks its contract: nothing has changed then
 */
export function reloadProxy(
  proxy: Proxy,
  settings: ProxySettings,
  options: BuildProxyOptions,
): void {
  const parts = reloadableParts(settings, proxy, options);
  const { pool } = proxy;
  Object.assign(proxy, parts);
  // Idle connections may lead to where they may lead no longer.
  pool[Symbol.dispose]();
}

function reloadableParts(
  { config, userRules, knownSecrets, extraRoots }: ProxySettings,
  { fingerprintKey }: Pick<Proxy, "fingerprintKey">,
  { post, limits, port, compile = compileRules }: BuildProxyOptions,
): ReloadableParts {
  const rules = chooseRules({ enableRules: config.enableRules, userRules });
  const log = postingLog(post, config.logLevel);
  const rejectedLeaves = new RejectedLeaves({ ...config, log, now: () => performance.now() });
  const compiled = compile(rules, PROVEN_RULES);
  return {
    config,
    ruleSet: knownSecrets === undefined ? compiled : {
      ...compiled,
      knownSecrets: new KnownSecretIndex(knownSecrets.set, keyedDigest(knownSecrets.digestKey)),
    },
    redactor: new Redactor({ fingerprintKey, rules }),
    suppressions: new Suppressions(config.suppress),
    pool: new OriginPool({
      limits,
      extraRoots,
      destinations: new Destinations({ ...config, own: { host: config.proxyHost, port } }),
      wayOut: new WayOut(config),
      enableHttp2: config.enableHttp2,
    }),
    log,
    routing: { ...config, learnedBypass: rejectedLeaves },
    rejectedLeaves,
  };
}

/** Parses a leaf once, for as long as the store keeps handing out the same one. */
function identityCache(leaves: LeafStore): IdentityCache {
  const parsed = new WeakMap<Leaf, SecureIdentity>();
  return {
    identityFor: async (host) => {
      const leaf = await leaves.leafFor(host);
      let identity = parsed.get(leaf);
      if (identity === undefined) parsed.set(leaf, identity = secureIdentity(leaf));
      return identity;
    },
  };
}

/** The operational log is written by the monitor; a worker only sends lines. */
function postingLog(post: (message: FromWorker) => void, level: Config["logLevel"]): Log {
  const isDebug = level === "DEBUG";
  const send = (level: "DEBUG" | "INFO" | "WARNING" | "ERROR") => (message: string) =>
    post({ kind: "log", level, message });
  return {
    debug: isDebug ? send("DEBUG") : () => {},
    info: send("INFO"),
    warning: send("WARNING"),
    error: send("ERROR"),
  };
}
