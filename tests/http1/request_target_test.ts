import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { HttpError } from "../../src/http1/http_error.ts";
import {
  formatAuthority,
  parseAuthority,
  parseRequestTarget,
} from "../../src/http1/request_target.ts";
import { refusalOf } from "./arrivals.ts";

const http = { form: "absolute", scheme: "http", host: "example.com", port: 80 } as const;

const ACCEPTED = [
  ["a path", "GET", "/", { form: "origin", path: "/" }],
  ["a path with a query", "GET", "/a?b=/?c", { form: "origin", path: "/a?b=/?c" }],
  ["a path that starts with two slashes", "GET", "//a/b", { form: "origin", path: "//a/b" }],
  ["a URL in a path", "GET", "/http://a@b/", { form: "origin", path: "/http://a@b/" }],
  ["bytes above ASCII in a path", "GET", "/\xc3\xa9", { form: "origin", path: "/\xc3\xa9" }],
  ["the server as a whole", "OPTIONS", "*", { form: "asterisk" }],
  ["a URL", "GET", "http://example.com/a?b", { ...http, path: "/a?b" }],
  ["a URL without a path", "GET", "http://example.com", { ...http, path: "/" }],
  ["a URL with a query only", "GET", "http://example.com?a", { ...http, path: "/?a" }],
  ["OPTIONS for a URL without a path", "OPTIONS", "http://example.com", { ...http, path: "*" }],
  ["OPTIONS for a URL with a path", "OPTIONS", "http://example.com/", { ...http, path: "/" }],
  ["upper case in scheme and host", "GET", "HTTP://EXAMPLE.com/A", { ...http, path: "/A" }],
  ["a default port", "GET", "http://example.com:80/", { ...http, path: "/" }],
  ["another port", "GET", "http://example.com:8080/", { ...http, port: 8080, path: "/" }],
  [
    "a secure URL",
    "GET",
    "https://example.com/",
    { ...http, scheme: "https", port: 443, path: "/" },
  ],
  ["a trailing dot, which is dropped", "GET", "http://example.com./", { ...http, path: "/" }],
  [
    "an IPv6 literal, normalised",
    "GET",
    "http://[2001:DB8:0:0::0001]:81/",
    { ...http, host: "2001:db8::1", port: 81, path: "/" },
  ],
  ["user info in the query", "GET", "http://example.com/?a@b", { ...http, path: "/?a@b" }],
  ["a tunnel", "CONNECT", "Example.com:443", { form: "authority", host: "example.com", port: 443 }],
  ["a tunnel to IPv6", "CONNECT", "[::1]:22", { form: "authority", host: "::1", port: 22 }],
  ["a tunnel to IPv4", "CONNECT", "10.0.0.1:1", { form: "authority", host: "10.0.0.1", port: 1 }],
] as const;

for (const [reason, method, target, expected] of ACCEPTED) {
  Deno.test(`parseRequestTarget() reads ${reason}`, () => {
    deepEqual(parseRequestTarget(method, target), expected);
  });
}

const REFUSED = [
  ["a fragment in a path", "GET", "/a#b"],
  ["a fragment in a URL", "GET", "http://example.com/#a"],
  ["a fragment instead of a path", "GET", "http://example.com#@evil.com/"],
  ["an asterisk that is no OPTIONS", "GET", "*"],
  ["an asterisk with more", "OPTIONS", "*a"],
  ["no path and no URL", "GET", "example.com"],
  ["an authority that is no CONNECT", "GET", "example.com:80"],
  ["an empty target", "GET", ""],
  ["another scheme", "GET", "ftp://example.com/"],
  ["a WebSocket scheme", "GET", "ws://example.com/"],
  ["a file", "GET", "file:///etc/hosts"],
  ["a scheme without slashes", "GET", "http:example.com/"],
  ["a scheme with one slash", "GET", "http:/example.com/"],
  ["a scheme with back slashes", "GET", "http:\\\\example.com\\"],
  ["a URL without a host", "GET", "http:///path"],
  ["user info", "GET", "http://user@example.com/"],
  ["user info with a password", "GET", "http://user:password@example.com/"],
  ["empty user info", "GET", "http://@example.com/"],
  ["user info that looks like the host", "GET", "http://example.com:80@evil.com/"],
  ["a back slash in the host", "GET", "http://example.com\\@evil.com/"],
  ["a CONNECT with a URL", "CONNECT", "http://example.com/"],
  ["a CONNECT with a path", "CONNECT", "/"],
  ["a CONNECT with a path behind", "CONNECT", "example.com:443/"],
  ["a CONNECT without a port", "CONNECT", "example.com"],
  ["a CONNECT with user info", "CONNECT", "user@example.com:443"],
] as const;

