/** Gateways that lead to themselves, by themselves or by way of others: settings → the first one. Pure. */

/** One gateway as it was written: `host:port` twice. */
export interface GatewayEnds {
  readonly listen: string;
  readonly target: string;
}

/** Names and addresses by which a machine reaches itself; a listener on the last two hears them all. */
const OWN_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"]);

/** The index of the first gateway whose connections would come back to it; undefined: none. */
export function gatewayLoop(gateways: readonly GatewayEnds[]): number | undefined {
  const next = gateways.map(({ target }) => {
    return gateways.findIndex(({ listen }) => isHeardBy(target, listen));
  });
  const loops = (start: number) => {
    let at = next[start]!;
    for (let steps = 0; at >= 0 && at !== start && steps < gateways.length; steps++) at = next[at]!;
    return at === start;
  };
  const index = gateways.findIndex((_gateway, index) => loops(index));
  return index < 0 ? undefined : index;
}

function isHeardBy(target: string, listen: string): boolean {
  const [targetHost, targetPort] = split(target);
  const [listenHost, listenPort] = split(listen);
  // Port 0 is any free one, and nobody's target.
  if (targetPort !== listenPort || listenPort === 0) return false;
  return targetHost === listenHost || OWN_HOSTS.has(targetHost) && OWN_HOSTS.has(listenHost);
}

function split(authority: string): [host: string, port: number] {
  const colon = authority.lastIndexOf(":");
  const host = authority.slice(0, colon).toLowerCase();
  // 127.0.0.0/8 is one machine.
  return [/^127\.[\d.]+$/.test(host) ? "127.0.0.1" : host, Number(authority.slice(colon + 1))];
}
