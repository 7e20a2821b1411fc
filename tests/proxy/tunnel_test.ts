import assert from "node:assert/strict";
import { type TunnelProtocol, tunnelProtocol } from "../../src/proxy/tunnel.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

const FIRST_BYTES: readonly (readonly [reason: string, bytes: string, TunnelProtocol])[] = [
  ["a TLS record", "\x16\x03\x01\x02\x00", "tls"],
  ["the first byte of TLS", "\x16", "tls"],
  ["a byte of TLS with another version", "\x16\x04", "unknown"],
  ["an SSH banner", "SSH-2.0-OpenSSH_9.2\r\n", "ssh"],
  ["the beginning of an SSH banner", "SS", "ssh"],
  ["a GET", "GET / HTTP/1.1\r\n", "http"],
  ["a method of WebDAV", "PROPFIND / HTTP/1.1\r\n", "http"],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n", "http"],
  ["a mail server", "220 mail.example ESMTP\r\n", "unknown"],
  ["a database", "\x00\x00\x00\x08\x04\xd2\x16\x2f", "unknown"],
];

for (const [reason, bytes, protocol] of FIRST_BYTES) {
  Deno.test(`\`tunnelProtocol()\` takes ${reason} for ${protocol}`, () => {
    assert.equal(tunnelProtocol(bytesOf(bytes)), protocol);
  });
}
