/**
 * Patterns of destinations (`allow_hosts`, `deny_hosts`, `no_proxy`, `suppress`): text → what they
 * match. Pure.
 *
 * `example.com` is that host alone, `*.example.com` every host below it, `10.0.0.0/8` and `::1` are
 * addresses; each may end in `:port` (IPv6 then in brackets).
 */
import { BlockList, isIP } from "node:net";

/** A parsed pattern. */
export type DestinationPattern =
  & { /** Undefined: any port. */ readonly port: number | undefined }
  & (
    | { readonly kind: "host"; readonly host: string }
    /** With its leading dot: `.example.com`. */
    | { readonly kind: "suffix"; readonly suffix: string }
    | { readonly kind: "addresses"; readonly addresses: BlockList }
  );

/** Splits off `:port`; group 1 or 2 is the rest. */
const PORT_REGEXP = /^(?:\[([^\]]+)\]|([^[\]]*?))(?::(\d{1,5}))?$/;

/** Either spelling of an IPv4 address in IPv6. */
const MAPPED_REGEXP = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i;

const HOST_REGEXP =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/** As `parseDestinationPattern()`, for text that was checked. @throws {RangeError} if it is none */
export function checkedDestinationPattern(text: string): DestinationPattern {
  const pattern = parseDestinationPattern(text);
  if (pattern === undefined) throw new RangeError(`Cannot read host pattern "${text}"`);
  return pattern;
}

/** Reads a pattern; undefined if it is none. */
export function parseDestinationPattern(text: string): DestinationPattern | undefined {
  const lower = text.toLowerCase();
  const bare = bareAddress(lower);
  if (bare !== undefined) return { kind: "addresses", addresses: bare, port: undefined };
  const [, bracketed, plain, digits] = PORT_REGEXP.exec(lower) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const name = bracketed ?? plain ?? "";
  const addresses = bareAddress(name);
  if (addresses !== undefined) return { kind: "addresses", addresses, port };
  if (bracketed !== undefined) return undefined;
  const suffix = name.startsWith("*.") ? name.slice(1) : undefined;
  if (!HOST_REGEXP.test(suffix?.slice(1) ?? name)) return undefined;
  return suffix === undefined
    ? { kind: "host", host: name, port }
    : { kind: "suffix", suffix, port };
}

/** Whether a destination is one that the pattern means; `host` is lower case, IPv6 without brackets. */
export function matchesDestination(
  pattern: DestinationPattern,
  { host, port }: { readonly host: string; readonly port: number },
): boolean {
  if (pattern.port !== undefined && pattern.port !== port) return false;
  switch (pattern.kind) {
    case "host":
      return host === pattern.host;
    case "suffix":
      return host.endsWith(pattern.suffix);
    case "addresses":
      return containsAddress(pattern.addresses, host);
    default:
      return pattern satisfies never;
  }
}

/** Whether `host` is an address on the list; IPv4 in IPv6 (`::ffff:10.0.0.1`) counts as IPv4. */
export function containsAddress(list: BlockList, host: string): boolean {
  const address = withoutMapping(host);
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Writes an IPv4-mapped address (RFC 4291 §2.5.5.2) as the IPv4 address it leads to. */
export function withoutMapping(address: string): string {
  const [, dotted, high, low] = MAPPED_REGEXP.exec(address) ?? [];
  if (high === undefined || low === undefined) return dotted ?? address;
  const [upper, lower] = [parseInt(high, 16), parseInt(low, 16)];
  return [upper >> 8, upper & 0xff, lower >> 8, lower & 0xff].join(".");
}

/** An address or a CIDR range; undefined if it is neither. */
function bareAddress(text: string): BlockList | undefined {
  const [address = "", bits, more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more !== undefined) return undefined;
  const family = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  if (bits === undefined) {
    list.addAddress(address, family);
    return list;
  }
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return undefined;
  list.addSubnet(address, Number(bits), family);
  return list;
}
