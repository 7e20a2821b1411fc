/**
 * How bad a credential is where it goes: nothing at its issuer's own place, critical elsewhere.
 *
 * A credential is at home in a header the issuer reads it from, on its way to the issuer's host. The
 * same one in a body, a URL, or on its way to any other host, look-alikes included, has left home.
 */
import type { Finding } from "./finding.ts";
import type { Home, Severity } from "./rule.ts";

/** Where a finding is going. */
export interface Destination {
  /** The origin's host, lower case. */
  readonly host: string;
  /** `header:authorization`, `url`, `body`, … */
  readonly location: string;
  /**
   * Hosts by pattern or rule id, in place of the rule's own homes; any header will do there.
   * @default the rule's own
   */
  readonly homes?: Readonly<Record<string, readonly string[]>>;
}

const HEADER_PREFIX = "header:";

/** Grades a finding of an outbound message. What `verify` found to be harmless stays so. */
export function gradeForDestination(finding: Finding, destination: Destination): Severity {
  const { rule, severity } = finding;
  const hosts = destination.homes?.[rule.id] ?? destination.homes?.[rule.pattern];
  const isHome = hosts === undefined
    ? rule.homes?.some((home) => isAtHome(home, destination))
    : destination.location.startsWith(HEADER_PREFIX) &&
      hosts.some((host) => isHostOf(host, destination.host));
  if (isHome === true) return "info";
  const hasHome = hosts !== undefined || rule.homes !== undefined;
  return hasHome && severity === "high" ? "critical" : severity;
}

function isAtHome({ host, headers }: Home, destination: Destination): boolean {
  const { location } = destination;
  return location.startsWith(HEADER_PREFIX) &&
    headers.includes(location.slice(HEADER_PREFIX.length)) && isHostOf(host, destination.host);
}

/** A pattern with a leading dot is for every host below it, and only for those. */
function isHostOf(pattern: string, host: string): boolean {
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  return pattern.startsWith(".") ? name.endsWith(pattern) : name === pattern;
}
