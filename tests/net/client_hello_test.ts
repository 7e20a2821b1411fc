import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import {
  type ClientHello,
  looksLikeTls,
  MAX_CLIENT_HELLO_BYTES,
  parseClientHello,
} from "../../src/net/client_hello.ts";
import captured from "../fixtures/client_hellos.json" with { type: "json" };

/** Whole first flights of real clients, as they came over the wire. */
const CAPTURED: Readonly<Record<keyof typeof captured, ClientHello>> = {
  "openssl, with SNI and ALPN": {
    serverName: "api.example.com",
    protocols: ["h2", "http/1.1"],
  },
  "openssl, without SNI": { serverName: undefined, protocols: [] },
  "openssl, TLS 1.2 only": { serverName: "old.example.com", protocols: [] },
  "curl": { serverName: "curl.example.com", protocols: ["h2", "http/1.1"] },
  "curl to an address": { serverName: undefined, protocols: ["h2", "http/1.1"] },
  "Python": { serverName: "python.example.com", protocols: [] },
  "Node": { serverName: "node.example.com", protocols: [] },
  "rustls, with a post-quantum key share": {
    serverName: "rustls.example.com",
    protocols: ["h2"],
  },
};

function bytesOfHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function uint16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function latin1(text: string): number[] {
  return [...Buffer.from(text, "latin1")];
}

function withLength16(bytes: readonly number[]): number[] {
  return [...uint16(bytes.length), ...bytes];
}

type Extension = readonly [type: number, content: readonly number[]];

const GREASE: Extension = [0x0a0a, []];
/** Encrypted ClientHello, as browsers send it to origins that have none. RFC 9849 §6.2. */
const ECH_GREASE: Extension = [0xfe0d, [
  0,
  0,
  1,
  0,
  1,
  0x2a,
  ...withLength16([1, 2, 3]),
  0,
  2,
  9,
  9,
]];

function sni(name: string): Extension {
  return [0, withLength16([0, ...withLength16(latin1(name))])];
}

function alpn(...protocols: readonly string[]): Extension {
  return [16, withLength16(protocols.flatMap((name) => [name.length, ...latin1(name)]))];
}

/** The handshake message; `extensions` undefined leaves the block out, as TLS 1.0 did. */
function helloMessage(extensions: readonly Extension[] | undefined): number[] {
  const body = [
    ...[3, 3, ...new Array<number>(32).fill(7)],
    ...[0],
    ...withLength16([0x13, 0x01]),
    ...[1, 0],
    ...(extensions === undefined ? [] : withLength16(
      extensions.flatMap(([type, content]) => [...uint16(type), ...withLength16(content)]),
    )),
  ];
  return [1, 0, ...uint16(body.length), ...body];
}

/** Cuts a message into records of at most `size` bytes. */
function records(message: readonly number[], size = 16_384): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < message.length; at += size) {
    bytes.push(0x16, 3, 1, ...withLength16(message.slice(at, at + size)));
  }
  return Uint8Array.from(bytes);
}

for (const [name, hex] of Object.entries(captured)) {
  const expected = CAPTURED[name as keyof typeof captured];
  const bytes = bytesOfHex(hex);

  Deno.test(`\`parseClientHello()\` reads ${name}: whole, and with what follows`, () => {
    assert.deepEqual(parseClientHello(bytes), expected);
    assert.deepEqual(parseClientHello(new Uint8Array([...bytes, 0x14, 3, 3, 0, 1, 1])), expected);
  });

  Deno.test(`\`parseClientHello()\` waits for all of ${name}, wherever it is cut`, () => {
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(parseClientHello(bytes.subarray(0, length)), undefined, `${length} bytes`);
    }
  });
}

const MADE: readonly (readonly [string, Uint8Array, ClientHello])[] = [
  ["no extensions at all", records(helloMessage(undefined)), {
    serverName: undefined,
    protocols: [],
  }],
  ["an empty extension block", records(helloMessage([])), { serverName: undefined, protocols: [] }],
  [
    "GREASE and ECH around the name: the outer name counts",
    records(helloMessage([GREASE, ECH_GREASE, sni("outer.example"), alpn("h2"), GREASE])),
    { serverName: "outer.example", protocols: ["h2"] },
  ],
  [
    "a name of another type first",
    records(helloMessage([[0, withLength16([1, 0, 1, 0x78, 0, ...withLength16(latin1("a.b"))])]])),
    { serverName: "a.b", protocols: [] },
  ],
  ["an empty list of names", records(helloMessage([[0, [0, 0]]])), {
    serverName: undefined,
    protocols: [],
  }],
  [
    "a post-quantum key share over two records",
    records(helloMessage([[51, new Array<number>(1_200).fill(5)], sni("pq.example")]), 700),
    { serverName: "pq.example", protocols: [] },
  ],
  [
    "records of one byte each",
    records(helloMessage([sni("one.example"), alpn("http/1.1")]), 1),
    { serverName: "one.example", protocols: ["http/1.1"] },
  ],
];