for (const [reason, method, target] of REFUSED) {
  Deno.test(`parseRequestTarget() refuses ${reason}`, () => {
    const refusal = refusalOf(() => parseRequestTarget(method, target));
    equal(refusal?.status, 400);
    equal(refusal?.fault, "client");
  });
}

Deno.test("parseRequestTarget() does not repeat a password in its refusal", () => {
  const refusal = refusalOf(() => parseRequestTarget("GET", "http://user:secret@example.com/"));
  ok(refusal);
  ok(!refusal.message.includes("secret"));
});

const LABEL = "a".repeat(63);
const NAME_253 = `${LABEL}.${LABEL}.${LABEL}.${"a".repeat(61)}`;

const ACCEPTED_HOSTS = [
  ["a name", "example.com", "example.com"],
  ["one label", "localhost", "localhost"],
  ["upper case", "ExAmPlE", "example"],
  ["an underscore", "my_service", "my_service"],
  ["hyphens in a row", "r3---sn-a.googlevideo.com", "r3---sn-a.googlevideo.com"],
  ["punycode", "xn--bcher-kva.example", "xn--bcher-kva.example"],
  ["digits in front", "1password.com", "1password.com"],
  ["a numeric label that is not last", "1.2.3.4.in-addr.arpa", "1.2.3.4.in-addr.arpa"],
  ["0x in a label that is not last", "0x.org", "0x.org"],
  ["the longest name", NAME_253, NAME_253],
  ["the longest name with a dot behind", `${NAME_253}.`, NAME_253],
  ["IPv4", "127.0.0.1", "127.0.0.1"],
  ["the highest IPv4", "255.255.255.255", "255.255.255.255"],
  ["IPv6", "[::1]", "::1"],
] as const;

for (const [reason, text, host] of ACCEPTED_HOSTS) {
  Deno.test(`parseAuthority() reads ${reason}`, () => {
    deepEqual(parseAuthority(text, { defaultPort: 80 }), { host, port: 80 });
    deepEqual(parseAuthority(`${text}:8443`), { host, port: 8443 });
  });
}

