/**
 * Accepts the clients of a data worker and drains them.
 *
 * Runs in the worker; a test may run it in its own thread.
 */
import { formatAuthority } from "../http1/request_target.ts";
import type { Log } from "../log.ts";
import { TcpStream } from "../net/tcp_stream.ts";
import { buildProxy, type BuildProxyOptions, reloadProxy } from "./build_proxy.ts";
import { BufferedStream } from "./buffered_stream.ts";
import type { Client } from "./client.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { Proxy } from "./proxy.ts";
import { serializeRefusal, tooManyConnections } from "./refuse.ts";
import { closeAfterAnswer } from "./serve_client.ts";
import { serveEntrance } from "./serve_entrance.ts";
import { serveGateway } from "./serve_gateway.ts";
import type { FromWorker, ProxySettings, WorkerSetup } from "./worker_messages.ts";

/** After a failed accept (no descriptors left, mostly): long enough for some to be closed. */
const ACCEPT_RETRY_MS = 50;
/** What accepting a client ends with that has reset its connection already. accept(2) */
const GONE_CLIENT_ERRORS = [
  Deno.errors.ConnectionAborted,
  Deno.errors.ConnectionReset,
  Deno.errors.NotConnected,
];
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
  /** Of the gateways, in the order of the settings. */
  readonly gatewayPorts: readonly number[];
  /** The monitor has dealt with a batch of evidence. */
  taken(): void;
  /** Changes the settings for every exchange that begins from now on. All or nothing. */
  reload(settings: ProxySettings): void;
  /** Accepts no more, lets exchanges end within `withinMs`, then closes what is left. */
  drain(withinMs: number): Promise<void>;
}

/**
 * Listens and serves, on the proxy's port and on those of the gateways.
 *
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`
 * @throws {Error} naming a gateway that cannot be listened for
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
  const gateways = listenGateways(setup, listener);
  const draining = new AbortController();
  const options: BuildProxyOptions = { ...rest, post, limits, port, draining: draining.signal };
  const proxy = buildProxy(setup, options);
  const streams = new Set<TcpStream>();
  const connections = new Set<Promise<void>>();

  const serve = async (connection: Deno.TcpConn, serveStream: Serve) => {
    connection.setNoDelay(true);
    const stream = new TcpStream(connection);
    if (streams.size >= setup.maxConnections) {
      return await turnAway(stream, setup.maxConnections, proxy);
    }
    streams.add(stream);
    proxy.counters.connections++;
    proxy.counters.activeConnections++;
    using deadline = proxy.deadlines.create();
    try {
      await serveStream({
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
  const accept = (listener: Deno.TcpListener, serveStream: Serve) =>
    acceptClients(listener, proxy.log, (connection) => {
      const served = serve(connection, serveStream).catch((error) => logBug(proxy.log, error))
        .finally(() => connections.delete(served));
      connections.add(served);
    });
  const accepting = [
    accept(listener, serveEntrance),
    ...gateways.map(({ listener, target }) => {
      const { hostname, port } = listener.addr;
      proxy.log.info(`Gateway on "${formatAuthority({ host: hostname, port })}" to "${target}"`);
      return accept(listener, (client, proxy) => serveGateway(client, target, proxy));
    }),
  ];
  const heartbeat = setInterval(() => proxy.evidence.flush(), COUNTERS_INTERVAL_MS);

  return {
    port,
    gatewayPorts: gateways.map(({ listener }) => listener.addr.port),
    taken: () => proxy.evidence.taken(),
    reload: (settings) => reloadProxy(proxy, settings, options),
    drain: async (withinMs) => {
      listener.close();
      for (const { listener } of gateways) listener.close();
      await Promise.all(accepting);
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

/** Serves one connection to its end. */
type Serve = (client: Client, proxy: Proxy) => Promise<void>;

interface GatewayListener {
  readonly listener: Deno.TcpListener;
  /** `host:port`. */
  readonly target: string;
}

/** Listens for all gateways, or for none: `proxyListener` is closed then too. */
function listenGateways(
  { config: { gateways }, sharesPort }: WorkerSetup,
  proxyListener: Deno.TcpListener,
): readonly GatewayListener[] {
  const listeners: GatewayListener[] = [];
  for (const { listen, target } of gateways) {
    try {
      // The configuration has checked its form; unlike an authority it may have port 0.
      const colon = listen.lastIndexOf(":");
      const hostname = listen.slice(0, colon).replace(/^\[|\]$/g, "");
      const port = Number(listen.slice(colon + 1));
      const listener = Deno.listen({ hostname, port, reusePort: sharesPort });
      listeners.push({ listener, target });
    } catch (error) {
      for (const { listener } of listeners) listener.close();
      proxyListener.close();
      // A plain one: the classes of `Deno.errors` speak of the proxy's own address.
      const reason = error instanceof Deno.errors.AddrInUse
        ? "the port is taken"
        : error instanceof Error
        ? error.message
        : String(error);
      throw new Error(`Cannot listen for the gateway "${listen}": ${reason}`, { cause: error });
    }
  }
  return listeners;
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
      // A client that was gone before its turn is no reason to let the others wait.
      if (GONE_CLIENT_ERRORS.some((kind) => error instanceof kind)) continue;
      log.error(`Cannot accept a connection: ${error instanceof Error ? error.message : error}`);
      await new Promise((resolve) => setTimeout(resolve, ACCEPT_RETRY_MS));
    }
  }
}

/** Answers a connection beyond the limit, and closes it when the answer can have arrived. */
async function turnAway(stream: TcpStream, limit: number, proxy: Proxy): Promise<void> {
  using deadline = proxy.deadlines.create();
  deadline.set(proxy.limits.lingerMs, () => stream.close());
  try {
    const context = { requestId: "", close: "close" } as const;
    await stream.write(serializeRefusal(tooManyConnections(limit), context));
    await closeAfterAnswer({ buffered: new BufferedStream(stream), deadline }, proxy);
  } catch {
    // Gone before it was told.
  }
  stream.close();
}

function logBug(log: Log, error: unknown): void {
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  log.error(`Cannot serve a connection: ${text}`);
}
