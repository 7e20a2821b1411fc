import assert from "node:assert/strict";
import { KnownHosts } from "../../src/ssh/known_hosts.ts";

interface World {
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly entries: readonly string[];
}

function knownHosts({ names = {}, entries }: World) {
  const asked: string[] = [];
  const unresolved: string[] = [];
  const clock = { nowMs: 0 };
  const current: Record<string, readonly string[]> = { ...names };
  const known = new KnownHosts(entries, {
    resolve: (name) => {
      asked.push(name);
      const addresses = current[name];
      return addresses === undefined
        ? Promise.reject(new Error("no such name"))
        : Promise.resolve(addresses);
    },
    now: () => clock.nowMs,
    onUnresolved: (name) => void unresolved.push(name),
  });
  return { known, asked, unresolved, clock, names: current };
}

const ROWS: readonly { reason: string; entry: string; address: string; known: boolean }[] = [
  { reason: "same address", entry: "192.0.2.1", address: "192.0.2.1", known: true },
  { reason: "other address", entry: "192.0.2.1", address: "192.0.2.10", known: false },
  { reason: "address in range", entry: "10.0.0.0/8", address: "10.200.3.4", known: true },
  { reason: "address after range", entry: "10.0.0.0/8", address: "11.0.0.0", known: false },
  { reason: "whole IPv4", entry: "0.0.0.0/0", address: "203.0.113.5", known: true },
  { reason: "IPv6 range", entry: "2001:db8::/32", address: "2001:db8:5::1", known: true },
  { reason: "IPv6 spelled out", entry: "2001:0DB8:0:0::1", address: "2001:db8::1", known: true },
  { reason: "IPv6 in brackets", entry: "[2001:db8::1]", address: "2001:db8::1", known: true },
  { reason: "mapped entry", entry: "::ffff:192.0.2.1", address: "192.0.2.1", known: true },
  { reason: "scoped address", entry: "fe80::1", address: "fe80::1%eth0", known: true },
  {
    reason: "address macOS cut",
    entry: "2606:50c0::/32",
    address: "2606:50c0:8000:1",
    known: false,
  },
];

for (const { reason, entry, address, known: expected } of ROWS) {
  Deno.test(`\`KnownHosts\` compares: ${reason}`, async () => {
    const { known, asked } = knownHosts({ entries: [entry] });
    assert.equal(await known.has(address), expected);
    assert.deepEqual(asked, []);
  });
}

Deno.test("`KnownHosts` resolves names, not more often than every 30 s", async () => {
  const world = knownHosts({ entries: ["git.example"], names: { "git.example": ["192.0.2.1"] } });
  assert.equal(await world.known.has("192.0.2.1"), true);
  assert.equal(await world.known.has("192.0.2.2"), false);
  assert.deepEqual(world.asked, ["git.example"]);
  world.names["git.example"] = ["192.0.2.2"];
  world.clock.nowMs = 30_000;
  assert.equal(await world.known.has("192.0.2.2"), true);
  assert.equal(await world.known.has("192.0.2.1"), true, "an earlier address stays known");
  assert.equal(world.asked.length, 2);
});

Deno.test("`KnownHosts` reports a name without addresses once", async () => {
  const world = knownHosts({
    entries: ["gone.example", "git.example"],
    names: { "git.example": ["::1"] },
  });
  assert.equal(await world.known.has("192.0.2.2"), false);
  world.clock.nowMs = 60_000;
  assert.equal(await world.known.has("::1"), true);
  assert.deepEqual(world.unresolved, ["gone.example"]);
});

for (const entry of ["10.0.0.0/33", "10.0.0.0/", "2001:db8::/129", "host/8", "10.0.0.0/-1"]) {
  Deno.test(`\`KnownHosts\` refuses the range ${entry}`, () => {
    assert.throws(() => knownHosts({ entries: [entry] }), RangeError);
  });
}
