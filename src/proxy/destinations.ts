/**
 * Where requests may go: `allow_hosts`, `deny_hosts`, `deny_private`, and never to the proxy itself.
 *
 * Names are judged before any look-up, so that a denied name is not even asked for. Addresses are
 * judged on the connection that was made, so that no second look-up can change them (DNS rebinding).
 * Deny wins.
 */
import { BlockList, isIP } from "node:net";
import { type Authority, formatAuthority } from "../http1/request_target.ts";
import {
  checkedDestinationPattern,
  containsAddress,
  type DestinationPattern,
  matchesDestination,
  withoutMapping,
} from "../config/destination_pattern.ts";
import { DialError } from "../net/dial.ts";

/** The settings that bear on it. */
export interface DestinationOptions {
  readonly allowHosts: readonly string[];
  readonly denyHosts: readonly string[];
  readonly denyPrivate: boolean;
  /** Where the proxy itself listens. */
  readonly own: Authority;
}

/**
 * Not to be reached from outside: IANA's special-purpose registries (RFC 6890), with 169.254.169.254
 * and fd00:ec2::254, where clouds hand out credentials, among them.
 */
const PRIVATE_RANGES: readonly (readonly [address: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["::", 128],
  ["::1", 128],
  ["64:ff9b:1::", 48],
  ["fc00::", 7],
  ["fe80::", 10],
];

/** Judges destinations by name and by address. */
export class Destinations {
  readonly #allowed: readonly DestinationPattern[];
  readonly #denied: readonly DestinationPattern[];
  readonly #private: BlockList | undefined;
  readonly #own: Authority;

  /** @throws {RangeError} for a pattern that is none; the configuration has checked them */
  constructor(options: DestinationOptions) {
    this.#allowed = options.allowHosts.map(checkedDestinationPattern);
    this.#denied = options.denyHosts.map(checkedDestinationPattern);
    this.#private = options.denyPrivate ? privateAddresses() : undefined;
    this.#own = options.own;
  }

  /**
   * Judges a name, or an address in its place, before anything is looked up.
   *
   * @throws {DialError} `denied`
   */
  assertName(authority: Authority): void {
    const matches = (pattern: DestinationPattern) => matchesDestination(pattern, authority);
    if (this.#denied.some(matches)) throw denied(authority, "it is in deny_hosts");
    const isLiteral = isIP(authority.host) !== 0;
    if (
      isLiteral && this.#private !== undefined && containsAddress(this.#private, authority.host)
    ) {
      throw denied(authority, "it is a private address and deny_private is set");
    }
    const mayBeAllowedLater = this.#allowed.some(({ kind }) => kind === "addresses") &&
      !isLiteral;
    const isAllowed = this.#allowed.length === 0 || this.#allowed.some(matches);
    if (!isAllowed && !mayBeAllowedLater) throw denied(authority, "it is not in allow_hosts");
  }

  /** Judges the address a connection was made to; undefined if it may be used. */
  refuseAddress(
    { host, port }: Authority,
    remote: Deno.NetAddr,
    local: Deno.NetAddr,
  ): DialError | undefined {
    if (this.#isOwn(remote, local)) {
      return new DialError(
        "loop",
        `Cannot forward to "${formatAuthority({ host, port })}": that is this proxy itself`,
      );
    }
    const address = { host: remote.hostname, port };
    const matches = (pattern: DestinationPattern) => matchesDestination(pattern, address);
    if (this.#denied.some(matches)) return denied({ host, port }, "its address is in deny_hosts");
    if (this.#private !== undefined && containsAddress(this.#private, remote.hostname)) {
      return denied({ host, port }, "its address is private and deny_private is set");
    }
    const isAllowed = this.#allowed.length === 0 ||
      this.#allowed.some((pattern) =>
        matchesDestination(pattern, { host, port }) || matches(pattern)
      );
    return isAllowed ? undefined : denied({ host, port }, "its address is not in allow_hosts");
  }

  /** Judges the address of the proxy that leads out: it may be private, and not ourselves. */
  refuseNextProxy(remote: Deno.NetAddr, local: Deno.NetAddr): DialError | undefined {
    if (!this.#isOwn(remote, local)) return undefined;
    return new DialError("loop", "Cannot go through upstream_proxy: it is this proxy itself");
  }

  #isOwn(remote: Deno.NetAddr, local: Deno.NetAddr): boolean {
    const { host, port } = this.#own;
    if (remote.port !== port) return false;
    const address = withoutMapping(remote.hostname);
    // A name (`localhost`) may stand for any address of this machine.
    const mayBeAny = host === "0.0.0.0" || host === "::" || isIP(host) === 0;
    const isThisMachine = remote.hostname === local.hostname || isLoopback(address);
    return address === host || (mayBeAny && isThisMachine);
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

function privateAddresses(): BlockList {
  const list = new BlockList();
  for (const [address, bits] of PRIVATE_RANGES) {
    list.addSubnet(address, bits, isIP(address) === 4 ? "ipv4" : "ipv6");
  }
  return list;
}

function denied(authority: Authority, reason: string): DialError {
  return new DialError("denied", `Cannot go to "${formatAuthority(authority)}": ${reason}`);
}
