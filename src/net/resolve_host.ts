/** Host names → addresses, as the system resolves them (its hosts file included). */
import { lookup } from "node:dns/promises";

/**
 * Resolves to every address of `host`, IPv4 and IPv6, without brackets.
 *
 * @throws {Error} if the name has no address or no resolver answers
 */
export async function resolveHost(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
