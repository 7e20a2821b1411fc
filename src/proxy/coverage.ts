/**
 * What was seen of each origin: how much was scanned, and how much could not be. What the monitor
 * does not see must show somewhere.
 */

/** Counted for one host. */
export interface HostCoverage {
  /** Tunnels that were decrypted, and those that were not. */
  intercepted: number;
  tunnelled: number;
  /** Messages of which something could not be decoded. */
  undecodable: number;
  /** Bytes of bodies and tunnels. */
  scannedBytes: number;
  unscannedBytes: number;
}

/** Hosts counted one by one; the rest is counted together. Some 150 bytes each. */
const MAX_HOSTS = 1_000;
/** Stands for the hosts beyond `MAX_HOSTS`; no host is called so. */
export const OTHER_HOSTS = "(others)";

/** Counts by host. */
export class Coverage {
  readonly #hosts = new Map<string, HostCoverage>();

  /** Adds to what is counted of a host. */
  add(host: string, counts: Partial<Readonly<HostCoverage>>): void {
    const isFull = this.#hosts.size >= MAX_HOSTS && !this.#hosts.has(host);
    const key = isFull ? OTHER_HOSTS : host;
    let sum = this.#hosts.get(key);
    if (sum === undefined) {
      sum = { intercepted: 0, tunnelled: 0, undecodable: 0, scannedBytes: 0, unscannedBytes: 0 };
      this.#hosts.set(key, sum);
    }
    for (const name of Object.keys(counts) as (keyof HostCoverage)[]) sum[name] += counts[name]!;
  }

  /** Takes out all that was counted. */
  take(): [host: string, counts: Readonly<HostCoverage>][] {
    const all = [...this.#hosts];
    this.#hosts.clear();
    return all;
  }

  /** The `count` hosts of which most was not scanned, then those of which most was. */
  largest(count: number): [host: string, counts: Readonly<HostCoverage>][] {
    return [...this.#hosts].sort(([, a], [, b]) =>
      b.unscannedBytes - a.unscannedBytes || b.scannedBytes - a.scannedBytes
    ).slice(0, count);
  }
}
