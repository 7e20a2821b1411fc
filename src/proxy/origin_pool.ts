/**
 * Connections to origins, kept between requests.
 *
 * An idle connection is being read: when the origin closes it, or says anything unasked, it leaves
 * the pool at once. What is handed out is therefore alive as far as this machine knows.
 */
import { type Authority, formatAuthority } from "../http1/request_target.ts";
import type { OriginSession } from "../http2/origin_session.ts";
import type { ByteStream } from "../net/byte_stream.ts";
import { dial, type DialedTls, DialError, type DialOptions, dialTls } from "../net/dial.ts";
import type { NextProxy } from "../net/dial_through.ts";
import { BufferedStream } from "./buffered_stream.ts";
import type { Destinations } from "./destinations.ts";
import type { Limits } from "./limits.ts";
import type { WayOut } from "./way_out.ts";
import { SessionPool } from "./session_pool.ts";

/** Origins known to speak HTTP/2: some 100 bytes each. */
const MAX_KNOWN_ORIGINS = 4_096;

/** Where requests go: one pool entry each. */
export interface Origin extends Authority {
  readonly scheme: "http" | "https";
}

/** What is spoken inside TLS, by its name in ALPN. RFC 7301 §6, RFC 9113 §3.2. */
export type Protocol = "http/1.1" | "h2";

/** A connection on loan; give it back with `release()` or close its stream. */
export interface OriginConnection {
  readonly buffered: BufferedStream;
  /** Whether it has served a request before: it may turn out to be closed. */
  readonly isReused: boolean;
}

/** What the pool needs to be told. */
export interface OriginPoolOptions {
  readonly limits: Limits;
  /** PEM roots besides the system's. */
  readonly extraRoots: readonly string[];
  readonly destinations: Destinations;
  readonly wayOut: WayOut;
  /** Whether origins are offered HTTP/2. */
  readonly enableHttp2: boolean;
}

interface IdleConnection {
  readonly buffered: BufferedStream;
  readonly since: number;
  /** False for one that was dialled ahead and has not carried a request. */
  readonly isReused: boolean;
}

/** Dials, keeps and hands out connections. */
export class OriginPool implements Disposable {
  readonly #options: OriginPoolOptions;
  readonly #idle = new Map<string, IdleConnection[]>();
  readonly #sessions = new SessionPool();
  /** Origins that have chosen `h2` when they could; the newest last. */
  readonly #speakHttp2 = new Set<string>();
  readonly #sweeper: ReturnType<typeof setInterval>;

  constructor(options: OriginPoolOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.#closeOld(), options.limits.originIdleMs / 4);
  }

  /**
   * Takes an idle connection, the one used last first, or dials.
   *
   * @throws {DialError}
   */
  async acquire(origin: Origin): Promise<OriginConnection> {
    const idle = this.#takeIdle(origin);
    if (idle !== undefined) return idle;
    return await this.dial(origin);
  }

  /**
   * Dials, whatever the pool holds.
   *
   * @throws {DialError}
   */
  async dial(origin: Origin): Promise<OriginConnection> {
    const stream = origin.scheme === "http"
      ? await this.#dialPlain(origin)
      : (await this.#dialTls(origin, ["http/1.1"])).stream;
    return { buffered: new BufferedStream(stream), isReused: false };
  }

  /**
   * Makes sure that a connection to a TLS origin is there for the next request.
   *
   * @returns what the origin speaks where it has the choice
   * @throws {DialError}
   */
  async prepare(origin: Origin): Promise<Protocol> {
    const key = poolKey(origin);
    if (this.#sessions.has(key)) return "h2";
    const idle = this.#takeIdle(origin);
    if (idle !== undefined) {
      this.#park(origin, idle.buffered, idle.isReused);
      return this.#speakHttp2.has(key) ? "h2" : "http/1.1";
    }
    const offered: readonly Protocol[] = this.#options.enableHttp2
      ? ["h2", "http/1.1"]
      : ["http/1.1"];
    const { stream, protocol } = await this.#dialTls(origin, offered);
    if (protocol === "h2") {
      this.#noteHttp2(key);
      await this.#addSession(origin, stream);
      return "h2";
    }
    this.#speakHttp2.delete(key);
    this.#park(origin, new BufferedStream(stream), false);
    return "http/1.1";
  }

  /**
   * Takes a place for one exchange in an HTTP/2 connection.
   *
   * @throws {DialError}
   */
  acquireSession(origin: Origin): Promise<OriginSession> {
    return this.#sessions.acquire(poolKey(origin), async () => {
      const { stream, protocol } = await this.#dialTls(origin, ["h2"]);
      if (protocol === "h2") return await this.#addSession(origin, stream);
      stream.close();
      this.#speakHttp2.delete(poolKey(origin));
      throw new DialError(
        "tls",
        `Cannot reach "${formatAuthority(origin)}": it speaks HTTP/2 no longer`,
      );
    });
  }

