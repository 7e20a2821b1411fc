/** A message that is stopped, and why. */
import type { Direction } from "../scan/rule.ts";

/** What stopped it. */
export interface BlockReason {
  /** The label of the rule that matched; `undecodable` for content that could not be scanned. */
  readonly pattern: string;
  /** `header:authorization`, `body` … */
  readonly location: string;
  readonly direction: Direction;
}

/** Stops an exchange; `proxy/refuse.ts` says it to the client. Holds no secret. */
export class BlockedError extends Error implements BlockReason {
  override readonly name = "BlockedError";
  readonly pattern: string;
  readonly location: string;
  readonly direction: Direction;

  constructor({ pattern, location, direction }: BlockReason) {
    super(`Blocked ${direction} message: ${pattern} in ${location}`);
    this.pattern = pattern;
    this.location = location;
    this.direction = direction;
  }
}