for (const [reason, bytes, expected] of MADE) {
  Deno.test(`\`parseClientHello()\` reads ${reason}, and waits for all of it`, () => {
    assert.deepEqual(parseClientHello(bytes), expected);
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(parseClientHello(bytes.subarray(0, length)), undefined);
    }
  });
}

const HELLO = records(helloMessage([sni("a.example"), alpn("h2")]));

function changed(at: number, value: number): Uint8Array {
  const copy = HELLO.slice();
  copy[at] = value;
  return copy;
}

const REFUSED: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["an alert", Uint8Array.of(0x15, 3, 1, 0, 2, 2, 40), /not a handshake record/],
  ["application data", changed(0, 0x17), /not a handshake record/],
  ["an SSH banner", new TextEncoder().encode("SSH-2.0-OpenSSH_9.9\r\n"), /not a handshake record/],
  ["a record of SSL 2", changed(1, 2), /not a handshake record/],
  ["a ServerHello", changed(5, 2), /another handshake message/],
  [
    "an alert between two records of a hello",
    new Uint8Array([
      ...HELLO.subarray(0, 3),
      0,
      4,
      ...HELLO.subarray(5, 9),
      0x15,
      3,
      1,
      0,
      2,
      2,
      0,
    ]),
    /not a handshake record/,
  ],
  [
    "an empty record, which moves nothing on (RFC 8446 §5.1)",
    Uint8Array.of(0x16, 3, 1, 0, 0),
    /empty or too long/,
  ],
  [
    "a record above 2^14 bytes (RFC 8446 §5.1)",
    Uint8Array.of(0x16, 3, 1, 0x40, 1, 1, 0, 0, 9),
    /empty or too long/,
  ],
  [
    "a hello above the limit",
    Uint8Array.of(0x16, 3, 1, 0, 4, 1, ...[1, 0, 0]),
    /are too many/,
  ],
  ["a session id that points past the end", changed(5 + 4 + 34, 0xff), /points past its end/],
  ["a suite list that points past the end", changed(5 + 4 + 35, 0xff), /points past its end/],
  ["an extension block that points past the end", changed(5 + 4 + 41, 0xff), /points past its end/],
  [
    "an extension of one byte",
    records([1, 0, 0, 44, ...helloMessage([]).slice(4, -2), 0, 1, 0]),
    /points past its end/,
  ],
];

for (const [reason, bytes, message] of REFUSED) {
  Deno.test(`\`parseClientHello()\` refuses ${reason}`, () => {
    assert.throws(() => parseClientHello(bytes), { name: "SyntaxError", message });
  });
}

Deno.test("`parseClientHello()` has one result for any bytes: hello, wait or SyntaxError", () => {
  fc.assert(
    fc.property(
      fc.nat(HELLO.length - 1),
      fc.nat(255),
      fc.nat(HELLO.length),
      (at, value, length) => {
        try {
          parseClientHello(changed(at, value).subarray(0, length));
        } catch (error) {
          assert.ok(error instanceof SyntaxError, String(error));
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("`looksLikeTls()` goes by what is there of type and version", () => {
  assert.equal(looksLikeTls(Uint8Array.of(0x16)), true);
  assert.equal(looksLikeTls(Uint8Array.of(0x16, 3)), true);
  assert.equal(looksLikeTls(Uint8Array.of(0x16, 2)), false);
  assert.equal(looksLikeTls(new TextEncoder().encode("GET / HTTP/1.1")), false);
  assert.equal(looksLikeTls(new TextEncoder().encode("SSH-2.0-x")), false);
  assert.equal(looksLikeTls(new Uint8Array(0)), false);
});

Deno.test("the largest hello that is read is the limit", () => {
  const filler = MAX_CLIENT_HELLO_BYTES - helloMessage([[21, []]]).length;
  const largest = records(helloMessage([[21, new Array<number>(filler).fill(0)]]));
  assert.deepEqual(parseClientHello(largest), { serverName: undefined, protocols: [] });
});
