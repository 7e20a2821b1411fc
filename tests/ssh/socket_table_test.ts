import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatEndpoint,
  isOutboundSsh,
  normalizeAddress,
  parseNetstat,
  parseSs,
  type TcpConnection,
} from "../../src/ssh/socket_table.ts";

/** Captured in a network namespace of Debian 12, iproute2 6.1.0 and net-tools 2.10. */
const SS = fixture("ss_tnp.txt");
const SS_NO_HEADER = fixture("ss_tnp_no_header.txt");
const NETSTAT_LINUX = fixture("netstat_tn_linux.txt");
/** Written after the manual page of macOS: none runs here. */
const NETSTAT_MACOS = fixture("netstat_tn_macos.txt");

function fixture(name: string): string {
  return Deno.readTextFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}

function outbound(connections: readonly TcpConnection[]): string[] {
  return connections.filter(isOutboundSsh).map(({ local, remote }) =>
    `${formatEndpoint(local)} ${formatEndpoint(remote)}`
  ).sort();
}

const OUTBOUND_LINUX = [
  "127.0.0.1:47584 127.0.0.1:22",
  "140.82.121.4:40022 192.0.2.10:22",
  "192.0.2.10:51234 140.82.121.4:22",
  "192.0.2.10:52000 127.0.0.2:22",
  "192.0.2.10:52001 127.0.0.2:22",
  "192.0.2.10:52002 127.0.0.2:22",
  "192.0.2.10:52003 127.0.0.2:22",
  "[2001:db8::10]:51300 [2606:50c0:8000::153]:22",
];

Deno.test("`parseSs()` finds outbound connections to port 22, open and opening, and no others", () => {
  assert.deepEqual(outbound(parseSs(SS)), [
    ...OUTBOUND_LINUX,
    "[fe80::10%lo]:57206 [fe80::10]:22",
  ]);
});

Deno.test("`parseSs()` reads the table without its header alike", () => {
  assert.deepEqual(parseSs(SS_NO_HEADER), parseSs(SS));
});

Deno.test("`parseSs()` tells the process where ss does", () => {
  const connections = parseSs(SS);
  const known = connections.find(({ local }) => local.port === 51234);
  assert.deepEqual(known?.process, { name: "python3", pid: 9180 });
  const unknown = connections.find(({ local, remote }) =>
    local.port === 22 && remote.port === 52000
  );
  assert.ok(unknown !== undefined && !("process" in unknown));
});

Deno.test("`parseNetstat()` reads the Linux form", () => {
  assert.deepEqual(outbound(parseNetstat(NETSTAT_LINUX)), [
    ...OUTBOUND_LINUX,
    "[fe80::10]:57206 [fe80::10]:22",
  ]);
});

Deno.test("`parseNetstat()` reads the macOS form, addresses it cuts included", () => {
  assert.deepEqual(outbound(parseNetstat(NETSTAT_MACOS)), [
    "192.0.2.10:52814 140.82.121.4:22",
    "192.0.2.10:52816 198.51.100.7:22",
    "[2001:db8:1:2:3]:52820 [2606:50c0:8000:1]:22",
    "[2001:db8::10]:52818 [2001:db8::20]:22",
    "[fe80::10%en0]:52819 [fe80::20%en0]:22",
  ]);
});

const SS_LINES: readonly { reason: string; line: string; process?: unknown; count: number }[] = [
  { reason: "empty", line: "", count: 0 },
  { reason: "error text", line: "Cannot open netlink socket: Permission denied", count: 0 },
  { reason: "listening", line: "LISTEN 0 128 0.0.0.0:22 0.0.0.0:*", count: 0 },
  { reason: "closing", line: "TIME-WAIT 0 0 192.0.2.1:5000 192.0.2.2:22", count: 0 },
  { reason: "port out of range", line: "ESTAB 0 0 192.0.2.1:5000 192.0.2.2:99999", count: 0 },
  { reason: "remote missing", line: "ESTAB 0 0 192.0.2.1:5000", count: 0 },
  { reason: "host name", line: "ESTAB 0 0 192.0.2.1:5000 example.com:22", count: 0 },
  {
    reason: "two processes: the first",
    line: 'ESTAB 0 0 192.0.2.1:5000 192.0.2.2:22 users:(("ssh",pid=7,fd=3),("sshd",pid=6,fd=3))',
    process: { name: "ssh", pid: 7 },
    count: 1,
  },
  {
    reason: "process name with quotes and parentheses",
    line: 'ESTAB 0 0 192.0.2.1:5000 192.0.2.2:22 users:(("a"),("b",pid=7,fd=3))',
    process: { name: 'a"),("b', pid: 7 },
    count: 1,
  },
];

for (const { reason, line, process, count } of SS_LINES) {
  Deno.test(`\`parseSs()\` takes one line: ${reason}`, () => {
    const connections = parseSs(line);
    assert.equal(connections.length, count);
    assert.deepEqual(connections[0]?.process, process);
  });
}

Deno.test("`normalizeAddress()` writes one address one way", () => {
  assert.equal(normalizeAddress("[::FFFF:192.0.2.1]"), "192.0.2.1");
  assert.equal(normalizeAddress("[FE80::1]%eth0"), "fe80::1%eth0");
  assert.equal(normalizeAddress("::ffff:c000:201"), "::ffff:c000:201");
});

/** Any text is parsed into well-formed connections or skipped; nothing throws. */
Deno.test("the parsers take any text", () => {
  const words = fc.constantFrom(
    "ESTAB",
    "ESTABLISHED",
    "tcp",
    "tcp6",
    "0",
    "[::1]:22",
    "1.2.3.4.22",
  );
  const line = fc.array(fc.oneof(words, fc.string()), { maxLength: 8 }).map((row) => row.join(" "));
  fc.assert(fc.property(fc.array(line).map((lines) => lines.join("\n")), (text) => {
    for (const { local, remote } of [...parseSs(text), ...parseNetstat(text)]) {
      assert.ok(local.port <= 65_535 && remote.port <= 65_535);
      assert.match(remote.address, /^[0-9a-z.:%]+$/);
    }
  }));
});
