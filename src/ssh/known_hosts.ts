/**
 * The setting `ssh_known_hosts` → is this address one of them? Entries are addresses, ranges (`10.0.0.0/8`) and
 * host names. The socket table has only addresses, so that names are resolved, again when an unknown
 * address shows up: large hosts change theirs by the hour.
 *
 * Every address a name ever had here stays known: a connection outlives the record it was opened by.
 */
import { BlockList, isIP } from "node:net";
import { normalizeAddress } from "./socket_table.ts";

/** A name is not asked for more often: a flood of connections must not become one of queries. */
const MIN_RESOLVE_INTERVAL_MS = 30_000;
/** Addresses kept of names; a wildcard zone could return new ones for ever. */
const MAX_RESOLVED = 10_000;

/** What `KnownHosts` needs of the world. */
export interface KnownHostsOptions {
  /** Looks up the addresses of a name; rejects where it has none. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Told once of each name that cannot be resolved. */
  readonly onUnresolved: (name: string, error: unknown) => void;
}

/** The hosts that may be reached by SSH. */
export class KnownHosts {
  readonly #options: KnownHostsOptions;
  readonly #ranges = new BlockList();
  readonly #names: readonly string[];
  readonly #resolved = new Set<string>();
  readonly #unresolved = new Set<string>();
  /** Undefined before the first look-up. */
  #resolvedAtMs: number | undefined;

  /** @throws {RangeError} if an entry looks like a range and is none: `10.0.0.0/64`. */
  constructor(entries: readonly string[], options: KnownHostsOptions) {
    this.#options = options;
    const names: string[] = [];
    for (const entry of entries.map(bareAddress)) {
      if (entry.includes("/")) addRange(this.#ranges, entry);
      else if (isIP(entry) !== 0) this.#ranges.addAddress(entry, familyOf(entry));
      else names.push(entry);
    }
    this.#names = names;
  }

  /** Says whether an address of the socket table belongs to a listed host. */
  async has(address: string): Promise<boolean> {
    const bare = bareAddress(address);
    if (isIP(bare) !== 0 && this.#ranges.check(bare, familyOf(bare))) return true;
    if (this.#names.length === 0) return false;
    if (this.#resolved.has(bare)) return true;
    await this.#resolveNames();
    return this.#resolved.has(bare);
  }

  async #resolveNames(): Promise<void> {
    const now = this.#options.now();
    if (now - (this.#resolvedAtMs ?? -Infinity) < MIN_RESOLVE_INTERVAL_MS) return;
    this.#resolvedAtMs = now;
    await Promise.all(this.#names.map((name) => this.#resolveName(name)));
  }

  async #resolveName(name: string): Promise<void> {
    try {
      for (const address of await this.#options.resolve(name)) {
        if (this.#resolved.size < MAX_RESOLVED) this.#resolved.add(normalizeAddress(address));
      }
    } catch (error) {
      if (this.#unresolved.has(name)) return;
      this.#unresolved.add(name);
      this.#options.onUnresolved(name, error);
    }
  }
}

function addRange(ranges: BlockList, entry: string): void {
  const [network = "", prefix = ""] = entry.split("/");
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  if (isIP(network) === 0 || bits > (isIP(network) === 4 ? 32 : 128)) {
    throw new RangeError(
      `Cannot read known SSH host "${entry}": it is no range, needs the form 10.0.0.0/8 or 2001:db8::/32`,
    );
  }
  ranges.addSubnet(network, bits, familyOf(network));
}

/** The scope of a link-local address is a matter of this machine's interfaces, not of the host. */
function bareAddress(address: string): string {
  return normalizeAddress(address).replace(/%.*$/, "");
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
