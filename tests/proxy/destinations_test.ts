import assert from "node:assert/strict";
import { type DestinationOptions, Destinations } from "../../src/proxy/destinations.ts";
import { DialError } from "../../src/net/dial.ts";

const OPEN: DestinationOptions = {
  allowHosts: [],
  denyHosts: [],
  denyPrivate: false,
  own: { host: "127.0.0.1", port: 8888 },
};

function address(hostname: string, port = 443): Deno.NetAddr {
  return { transport: "tcp", hostname, port };
}

/** `failure` of the refusal, by name or by address; undefined if the destination may be used. */
function judge(options: Partial<DestinationOptions>, host: string, resolved: string, port = 443) {
  const destinations = new Destinations({ ...OPEN, ...options });
  try {
    destinations.assertName({ host, port });
  } catch (error) {
    if (error instanceof DialError) return `${error.failure} by name`;
    throw error;
  }
  const local = address(resolved.includes(":") ? "2001:db8::99" : "192.0.2.99", 5_000);
  const refusal = destinations.refuseAddress({ host, port }, address(resolved, port), local);
  return refusal && `${refusal.failure} by address`;
}

const BY_NAME = "denied by name";
const BY_ADDRESS = "denied by address";
const CASES: readonly (readonly [
  reason: string,
  Partial<DestinationOptions>,
  host: string,
  resolved: string,
  expected: string | undefined,
])[] = [
  ["anything, by default", {}, "a.example", "203.0.113.1", undefined],
  ["a denied host", { denyHosts: ["a.example"] }, "a.example", "203.0.113.1", BY_NAME],
  ["below a denied host", { denyHosts: ["a.example"] }, "x.a.example", "203.0.113.1", undefined],
  ["below a denied suffix", { denyHosts: ["*.a.example"] }, "x.a.example", "203.0.113.1", BY_NAME],
  ["a denied suffix itself", { denyHosts: ["*.a.example"] }, "a.example", "203.0.113.1", undefined],
  ["a denied port", { denyHosts: ["a.example:443"] }, "a.example", "203.0.113.1", BY_NAME],
  ["another port", { denyHosts: ["a.example:80"] }, "a.example", "203.0.113.1", undefined],
  ["a denied range", { denyHosts: ["203.0.113.0/24"] }, "203.0.113.1", "203.0.113.1", BY_NAME],
  ["a name into it", { denyHosts: ["203.0.113.0/24"] }, "a.example", "203.0.113.1", BY_ADDRESS],
  ["a mapped address of it", { denyHosts: ["203.0.113.0/24"] }, "::ffff:cb00:7101", "x", BY_NAME],
  ["IPv6 in a range", { denyHosts: ["2001:db8::/32"] }, "a.example", "2001:db8::1", BY_ADDRESS],
  ["an allowed host", { allowHosts: ["a.example"] }, "a.example", "203.0.113.1", undefined],
  ["another host", { allowHosts: ["a.example"] }, "b.example", "203.0.113.1", BY_NAME],
  ["an allowed range", { allowHosts: ["203.0.113.0/24"] }, "a.example", "203.0.113.1", undefined],
  ["beside it", { allowHosts: ["203.0.113.0/24"] }, "a.example", "198.51.100.1", BY_ADDRESS],
  ["a literal beside it", { allowHosts: ["203.0.113.0/24"] }, "198.51.100.1", "x", BY_NAME],
  [
    "deny wins",
    { allowHosts: ["*.example"], denyHosts: ["a.example"] },
    "a.example",
    "203.0.113.1",
    BY_NAME,
  ],
  ["a public address", { denyPrivate: true }, "a.example", "203.0.113.1", undefined],
];

for (const [reason, options, host, resolved, expected] of CASES) {
  Deno.test(`\`Destinations\`: ${reason} → ${expected ?? "allowed"}`, () => {
    assert.equal(judge(options, host, resolved), expected);
  });
}

const PRIVATE = [
  "127.0.0.1",
  "127.9.9.9",
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "169.254.169.254",
  "::1",
  "::",
  "fd00:ec2::254",
  "fe80::1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
];

for (const resolved of PRIVATE) {
  Deno.test(`\`deny_private\` refuses a name that leads to ${resolved}, and the address`, () => {
    assert.equal(judge({ denyPrivate: true }, "rebound.example", resolved), BY_ADDRESS);
    assert.equal(judge({ denyPrivate: true }, resolved, resolved), BY_NAME);
    assert.equal(judge({}, "rebound.example", resolved, 444), undefined);
  });
}

for (const resolved of ["172.15.0.1", "172.32.0.1", "100.128.0.1", "11.0.0.1", "2606:4700::1"]) {
  Deno.test(`\`deny_private\` lets ${resolved} pass`, () => {
    assert.equal(judge({ denyPrivate: true }, "a.example", resolved), undefined);
  });
}

const OWN: readonly (readonly [own: string, resolved: string, isOwn: boolean])[] = [
  ["127.0.0.1", "127.0.0.1", true],
  ["127.0.0.1", "::ffff:127.0.0.1", true],
  ["127.0.0.1", "127.0.0.2", false],
  ["127.0.0.1", "192.0.2.1", false],
  ["localhost", "127.0.0.1", true],
  ["localhost", "::1", true],
  ["0.0.0.0", "127.0.0.5", true],
  ["0.0.0.0", "192.0.2.99", true],
  ["0.0.0.0", "192.0.2.1", false],
  ["::", "2001:db8::99", true],
];

for (const [host, resolved, isOwn] of OWN) {
  Deno.test(`a proxy on ${host} ${isOwn ? "is" : "is not"} what ${resolved} leads to`, () => {
    const own = { host, port: 8888 };
    const expected = isOwn ? "loop by address" : undefined;
    assert.equal(judge({ own }, "a.example", resolved, 8888), expected);
    assert.equal(judge({ own }, "a.example", resolved, 8889), undefined);
  });
}