  /** Dials `origin` for a tunnel: nothing is kept and nothing is reused. @throws {DialError} */
  async dialRaw(authority: Authority): Promise<BufferedStream> {
    return new BufferedStream(await dial(authority, this.#route(authority)));
  }

  /** Takes a connection back whose exchange is complete in both directions. */
  release(origin: Origin, connection: OriginConnection): void {
    this.#park(origin, connection.buffered, true);
  }

  /** Closes every idle connection. Those on loan are their borrowers'. */
  [Symbol.dispose](): void {
    clearInterval(this.#sweeper);
    this.#sessions[Symbol.dispose]();
    for (const connections of this.#idle.values()) {
      for (const { buffered } of connections) buffered.stream.close();
    }
    this.#idle.clear();
  }

  /**
   * The HTTP proxy that takes requests for `origin` as they are, with their whole URL: plain HTTP is
   * not tunnelled, since proxies mostly refuse CONNECT to other ports than 443. Undefined: none.
   */
  forwardProxy(origin: Origin): NextProxy | undefined {
    const through = origin.scheme === "http" ? this.#options.wayOut.to(origin) : undefined;
    return through?.kind === "http" ? through : undefined;
  }

  async #dialPlain(origin: Origin): Promise<ByteStream> {
    const next = this.forwardProxy(origin);
    if (next === undefined) return await dial(origin, this.#route(origin));
    const { refuseAddress } = this.#route(origin);
    return await dial(next, { refuseAddress });
  }

  #dialTls(origin: Origin, protocols: readonly Protocol[]): Promise<DialedTls> {
    const { extraRoots } = this.#options;
    return dialTls(origin, { ...this.#route(origin), extraRoots, protocols });
  }

  async #addSession(origin: Origin, stream: ByteStream): Promise<void> {
    try {
      await this.#sessions.add(poolKey(origin), stream);
    } catch (cause) {
      stream.close();
      throw new DialError("tls", `Cannot start HTTP/2 with "${formatAuthority(origin)}"`, {
        cause,
      });
    }
  }

  #noteHttp2(key: string): void {
    this.#speakHttp2.delete(key);
    this.#speakHttp2.add(key);
    if (this.#speakHttp2.size <= MAX_KNOWN_ORIGINS) return;
    for (const oldest of this.#speakHttp2) return void this.#speakHttp2.delete(oldest);
  }

  /** Judges the name now, and the address once there is one. @throws {DialError} `denied` */
  #route(authority: Authority): Required<Pick<DialOptions, "refuseAddress" | "through">> {
    const { destinations, wayOut } = this.#options;
    destinations.assertName(authority);
    const through = wayOut.to(authority);
    const refuseAddress = (remote: Deno.NetAddr, local: Deno.NetAddr) =>
      through === undefined
        ? destinations.refuseAddress(authority, remote, local)
        : destinations.refuseNextProxy(remote, local);
    return { refuseAddress, through };
  }

  #takeIdle(origin: Origin): OriginConnection | undefined {
    const connections = this.#idle.get(poolKey(origin));
    const idle = connections?.pop();
    if (connections?.length === 0) this.#idle.delete(poolKey(origin));
    return idle && { buffered: idle.buffered, isReused: idle.isReused };
  }

  #park(origin: Origin, buffered: BufferedStream, isReused: boolean): void {
    const key = poolKey(origin);
    let connections = this.#idle.get(key);
    if (connections === undefined) this.#idle.set(key, connections = []);
    if (connections.length >= this.#options.limits.idlePerOrigin || buffered.queue.length > 0) {
      buffered.stream.close();
      return;
    }
    connections.push({ buffered, since: performance.now(), isReused });
    const drop = () => this.#drop(key, buffered);
    buffered.watch().then(drop, drop);
  }

  /** An idle connection was closed or spoke unasked. On loan by now, it is its borrower's affair. */
  #drop(key: string, buffered: BufferedStream): void {
    const connections = this.#idle.get(key);
    const at = connections?.findIndex((idle) => idle.buffered === buffered) ?? -1;
    if (connections === undefined || at < 0) return;
    connections.splice(at, 1);
    if (connections.length === 0) this.#idle.delete(key);
    buffered.stream.close();
  }

  #closeOld(): void {
    const oldest = performance.now() - this.#options.limits.originIdleMs;
    this.#sessions.closeUnused(oldest);
    for (const [key, connections] of this.#idle) {
      for (const idle of connections.filter(({ since }) => since < oldest)) {
        this.#drop(key, idle.buffered);
      }
    }
  }
}

/** An origin as a URL. */
function poolKey({ scheme, host, port }: Origin): string {
  return `${scheme}://${formatAuthority({ host, port })}`;
}
