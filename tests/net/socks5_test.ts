import assert from "node:assert/strict";
import {
  type Parsed,
  parseSocksCredentials,
  parseSocksGreeting,
  parseSocksReply,
  parseSocksRequest,
  serializeSocksConnect,
  serializeSocksCredentials,
  serializeSocksReply,
} from "../../src/net/socks5.ts";

type Parse = (bytes: Uint8Array) => Parsed<unknown> | undefined;

const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];

/** Complete messages, and what they say. */
const MESSAGES: readonly {
  readonly reason: string;
  readonly parse: Parse;
  readonly bytes: readonly number[];
  readonly value: unknown;
}[] = [
  { reason: "no method at all", parse: parseSocksGreeting, bytes: [5, 0], value: [] },
  { reason: "two methods", parse: parseSocksGreeting, bytes: [5, 2, 0, 2], value: [0, 2] },
  {
    reason: "user and password",
    parse: parseSocksCredentials,
    bytes: [1, ...name("me"), ...name("pw")],
    value: { user: "me", password: "pw" },
  },
  {
    reason: "empty user and password",
    parse: parseSocksCredentials,
    bytes: [1, 0, 0],
    value: { user: "", password: "" },
  },
  {
    reason: "IPv4",
    parse: parseSocksRequest,
    bytes: [5, 1, 0, 1, 10, 0, 0, 1, 0x01, 0xbb],
    value: { kind: "connect", host: "10.0.0.1", port: 443 },
  },
  {
    reason: "a name",
    parse: parseSocksRequest,
    bytes: [5, 1, 0, 3, ...name("example.com"), 0, 80],
    value: { kind: "connect", host: "example.com", port: 80 },
  },
  {
    reason: "IPv6",
    parse: parseSocksRequest,
    bytes: [5, 1, 0, 4, 0x20, 0x01, 0x0d, 0xb8, ...Array(11).fill(0), 1, 0, 22],
    value: { kind: "connect", host: "2001:db8:0:0:0:0:0:1", port: 22 },
  },
  {
    reason: "BIND",
    parse: parseSocksRequest,
    bytes: [5, 2, 0, 1, 10, 0, 0, 1, 0, 80],
    value: { kind: "unsupported" },
  },
  {
    reason: "a reply with a name",
    parse: parseSocksReply,
    bytes: [5, 5, 0, 3, ...name("x"), 0, 0],
    value: 5,
  },
];

for (const { reason, parse, bytes, value } of MESSAGES) {
  Deno.test(`\`${parse.name}()\` reads ${reason}, however it arrives`, () => {
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(parse(Uint8Array.from(bytes.slice(0, length))), undefined, `${length} bytes`);
    }
    assert.deepEqual(parse(Uint8Array.from(bytes)), { value, length: bytes.length });
    const withTrailing = Uint8Array.from([...bytes, 0xff, 0x16]);
    assert.deepEqual(parse(withTrailing), { value, length: bytes.length });
  });
}

const MALFORMED: readonly (readonly [reason: string, Parse, bytes: readonly number[]])[] = [
  ["SOCKS4", parseSocksGreeting, [4, 1, 0, 80]],
  ["another log-in", parseSocksCredentials, [5, 1, 0x61, 0]],
  ["a request of version 4", parseSocksRequest, [4, 1, 0, 1, 0]],
  ["an unknown type of address", parseSocksRequest, [5, 1, 0, 2, 0, 0]],
];

for (const [reason, parse, bytes] of MALFORMED) {
  Deno.test(`\`${parse.name}()\` refuses ${reason}`, () => {
    assert.throws(() => parse(Uint8Array.from(bytes)), SyntaxError);
  });
}

Deno.test("`serializeSocksConnect()` and the others are read as what they say", () => {
  assert.deepEqual(parseSocksRequest(serializeSocksConnect("a.example", 65_535))?.value, {
    kind: "connect",
    host: "a.example",
    port: 65_535,
  });
  const credentials = { user: "ä", password: "x".repeat(255) };
  assert.deepEqual(
    parseSocksCredentials(serializeSocksCredentials(credentials))?.value,
    credentials,
  );
  assert.equal(parseSocksReply(serializeSocksReply(4))?.value, 4);
});

Deno.test("`serializeSocksCredentials()` refuses a part that one byte cannot count", () => {
  assert.throws(
    () => serializeSocksCredentials({ user: "x".repeat(256), password: "" }),
    RangeError,
  );
});
