/** Time and size limits of the proxy. One value, handed in, so that a test can use smaller ones. */

/** All of them; times in milliseconds. */
export interface Limits {
  /** From the first byte of a request head to its last. */
  readonly headMs: number;
  /** A client connection without a request. */
  readonly clientIdleMs: number;
  /** A request body of which nothing more arrives. */
  readonly uploadIdleMs: number;
  /** An answer that has begun, a tunnel or a WebSocket on which nothing moves. */
  readonly streamIdleMs: number;
  /** From the end of a request to the head of its answer. */
  readonly answerMs: number;
  /** A TLS handshake with a client, its ClientHello included. */
  readonly handshakeMs: number;
  /** A connection to an origin kept for the next request. */
  readonly originIdleMs: number;
  /** Idle connections kept an origin. */
  readonly idlePerOrigin: number;
  /** Bytes of a refused request's body that are read so that its connection can go on. */
  readonly discardBytes: number;
  /** How long a refused connection is read before it is closed, so that its answer arrives. */
  readonly lingerMs: number;
}

/**
 * The defaults. 15 s for a head and 120 s idle are what nginx and Squid use within a factor of two.
 * An answer may take 15 minutes: the LLM providers' own clients wait 10 for one that is not streamed.
 * Origins drop idle connections after 5 s (Node) to 75 s (nginx): we let go before most do, and a
 * close is seen at once, because an idle connection is being read. A stream that has begun may be quiet
 * for an hour: event streams of tools (MCP) say nothing while nothing happens.
 */
export const DEFAULT_LIMITS: Limits = {
  headMs: 15_000,
  clientIdleMs: 120_000,
  uploadIdleMs: 120_000,
  streamIdleMs: 3_600_000,
  answerMs: 900_000,
  handshakeMs: 15_000,
  originIdleMs: 30_000,
  idlePerOrigin: 256,
  discardBytes: 262_144,
  lingerMs: 2_000,
};

/** What an exchange is waiting for: decides which time limit holds and what is said when it ends. */
export type Stage = "upload" | "answer" | "download";

/** The time limit that belongs to a stage. */
export function stageLimitMs(limits: Limits, stage: Stage): number {
  switch (stage) {
    case "upload":
      return limits.uploadIdleMs;
    case "answer":
      return limits.answerMs;
    case "download":
      return limits.streamIdleMs;
    default:
      return stage satisfies never;
  }
}