const REFUSED_AUTHORITIES = [
  ["nothing", ""],
  ["a port only", ":80"],
  ["a space before", " a"],
  ["a space behind", "a "],
  ["a line break behind", "a\n"],
  ["a tab", "a\tb"],
  ["NUL", "a\0b"],
  ["a list", "a,b"],
  ["user info", "u@a"],
  ["a path", "a/"],
  ["a query", "a?"],
  ["a percent-encoded dot", "127%2e0.0.1"],
  ["a percent-encoded letter", "%61.com"],
  ["a percent-encoded NUL", "a%00.com"],
  ["raw UTF-8", "b\xc3\xbccher.example"],
  ["a full-width digit of Unicode", "\uff11.com"],
  ["a full stop of another script", "127\u30020\u30020\u30021"],
  ["an empty label", "a..b"],
  ["a dot in front", ".a"],
  ["a dot only", "."],
  ["two dots behind", "a.."],
  ["a label of 64", "a".repeat(64)],
  ["a name of 254", `${NAME_253}a`],
  ["an asterisk", "*.example.com"],
  ["IPv4 in three parts", "127.0.1"],
  ["IPv4 in two parts", "127.1"],
  ["IPv4 as one number", "2130706433"],
  ["IPv4 in hex", "0x7f000001"],
  ["IPv4 with a hex part", "127.0.0.0x1"],
  ["IPv4 in octal", "0177.0.0.1"],
  ["IPv4 with a leading zero", "127.0.0.01"],
  ["IPv4 out of range", "256.0.0.1"],
  ["IPv4 with five parts", "1.2.3.4.5"],
  ["IPv4 with a dot behind", "127.0.0.1."],
  ["a short IPv4 with a dot behind", "127.1."],
  ["a name that ends in a number", "example.123"],
  ["IPv6 without brackets", "::1"],
  ["IPv6 with an open bracket", "[::1"],
  ["IPv6 with a zone", "[fe80::1%eth0]"],
  ["IPv6 with an encoded zone", "[fe80::1%25eth0]"],
  ["IPv6 with a port inside", "[::1:80"],
  ["IPv6 with junk behind", "[::1]a"],
  ["IPv6 that is none", "[12345::]"],
  ["a name in brackets", "[example]"],
  ["IPv4 in brackets", "[127.0.0.1]"],
  ["a future address", "[v1.a]"],
  ["an empty port", "a:"],
  ["port 0", "a:0"],
  ["port 65536", "a:65536"],
  ["a port of six digits", "a:100000"],
  ["a port with a leading zero", "a:080"],
  ["a signed port", "a:+80"],
  ["a negative port", "a:-80"],
  ["a hex port", "a:0x50"],
  ["a port with a space", "a: 80"],
  ["two ports", "a:80:80"],
  ["a port range", "a:80-81"],
] as const;

for (const [reason, text] of REFUSED_AUTHORITIES) {
  Deno.test(`parseAuthority() refuses ${reason}`, () => {
    equal(refusalOf(() => parseAuthority(text, { defaultPort: 80 }))?.status, 400);
  });
}

Deno.test("parseAuthority() reads the lowest and the highest port", () => {
  equal(parseAuthority("a:1").port, 1);
  equal(parseAuthority("a:65535").port, 65_535);
});

Deno.test("parseAuthority() needs a port where there is no default", () => {
  equal(refusalOf(() => parseAuthority("a"))?.status, 400);
  equal(refusalOf(() => parseAuthority("[::1]"))?.status, 400);
});

Deno.test("formatAuthority() puts brackets around IPv6 and leaves a default port out", () => {
  equal(formatAuthority({ host: "a", port: 80, defaultPort: 80 }), "a");
  equal(formatAuthority({ host: "a", port: 80, defaultPort: 443 }), "a:80");
  equal(formatAuthority({ host: "a", port: 80 }), "a:80");
  equal(formatAuthority({ host: "::1", port: 443, defaultPort: 443 }), "[::1]");
  equal(formatAuthority({ host: "::1", port: 22 }), "[::1]:22");
});

// Invariant: an authority is refused with an HttpError, or it is normal: what is formatted from it
// reads as the same authority.
Deno.test("parseAuthority() gives a normal form or refuses", () => {
  const piece = fc.constantFrom(..."aA1.:[]%@-_/ 0xf", "::", "127.0.0.1", "xn--", "\xe9", "65535");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        const authority = parseAuthority(pieces.join(""), { defaultPort: 443 });
        deepEqual(parseAuthority(formatAuthority(authority)), authority);
        equal(authority.host, authority.host.toLowerCase());
      } catch (error) {
        ok(error instanceof HttpError, String(error));
      }
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("parseRequestTarget() reads any target or refuses it", () => {
  const method = fc.constantFrom("GET", "OPTIONS", "CONNECT");
  const piece = fc.oneof(
    fc.constantFrom("http://", "https://", "a", "/", "?", "#", "@", "*", ":", "80", "[::1]", "\\"),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(method, fc.array(piece, { maxLength: 8 }), (method, pieces) => {
      try {
        ok(parseRequestTarget(method, pieces.join("")));
      } catch (error) {
        ok(error instanceof HttpError, String(error));
      }
    }),
    { numRuns: 5_000 },
  );
});
