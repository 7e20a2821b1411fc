/** Which origins are reached through `upstream_proxy`, and which directly (`no_proxy`). */
import {
  checkedDestinationPattern,
  type DestinationPattern,
  matchesDestination,
} from "../config/destination_pattern.ts";
import type { Authority } from "../http1/request_target.ts";
import type { NextProxy } from "../net/dial_through.ts";

/** The settings that bear on it. */
export interface WayOutOptions {
  readonly upstreamProxy: NextProxy | undefined;
  readonly noProxy: readonly string[];
}

/** Tells the way to each origin. */
export class WayOut {
  readonly #proxy: NextProxy | undefined;
  readonly #direct: readonly DestinationPattern[];

  /** @throws {RangeError} for a pattern that is none; the configuration has checked them */
  constructor({ upstreamProxy, noProxy }: WayOutOptions) {
    this.#proxy = upstreamProxy;
    this.#direct = noProxy.map(checkedDestinationPattern);
  }

  /** The proxy to go through; undefined: none. */
  to(authority: Authority): NextProxy | undefined {
    if (this.#proxy === undefined) return undefined;
    const isDirect = this.#direct.some((pattern) => matchesDestination(pattern, authority));
    return isDirect ? undefined : this.#proxy;
  }
}
