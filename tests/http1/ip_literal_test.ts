import { equal } from "node:assert/strict";
import fc from "fast-check";
import { normalizeIpv6 } from "../../src/http1/ip_literal.ts";

for (
  const [reason, text, expected] of [
    ["the loopback address", "::1", "::1"],
    ["the unspecified address", "::", "::"],
    ["the loopback address in full", "0:0:0:0:0:0:0:1", "::1"],
    ["upper case", "2001:DB8::A", "2001:db8::a"],
    ["leading zeros", "2001:0db8:0000::0001", "2001:db8::1"],
    ["a run of zeros at the end", "1:2:3:4:5:0:0:0", "1:2:3:4:5::"],
    ["the longer of two runs", "1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["the first of two equal runs", "1:0:0:2:3:0:0:4", "1::2:3:0:0:4"],
    ["one zero group, which stays", "1:2:3:4:5:6:0:8", "1:2:3:4:5:6:0:8"],
    ["one zero group written as ::", "1:2:3:4:5:6::8", "1:2:3:4:5:6:0:8"],
    ["no zero at all", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["an embedded IPv4 address", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    ["an embedded IPv4 address after six groups", "1:2:3:4:5:6:255.255.0.1", "1:2:3:4:5:6:ffff:1"],
  ] as const
) {
  Deno.test(`normalizeIpv6() reads ${reason}`, () => {
    equal(normalizeIpv6(text), expected);
    equal(normalizeIpv6(expected), expected);
  });
}

for (
  const [reason, text] of [
    ["nothing", ""],
    ["one colon", ":"],
    ["three colons", ":::"],
    ["two gaps", "1::2::3"],
    ["seven groups", "1:2:3:4:5:6:7"],
    ["nine groups", "1:2:3:4:5:6:7:8:9"],
    ["eight groups and a gap", "1:2:3:4::5:6:7:8"],
    ["a group of five digits", "12345::"],
    ["a colon in front", ":1:2:3:4:5:6:7"],
    ["a colon behind", "1:2:3:4:5:6:7:"],
    ["no hex", "g::"],
    ["a zone", "fe80::1%eth0"],
    ["IPv4 alone", "127.0.0.1"],
    ["IPv4 in front", "127.0.0.1::"],
    ["IPv4 in front of a gap and a group", "127.0.0.1::1"],
    ["IPv4 in the middle", "::127.0.0.1:1"],
    ["IPv4 after seven groups", "1:2:3:4:5:6:7:127.0.0.1"],
    ["IPv4 in three parts", "::127.0.1"],
    ["IPv4 with a leading zero", "::127.0.0.01"],
  ] as const
) {
  Deno.test(`normalizeIpv6() refuses ${reason}`, () => equal(normalizeIpv6(text), undefined));
}

// Invariant: the runtime's URL parser, which follows another specification, has the same form.
Deno.test("normalizeIpv6() agrees with the URL parser", () => {
  const group = fc.constantFrom("0", "0000", "1", "ABCD", "01", "ffff");
  const piece = fc.oneof(group, fc.constantFrom(":", "::", "1.2.3.4", "."));
  const text = fc.oneof(
    fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join("")),
    fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(":")),
    fc.array(group, { maxLength: 7 }).chain((groups) =>
      fc.nat(groups.length).map((at) =>
        `${groups.slice(0, at).join(":")}::${groups.slice(at).join(":")}`
      )
    ),
  );
  fc.assert(
    fc.property(text, (text) => {
      const url = URL.parse(`http://[${text}]/`);
      equal(normalizeIpv6(text), url === null ? undefined : url.hostname.slice(1, -1));
    }),
    { numRuns: 3_000 },
  );
});
