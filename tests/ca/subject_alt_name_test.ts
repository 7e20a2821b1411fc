import assert from "node:assert/strict";
import fc from "fast-check";
import { subjectAltName } from "../../src/ca/subject_alt_name.ts";

const LABEL_63 = "a".repeat(63);
const NAME_253 = [LABEL_63, LABEL_63, LABEL_63, "a".repeat(61)].join(".");

Deno.test("`subjectAltName()` takes host names", () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ["one label", "localhost", "localhost"],
    ["upper case", "API.Example.COM", "api.example.com"],
    ["dot at the end", "example.com.", "example.com"],
    ["A-label", "xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["underscore", "my_bucket.example.com", "my_bucket.example.com"],
    ["digits first", "4chan.org", "4chan.org"],
    ["several hyphens", "r3---sn-4g5e.googlevideo.com", "r3---sn-4g5e.googlevideo.com"],
    ["number in a label that is not the last", "1.2.3.example", "1.2.3.example"],
    ["last label that only begins like a number", "example.0xg", "example.0xg"],
    ["label of 63 characters", `${LABEL_63}.com`, `${LABEL_63}.com`],
    ["253 characters", NAME_253, NAME_253],
    ["253 characters and a dot", `${NAME_253}.`, NAME_253],
  ];
  for (const [reason, host, text] of rows) {
    assert.deepEqual(subjectAltName(host), { kind: "dns", text }, reason);
  }
});

Deno.test("`subjectAltName()` takes IP literals", () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ["IPv4", "127.0.0.1", "7f000001"],
    ["IPv4, largest", "255.255.255.255", "ffffffff"],
    ["all zeros", "::", "00".repeat(16)],
    ["loopback", "::1", "00".repeat(15) + "01"],
    ["brackets, as in a URL", "[::1]", "00".repeat(15) + "01"],
    ["eight groups", "2001:db8:0:1:2:3:4:5", "20010db8000000010002000300040005"],
    ["upper case", "2001:DB8::A", "20010db800000000000000000000000a"],
    ["compressed at the end", "fe80::", "fe80" + "00".repeat(14)],
    ["one group compressed", "1:2:3::5:6:7:8", "00010002000300000005000600070008"],
    ["IPv4 at the end", "::ffff:192.0.2.1", "00".repeat(10) + "ffffc0000201"],
    ["IPv4 after six groups", "1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304"],
  ];
  for (const [reason, host, expected] of rows) {
    const altName = subjectAltName(host);
    assert.equal(altName.kind, "ip", reason);
    assert.equal(altName.kind === "ip" && altName.octets.toHex(), expected, reason);
  }
  assert.equal(subjectAltName("[2001:DB8::A]").text, "2001:db8::a");
});

Deno.test("`subjectAltName()` rejects what is neither", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["empty", ""],
    ["a dot alone", "."],
    ["two dots at the end", "example.com.."],
    ["empty label", "a..b"],
    ["dot first", ".example.com"],
    ["wildcard", "*.example.com"],
    ["name in Unicode", "bücher.example"],
    ["Kelvin sign, which lower-cases to k", "\u212aernel.org"],
    ["space", "a b"],
    ["line feed at the end", "example.com\n"],
    ["NUL inside", "example.com\0.evil"],
    ["slash", "example.com/"],
    ["port", "example.com:443"],
    ["userinfo", "a@example.com"],
    ["hyphen first", "-a.example"],
    ["hyphen last", "a-.example"],
    ["label of 64 characters", "a".repeat(64)],
    ["254 characters", `b${NAME_253}`],
    ["very long", "a.".repeat(100_000)],
    ["IPv4 of three parts", "127.0.1"],
    ["IPv4 of five parts", "1.2.3.4.5"],
    ["IPv4 with a leading zero", "127.0.0.01"],
    ["IPv4 out of range", "256.0.0.1"],
    ["IPv4 as a number", "2130706433"],
    ["IPv4 in hexadecimal", "0x7f.0.0.0x1"],
    ["IPv4 with a dot at the end", "127.0.0.1."],
    ["IPv4 in brackets", "[127.0.0.1]"],
    ["name in brackets", "[localhost]"],
    ["one bracket", "[::1"],
    ["IPv6 with a zone", "fe80::1%eth0"],
    ["IPv6 of seven groups", "1:2:3:4:5:6:7"],
    ["IPv6 of nine groups", "1:2:3:4:5:6:7:8:9"],
    ["eight groups and a compression of none", "1:2:3:4::5:6:7:8"],
    ["two compressions", "1::2::3"],
    ["three colons", "1:::2"],
    ["group of five digits", "12345::"],
    ["colon last", "1:2:3:4:5:6:7:"],
    ["colon first", ":1:2:3:4:5:6:7"],
    ["IPv4 in the middle", "::1.2.3.4:5"],
    ["IPv4 before the compression", "1.2.3.4::"],
    ["IPv4 after seven groups", "1:2:3:4:5:6:7:1.2.3.4"],
  ];
  for (const [reason, host] of rows) {
    assert.throws(
      () => subjectAltName(host),
      { name: "SyntaxError", message: /^.{1,400}$/ },
      reason,
    );
  }
});

Deno.test("`subjectAltName()` reads any IPv6 address as the URL parser does", () => {
  fc.assert(fc.property(fc.ipV6(), (address) => {
    const altName = subjectAltName(address);
    assert.ok(altName.kind === "ip");
    const groups = altName.octets.toHex().match(/.{4}/g)!.join(":");
    assert.equal(new URL(`http://[${groups}]`).hostname, new URL(`http://[${address}]`).hostname);
  }));
});

Deno.test("`subjectAltName()` never disagrees with the URL parser about what a host is", () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.string({ maxLength: 20 }),
    fc.string({ unit: fc.constantFrom(..."012.xa:-[]"), maxLength: 12 }),
  );
  // The URL parser also judges the punycode behind `xn--`, which is none of our business.
  fc.assert(fc.property(host.filter((host) => !/xn--/i.test(host)), (host) => {
    const altName = subjectAltNameOrUndefined(host);
    if (altName === undefined) return;
    const isIpv6 = altName.kind === "ip" && altName.octets.length === 16;
    const { hostname } = new URL(`http://${isIpv6 ? `[${altName.text}]` : altName.text}`);
    if (!isIpv6) assert.equal(hostname, altName.text);
    assert.equal(/^\d+(\.\d+){3}$|^\[/.test(hostname), altName.kind === "ip");
  }));
});

function subjectAltNameOrUndefined(host: string) {
  try {
    return subjectAltName(host);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
