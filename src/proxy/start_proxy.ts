/**
 * Builds the parts of a data worker, accepts clients and drains them.
 *
 * Runs in the worker; a test may run it in its own thread.
 */
import { type Leaf, LeafStore } from "../ca/leaf_store.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { type SecureIdentity, secureIdentity } from "../net/accept_tls.ts";
import { Deadlines } from "../net/deadlines.ts";
import { TcpStream } from "../net/tcp_stream.ts";
import { ALL_RULES } from "../rules/all_rules.ts";
import { compileRules } from "../scan/rule_set.ts";
import { Redactor } from "../threats/redact.ts";
import { BufferedStream } from "./buffered_stream.ts";
import { newCounters } from "./counters.ts";
import { Destinations } from "./destinations.ts";
import { Evidence } from "./evidence.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { OriginPool } from "./origin_pool.ts";
import type { IdentityCache, Proxy } from "./proxy.ts";
import { RejectedLeaves } from "./rejected_leaves.ts";
import { serializeRefusal, tooManyConnections } from "./refuse.ts";
import { serveEntrance } from "./serve_entrance.ts";
import type { FromWorker, WorkerSetup } from "./worker_messages.ts";

/** After a failed accept (no descriptors left, mostly): long enough for some to be closed. */
const ACCEPT_RETRY_MS = 50;
/** Counters go to the monitor at least so often, for `status`. */
const COUNTERS_INTERVAL_MS = 1_000;

/** A proxy that accepts clients. */
export interface RunningProxy {
  readonly port: number;
  /** The monitor has dealt with a batch of evidence. */
  taken(): void;
  /** Accepts no more, lets exchanges end within `withinMs`, then closes what is left. */
  drain(withinMs: number): Promise<void>;
}

/**
 * Listens and serves.
 *
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`
 */
export function startProxy(
  setup: WorkerSetup,
  post: (message: FromWorker) => void,
  limits: Limits = DEFAULT_LIMITS,
): RunningProxy {
  const { config } = setup;
  const listener = Deno.listen({
    hostname: config.proxyHost,
    port: setup.port,
    reusePort: setup.sharesPort,
  });
  const { port } = listener.addr;
  const draining = new AbortController();
  const proxy = buildProxy(setup, { post, limits, port, draining: draining.signal });
  const streams = new Set<TcpStream>();
  const connections = new Set<Promise<void>>();

  const serve = async (connection: Deno.TcpConn) => {
    connection.setNoDelay(true);
    const stream = new TcpStream(connection);
    if (streams.size >= setup.maxConnections) return await turnAway(stream, setup.maxConnections);
    streams.add(stream);
    proxy.counters.connections++;
    proxy.counters.activeConnections++;
    using deadline = proxy.deadlines.create();
    try {
      await serveEntrance({
        buffered: new BufferedStream(stream),
        source: stream.remoteAddress,
        entrance: { scheme: "http", tunnel: undefined },
        deadline,
      }, proxy);
    } finally {
      streams.delete(stream);
      proxy.counters.activeConnections--;
    }
  };
  const accepting = acceptClients(listener, proxy.log, (connection) => {
    const served = serve(connection).catch((error) => logBug(proxy.log, error)).finally(() =>
      connections.delete(served)
    );
    connections.add(served);
  });
  const heartbeat = setInterval(() => proxy.evidence.flush(), COUNTERS_INTERVAL_MS);

  return {
    port,
    taken: () => proxy.evidence.taken(),
    drain: async (withinMs) => {
      listener.close();
      await accepting;
      draining.abort();
      const timer = setTimeout(() => streams.forEach((stream) => stream.close()), withinMs);
      await Promise.all(connections);
      clearTimeout(timer);
      clearInterval(heartbeat);
      proxy.pool[Symbol.dispose]();
      proxy.deadlines[Symbol.dispose]();
      proxy.evidence[Symbol.dispose]();
    },
  };
}

interface BuildOptions {
  readonly post: (message: FromWorker) => void;
  readonly limits: Limits;
  readonly port: number;
  readonly draining: AbortSignal;
}

function buildProxy(setup: WorkerSetup, options: BuildOptions): Proxy {
  const { post, limits } = options;
  const { config } = setup;
  const counters = newCounters();
  const leaves = new LeafStore(
    { certDer: setup.caCertDer, privateKey: setup.caPrivateKey },
    { now: Date.now },
  );
  const prefix = [...crypto.getRandomValues(new Uint8Array(4))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  let ids = 0;
  const log = postingLog(post, config.logLevel);
  const rejectedLeaves = new RejectedLeaves({ ...config, log, now: () => performance.now() });
  return {
    config,
    limits,
    ruleSet: compileRules(ALL_RULES),
    redactor: new Redactor({ fingerprintKey: setup.fingerprintKey, rules: ALL_RULES }),
    evidence: new Evidence(counters, (batch) => post({ kind: "evidence", ...batch })),
    counters,
    pool: new OriginPool({
      limits,
      extraRoots: setup.extraRoots,
      destinations: new Destinations({
        ...config,
        own: { host: config.proxyHost, port: options.port },
      }),
    }),
    identities: identityCache(leaves),
    deadlines: new Deadlines(),
    log,
    routing: { ...config, learnedBypass: rejectedLeaves },
    rejectedLeaves,
    newId: () => `${prefix}-${(ids++).toString(36)}`,
    draining: options.draining,
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

async function acceptClients(
  listener: Deno.TcpListener,
  log: Log,
  onConnection: (connection: Deno.TcpConn) => void,
): Promise<void> {
  let isClosed = false;
  while (!isClosed) {
    try {
      onConnection(await listener.accept());
    } catch (error) {
      isClosed = error instanceof Deno.errors.BadResource ||
        error instanceof Deno.errors.Interrupted;
      if (isClosed) break;
      log.error(`Cannot accept a connection: ${error instanceof Error ? error.message : error}`);
      await new Promise((resolve) => setTimeout(resolve, ACCEPT_RETRY_MS));
    }
  }
}

/** Answers a connection beyond the limit, and closes it. */
async function turnAway(stream: TcpStream, limit: number): Promise<void> {
  try {
    const context = { requestId: "", close: "close" } as const;
    await stream.write(serializeRefusal(tooManyConnections(limit), context));
    await stream.closeWrite();
  } catch {
    // Gone before it was told.
  }
  stream.close();
}

function logBug(log: Log, error: unknown): void {
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  log.error(`Cannot serve a connection: ${text}`);
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
