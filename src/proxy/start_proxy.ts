/**
 * Accepts the clients of a data worker and drains them.
 *
 * Runs in the worker; a test may run it in its own thread.
 */
import type { Log } from "../log.ts";
import { TcpStream } from "../net/tcp_stream.ts";
import { buildProxy, type BuildProxyOptions, reloadProxy } from "./build_proxy.ts";
import { BufferedStream } from "./buffered_stream.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { serializeRefusal, tooManyConnections } from "./refuse.ts";
import { serveEntrance } from "./serve_entrance.ts";
import type { FromWorker, ProxySettings, WorkerSetup } from "./worker_messages.ts";

/** After a failed accept (no descriptors left, mostly): long enough for some to be closed. */
const ACCEPT_RETRY_MS = 50;
/** Counters go to the monitor at least so often, for `status`. */
const COUNTERS_INTERVAL_MS = 1_000;

/** What a proxy may be told besides its setup. */
export interface StartProxyOptions extends Pick<BuildProxyOptions, "compile"> {
  /** @default {DEFAULT_LIMITS} */
  readonly limits?: Limits;
}

/** A proxy that accepts clients. */
export interface RunningProxy {
  readonly port: number;
  /** The monitor has dealt with a batch of evidence. */
  taken(): void;
  /** Changes the settings for every exchange that begins from now on. All or nothing. */
  reload(settings: ProxySettings): void;
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
  { limits = DEFAULT_LIMITS, ...rest }: StartProxyOptions = {},
): RunningProxy {
  const { config } = setup;
  const listener = Deno.listen({
    hostname: config.proxyHost,
    port: setup.port,
    reusePort: setup.sharesPort,
  });
  const { port } = listener.addr;
  const draining = new AbortController();
  const options: BuildProxyOptions = { ...rest, post, limits, port, draining: draining.signal };
  const proxy = buildProxy(setup, options);
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
    reload: (settings) => reloadProxy(proxy, settings, options),
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
