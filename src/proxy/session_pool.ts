/**
 * HTTP/2 connections to origins, each shared by as many exchanges as its origin allows.
 *
 * When all are full another is dialled, up to a limit; then an exchange waits for the next place.
 */
import { OriginSession } from "../http2/origin_session.ts";
import { DIAL_TIMEOUT_MS } from "../net/dial.ts";
import type { ByteStream } from "../net/byte_stream.ts";
import { TransportDuplex } from "../net/transport_duplex.ts";

/** Connections an origin: browsers and gRPC clients make one, of 100 streams mostly. */
const MAX_SESSIONS = 8;

interface Entry {
  readonly sessions: Set<OriginSession>;
  /** Exchanges that wait for a place; each looks for one again when it is woken. */
  waiting: (() => void)[];
  /** Resolves when the dial under way has ended, well or not. */
  dialing: Promise<unknown> | undefined;
  /** When the last exchange ended, or the connection was made; by `performance.now()`. */
  lastUse: number;
}

/** Keeps sessions by origin. */
export class SessionPool implements Disposable {
  readonly #entries = new Map<string, Entry>();

  /** Whether an exchange with `origin` (a URL) could begin now without a dial. */
  has(origin: string): boolean {
    return this.#usable(this.#entries.get(origin)) !== undefined;
  }

  /**
   * Adds a connection that has agreed on `h2`.
   *
   * @throws {Error} if the origin says nothing on it
   */
  async add(origin: string, stream: ByteStream): Promise<void> {
    const entry = this.#entryOf(origin);
    const { sessions } = entry;
    const session: OriginSession = new OriginSession(origin, new TransportDuplex(stream), () => {
      entry.lastUse = performance.now();
      if (!session.isRetired) return void entry.waiting.shift()?.();
      sessions.delete(session);
      // Its place may be taken by another, with places for many.
      wakeAll(entry);
    });
    const timer = setTimeout(() => session.destroy(), DIAL_TIMEOUT_MS);
    try {
      await session.ready;
    } finally {
      clearTimeout(timer);
    }
    entry.lastUse = performance.now();
    sessions.add(session);
  }

  /**
   * Takes a session with a place reserved for the next `request()`.
   *
   * @param dial makes another connection and `add()`s it; its errors go to the caller
   */
  async acquire(origin: string, dial: () => Promise<void>): Promise<OriginSession> {
    while (true) {
      const entry = this.#entryOf(origin);
      const session = this.#usable(entry);
      if (session !== undefined) {
        session.reserve();
        return session;
      }
      if (entry.dialing !== undefined) {
        await entry.dialing;
      } else if (entry.sessions.size >= MAX_SESSIONS) {
        await new Promise<void>((resolve) => entry.waiting.push(resolve));
      } else {
        await this.#dialOnce(entry, dial);
      }
    }
  }

  /** Closes sessions that nobody has used since `before`. */
  closeUnused(before: number): void {
    for (const [origin, { sessions, waiting, lastUse, dialing }] of this.#entries) {
      if (lastUse < before) {
        for (const session of sessions) if (session.isIdle) session.close();
      }
      const isEmpty = sessions.size === 0 && waiting.length === 0 && dialing === undefined;
      if (isEmpty) this.#entries.delete(origin);
    }
  }

  /** Closes every session, with what is under way in it. */
  [Symbol.dispose](): void {
    for (const { sessions } of this.#entries.values()) {
      for (const session of sessions) session.destroy();
    }
    this.#entries.clear();
  }

  #usable(entry: Entry | undefined): OriginSession | undefined {
    for (const session of entry?.sessions ?? []) if (session.isUsable) return session;
    return undefined;
  }

  #entryOf(origin: string): Entry {
    let entry = this.#entries.get(origin);
    if (entry === undefined) {
      entry = { sessions: new Set(), waiting: [], dialing: undefined, lastUse: 0 };
      this.#entries.set(origin, entry);
    }
    return entry;
  }

  /** Exchanges that begin together share one dial. */
  async #dialOnce(entry: Entry, dial: () => Promise<void>): Promise<void> {
    const dialing = dial();
    entry.dialing = dialing.catch(() => {});
    try {
      await dialing;
    } finally {
      entry.dialing = undefined;
      wakeAll(entry);
    }
  }
}

function wakeAll(entry: Entry): void {
  const { waiting } = entry;
  entry.waiting = [];
  for (const wake of waiting) wake();
}
