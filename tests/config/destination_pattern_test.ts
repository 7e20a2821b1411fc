import assert from "node:assert/strict";
import {
  checkedDestinationPattern,
  matchesDestination,
  parseDestinationPattern,
} from "../../src/config/destination_pattern.ts";

type Case = readonly [pattern: string, host: string, port: number, matches: boolean];

const CASES: readonly Case[] = [
  ["example.com", "example.com", 443, true],
  ["EXAMPLE.com", "example.com", 443, true],
  ["example.com", "www.example.com", 443, false],
  ["example.com", "notexample.com", 443, false],
  ["example.com:8443", "example.com", 8443, true],
  ["example.com:8443", "example.com", 443, false],
  ["*.example.com", "a.b.example.com", 443, true],
  ["*.example.com", "example.com", 443, false],
  ["*.example.com", "badexample.com", 443, false],
  ["*.example.com:1", "a.example.com", 2, false],
  ["10.0.0.0/8", "10.255.0.1", 1, true],
  ["10.0.0.0/8", "11.0.0.1", 1, false],
  ["10.0.0.0/8", "::ffff:10.1.2.3", 1, true],
  ["10.0.0.0/8:80", "10.1.2.3", 81, false],
  ["192.168.1.1", "192.168.1.1", 1, true],
  ["192.168.1.1", "192.168.1.10", 1, false],
  ["::1", "::1", 1, true],
  ["[::1]:80", "::1", 80, true],
  ["[::1]:80", "::1", 81, false],
  ["fe80::/10", "fe80::1", 1, true],
  ["fe80::/10", "fec0::1", 1, false],
];

for (const [pattern, host, port, matches] of CASES) {
  const verb = matches ? "matches" : "does not match";
  Deno.test(`\`matchesDestination()\`: ${pattern} ${verb} ${host} port ${port}`, () => {
    assert.equal(matchesDestination(checkedDestinationPattern(pattern), { host, port }), matches);
  });
}

const REFUSED = [
  "",
  "*",
  "*.",
  "a b",
  "example.com:0",
  "example.com:65536",
  "[example.com]:1",
  "10.0.0.0/33",
  "https://example.com",
  "example..com",
  "-a.com",
  "a.*.com",
];

for (const text of REFUSED) {
  Deno.test(`\`parseDestinationPattern()\` refuses ${JSON.stringify(text)}`, () => {
    assert.equal(parseDestinationPattern(text), undefined);
    assert.throws(() => checkedDestinationPattern(text), RangeError);
  });
}
