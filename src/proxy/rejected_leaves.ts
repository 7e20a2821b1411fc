/**
 * Hosts whose clients reject our leaf: told once, with what to do, and on demand tunnelled for a while.
 *
 * A client that pins its certificate, or was never told of the CA, ends the handshake with an alert or
 * by closing. With `mitm_bypass_auto` such a host is not decrypted for ten minutes, visibly.
 */
import { type Authority, formatAuthority } from "../http1/request_target.ts";
import type { Log } from "../log.ts";

/** How long a host is tunnelled: long enough for a retry to work, short enough to notice a mended client. */
export const BYPASS_MS = 600_000;
/** Hosts remembered; some 100 bytes each. */
const MAX_HOSTS = 1_024;

/** What is done about a rejection. */
export interface RejectedLeavesOptions {
  readonly mitmBypassAuto: boolean;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Remembers rejections. */
export class RejectedLeaves {
  readonly #options: RejectedLeavesOptions;
  /** By host: until when it is tunnelled; the newest last. */
  readonly #hosts = new Map<string, number>();

  constructor(options: RejectedLeavesOptions) {
    this.#options = options;
  }

  /** Notes that a client has broken off a handshake; `error` says how. */
  note(authority: Authority, source: string, error: unknown): void {
    const { mitmBypassAuto, log, now } = this.#options;
    const isKnown = this.#hosts.delete(authority.host);
    this.#hosts.set(authority.host, mitmBypassAuto ? now() + BYPASS_MS : 0);
    if (this.#hosts.size > MAX_HOSTS) this.#hosts.delete(this.#hosts.keys().next().value!);
    if (isKnown && !mitmBypassAuto) return;
    const reason = error instanceof Error ? error.message : String(error);
    log.warning(
      `Cannot decrypt a tunnel to "${
        formatAuthority(authority)
      }" for ${source}: the client broke ` +
        `off the handshake (${reason}); ` +
        (mitmBypassAuto
          ? "it is tunnelled unread for 10 minutes (mitm_bypass_auto)"
          : "does it trust ca.crt? If it pins its certificate, add " +
            `"${authority.host}" to mitm_bypass`),
    );
  }

  /** Whether a host is tunnelled now. */
  has(host: string): boolean {
    const until = this.#hosts.get(host);
    return until !== undefined && until > this.#options.now();
  }
}
