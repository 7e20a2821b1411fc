/** URLs of a proxy that leads out. */
import assert from "node:assert/strict";
import { parseUpstreamProxy } from "../../src/config/upstream_proxy.ts";

Deno.test("`parseUpstreamProxy()` reads kind, place and credentials", async (t) => {
  const none = { credentials: undefined };
  const cases: readonly (readonly [string, string, unknown])[] = [
    ["a port", "http://p.example:3128", { kind: "http", host: "p.example", port: 3128, ...none }],
    ["no port", "http://p.example/", { kind: "http", host: "p.example", port: 80, ...none }],
    ["SOCKS5", "socks5://10.0.0.1", { kind: "socks5", host: "10.0.0.1", port: 1080, ...none }],
    ["SOCKS5 by name", "socks5h://p:9", { kind: "socks5", host: "p", port: 9, ...none }],
    ["IPv6", "http://[::1]:1", { kind: "http", host: "::1", port: 1, ...none }],
    ["percent-encoded credentials", "http://a%20b:p%3Aw%40@h:1", {
      kind: "http",
      host: "h",
      port: 1,
      credentials: { username: "a b", password: "p:w@" },
    }],
    ["a user without a password", "socks5://me@h:1", {
      kind: "socks5",
      host: "h",
      port: 1,
      credentials: { username: "me", password: "" },
    }],
  ];
  for (const [reason, text, expected] of cases) {
    await t.step(reason, () => assert.deepEqual(parseUpstreamProxy(text), expected));
  }
});

Deno.test("`parseUpstreamProxy()` refuses what it cannot use", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["no URL", "proxy.example:3128"],
    ["TLS to the proxy", "https://proxy.example"],
    ["SOCKS4", "socks4://proxy.example"],
    ["no host", "http://"],
    ["no host of SOCKS5", "socks5://:1080"],
    ["a path", "http://h/path"],
    ["a query", "http://h?x"],
    ["a port too high", "http://h:65536"],
    ["a user name with a colon", "http://a%3Ab:c@h"],
    ["a line feed in the password", "http://a:b%0Ac@h"],
    ["a broken escape", "http://a:%ff@h"],
    ["a password too long for SOCKS5", `socks5://a:${"x".repeat(256)}@h`],
  ];
  for (const [reason, text] of cases) {
    await t.step(reason, () => assert.equal(parseUpstreamProxy(text), undefined));
  }
});
