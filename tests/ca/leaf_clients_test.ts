/**
 * Real TLS clients accept a leaf for the host it was minted for, and no other; each client is
 * skipped by name where the machine does not have it.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { LeafStore } from "../../src/ca/leaf_store.ts";
import { hasProgram, type ProgramResult, PROGRAMS, runProgram, tempDir } from "./programs.ts";
import { testAuthority } from "./test_authority.ts";

/** What a client is told: where to connect, whom to expect there, whom to trust. */
interface ClientOrder {
  readonly address: string;
  readonly port: number;
  readonly host: string;
  readonly caPath: string;
}

interface Client {
  readonly name: string;
  readonly isMissing: boolean;
  /** Hosts it is tried with; undefined: all. For a client that takes a second to start. */
  readonly hosts?: readonly string[];
  run(order: ClientOrder): Promise<ProgramResult>;
}

const PYTHON_CLIENT = `
import socket, ssl, sys
address, port, host, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection((address, int(port))) as plain:
    with context.wrap_socket(plain, server_hostname=host) as tls:
        tls.getpeercert()
`;

const NODE_CLIENT = `
const { readFileSync } = require("node:fs");
const net = require("node:net");
const tls = require("node:tls");
const [address, port, host, ca] = process.argv.slice(1);
const socket = tls.connect({
  socket: net.connect(Number(port), address),
  host,
  servername: net.isIP(host) ? undefined : host,
  ca: readFileSync(ca),
}, () => socket.end());
`;

const NAME_64 = `${"a".repeat(52)}.example.com`;
const NAME_65 = `${"a".repeat(53)}.example.com`;
const NAME_253 = [..."abc"].map((letter) => letter.repeat(61)).join(".") + `.${"d".repeat(63)}.org`;

const CLIENTS: readonly Client[] = [
  {
    name: "Python's ssl with VERIFY_X509_STRICT",
    isMissing: !PROGRAMS.python3,
    run: ({ address, port, host, caPath }) =>
      runProgram("python3", ["-c", PYTHON_CLIENT, address, `${port}`, host, caPath]),
  },
  {
    name: "Node",
    isMissing: !PROGRAMS.node,
    run: ({ address, port, host, caPath }) =>
      runProgram("node", ["-e", NODE_CLIENT, address, `${port}`, host, caPath]),
  },
  {
    name: "curl",
    isMissing: !PROGRAMS.curl,
    run: ({ address, port, host, caPath }) => {
      const [to, inUrl] = [address, host].map((a) => a.includes(":") ? `[${a}]` : a);
      return runProgram("curl", [
        ..."--silent --show-error --noproxy * --max-time 20 --cacert".split(" "),
        caPath,
        "--connect-to",
        `::${to}:${port}`,
        `https://${inUrl}:${port}/`,
      ]);
    },
  },
  {
    name: "openssl s_client -x509_strict",
    isMissing: !PROGRAMS.openssl,
    run: ({ address, port, host, caPath }) => {
      const isIp = /^[\d.]+$|:/.test(host);
      return runProgram("openssl", [
        ..."s_client -x509_strict -verify_return_error -brief -CAfile".split(" "),
        caPath,
        ...(isIp ? ["-verify_ip", host] : ["-verify_hostname", host, "-servername", host]),
        "-connect",
        address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`,
      ]);
    },
  },
  {
    name: "Java",
    isMissing: !hasProgram("javac", ["--version"]),
    hosts: ["::1", NAME_65],
    run: ({ address, port, host, caPath }) => {
      const source = new URL("./TlsClient.java", import.meta.url).pathname;
      return runProgram("java", [source, address, `${port}`, caPath, host]);
    },
  },
];

/** Each kind of host that becomes another kind of certificate. */
const HOSTS: readonly (readonly [string, string])[] = [
  ["IPv4 literal", "127.0.0.1"],
  ["IPv6 literal", "::1"],
  ["DNS name", "api.example.com"],
  ["name of 64 characters, the longest common name", NAME_64],
  ["name of 65 characters, an empty subject", NAME_65],
  ["name of 253 characters", NAME_253],
];

const HAS_IPV6 = canListen("::1");

function canListen(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch (error) {
    if (
      error instanceof Deno.errors.AddrNotAvailable || error instanceof Deno.errors.NotSupported
    ) {
      return false;
    }
    throw error;
  }
}

/** A TLS server that answers every request with 204, showing the leaf for `host`. */
async function serveLeaf(
  store: LeafStore,
  options: { readonly host: string; readonly address: string },
) {
  const { certPem, keyPem } = await store.leafFor(options.host);
  const server = createServer({ cert: certPem, key: keyPem }, (socket) => {
    socket.on(
      "error",
      () => {/* A client that refuses the leaf hangs up; its own word is tested. */},
    );
    socket.once("data", () => socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"));
  });
  // A refused leaf is a failed handshake here; the client's exit code is what the test looks at.
  server.on("tlsClientError", () => {});
  server.listen(0, options.address);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

for (const client of CLIENTS) {
  const hosts = HOSTS.filter(([, host]) => client.hosts?.includes(host) ?? true);
  for (const [kind, host] of hosts) {
    const isIpv6 = host.includes(":");
    Deno.test({
      name: `${client.name} accepts a leaf: ${kind}`,
      ignore: client.isMissing || (isIpv6 && !HAS_IPV6),
      async fn() {
        await using dir = await tempDir();
        const authority = await testAuthority();
        const caPath = await dir.write("ca.pem", authority.certPem);
        const address = isIpv6 ? "::1" : "127.0.0.1";
        const store = new LeafStore(authority, { now: Date.now });
        await using server = await serveLeaf(store, { host, address });
        const { success, output } = await client.run({ address, port: server.port, host, caPath });
        assert.ok(success, output);
      },
    });
  }

  Deno.test({
    name: `${client.name} refuses a leaf of another host, and of a CA it does not trust`,
    ignore: client.isMissing,
    async fn() {
      await using dir = await tempDir();
      const authority = await testAuthority();
      const caPath = await dir.write("ca.pem", authority.certPem);
      const otherPath = await dir.write("other.pem", (await testAuthority()).certPem);
      const address = "127.0.0.1";
      const store = new LeafStore(authority, { now: Date.now });
      await using server = await serveLeaf(store, { host: "api.example.com", address });
      const good = { address, port: server.port, host: "api.example.com", caPath };
      const rows = [
        ["another name", { ...good, host: "www.example.com" }],
        ["an address", { ...good, host: "127.0.0.1" }],
        ["another CA", { ...good, caPath: otherPath }],
      ] as const;
      for (const [reason, order] of rows) {
        const { success, output } = await client.run(order);
        assert.ok(!success, reason);
        // Refused, and not broken down for a reason of its own.
        assert.match(output, /certif|verif|altname|subject|trust anchor/i, reason);
      }
    },
  });
}
