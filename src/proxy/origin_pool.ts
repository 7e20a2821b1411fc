/**
 * Connections to origins, kept between requests.
 *
 * An idle connection is being read: when the origin closes it, or says anything unasked, it leaves
 * the pool at once. What is handed out is therefore alive as far as this machine knows.
 */
import type { Authority } from "../http1/request_target.ts";
import { dial, type DialOptions, dialTls } from "../net/dial.ts";
import { BufferedStream } from "./buffered_stream.ts";
import type { Destinations } from "./destinations.ts";
import type { Limits } from "./limits.ts";

/** Where requests go: one pool entry each. */
export interface Origin extends Authority {
  readonly scheme: "http" | "https";
}

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
    const { extraRoots } = this.#options;
    const refuseAddress = this.#judge(origin);
    const stream = origin.scheme === "http"
      ? await dial(origin, { refuseAddress })
      : (await dialTls(origin, { refuseAddress, extraRoots, protocols: ["http/1.1"] })).stream;
    return { buffered: new BufferedStream(stream), isReused: false };
  }

  /** Makes sure that a connection to `origin` is there for the next request. @throws {DialError} */
  async prepare(origin: Origin): Promise<void> {
    const connection = this.#takeIdle(origin) ?? await this.dial(origin);
    this.#park(origin, connection.buffered, connection.isReused);
  }

  /** Dials `origin` for a tunnel: nothing is kept and nothing is reused. @throws {DialError} */
  async dialRaw(authority: Authority): Promise<BufferedStream> {
    return new BufferedStream(await dial(authority, { refuseAddress: this.#judge(authority) }));
  }

  /** Takes a connection back whose exchange is complete in both directions. */
  release(origin: Origin, connection: OriginConnection): void {
    this.#park(origin, connection.buffered, true);
  }

  /** Closes every idle connection. Those on loan are their borrowers'. */
  [Symbol.dispose](): void {
    clearInterval(this.#sweeper);
    for (const connections of this.#idle.values()) {
      for (const { buffered } of connections) buffered.stream.close();
    }
    this.#idle.clear();
  }

  /** Judges the name now, and the address once there is one. @throws {DialError} `denied` */
  #judge(authority: Authority): NonNullable<DialOptions["refuseAddress"]> {
    const { destinations } = this.#options;
    destinations.assertName(authority);
    return (remote, local) => destinations.refuseAddress(authority, remote, local);
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
    for (const [key, connections] of this.#idle) {
      for (const idle of connections.filter(({ since }) => since < oldest)) {
        this.#drop(key, idle.buffered);
      }
    }
  }
}

function poolKey({ scheme, host, port }: Origin): string {
  return `${scheme}|${host}|${port}`;
}
