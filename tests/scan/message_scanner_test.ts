/** Whole bodies: content codings undone, bytes cleared when what they decode to is, faults said. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { createMessageScanner, type MessageScanner } from "../../src/scan/message_scanner.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { everyPiece, scanAt } from "./scan_in_pieces.ts";
import { sampleRule } from "./sample_rules.ts";

const RULES = compileRules([
  sampleRule({ id: "token", anchors: ["tok-"], regexp: /tok-[A-Za-z0-9]{20}/, maxLength: 24 }),
]);
const TOKEN = "tok-" + "Zq7vNf3TkX9bLw2RcJ5y";
const PROSE = "It was a bright cold day in April, and the clocks were striking thirteen. ";
const SAID = Buffer.from(`${PROSE.repeat(30)}${TOKEN}. ${PROSE.repeat(30)}`);

function open(contentEncoding?: string): MessageScanner {
  return createMessageScanner(RULES, {
    direction: "outbound",
    contentEncoding,
    maxScanBytes: 65_536,
  });
}

/** `Content-Encoding`, body, `encoding` of the finding. */
const BODIES: readonly (readonly [string | undefined, Uint8Array, string | undefined])[] = [
  [undefined, SAID, undefined],
  ["identity", SAID, undefined],
  ["gzip", gzipSync(SAID), "gzip"],
  ["gzip", gzipSync(SAID, { level: 0 }), "gzip"],
  ["br", brotliCompressSync(SAID), "br"],
  ["zstd", zstdCompressSync(SAID), "zstd"],
  ["deflate, gzip", gzipSync(deflateSync(SAID)), "gzip>deflate"],
  ["gzip", gzipSync(Buffer.from(SAID.toString("base64"))), "gzip>base64"],
];

for (const [coding, body, encoding] of BODIES) {
  Deno.test(`\`createMessageScanner()\` finds a secret once in ${coding}: ${encoding}`, () => {
    for (const size of [body.length, 1, 100]) {
      const scanner = open(coding);
      const found = scanAtEncoded(scanner, body, size);
      assert.deepEqual(found, [[TOKEN, encoding]], `pieces of ${size}`);
      assert.equal(scanner.undecodable, undefined);
      assert.equal(scanner.scannedBytes, body.length);
      assert.equal(scanner.unscannedBytes, 0);
      scanner.close();
      scanner.close();
    }
  });
}

/** Offsets of findings are those of the decoded text, so `cleared` isn't held against them. */
function scanAtEncoded(scanner: MessageScanner, body: Uint8Array, size: number) {
  const found: unknown[] = [];
  let cleared = 0;
  for (const at of [0, ...everyPiece(body, size)]) {
    for (
      const { secret, encoding } of scanner.push(body.subarray(at, at + size)) as readonly {
        readonly secret: string;
        readonly encoding?: string;
      }[]
    ) found.push([secret, encoding]);
    assert.ok(scanner.cleared >= cleared && scanner.cleared <= at + size);
    cleared = scanner.cleared;
  }
  for (
    const { secret, encoding } of scanner.end() as readonly {
      readonly secret: string;
      readonly encoding?: string;
    }[]
  ) found.push([secret, encoding]);
  return found;
}

Deno.test("`MessageScanner.cleared` holds coded bytes until what they decode to is cleared", () => {
  const scanner = open("gzip");
  const stored = gzipSync(Buffer.from(`a key. ${TOKEN}, and more`), {
    level: 0,
    finishFlush: constants.Z_FINISH,
  });
  const tokenAt = stored.indexOf("tok-");
  scanner.push(stored.subarray(0, tokenAt));
  assert.equal(scanner.cleared, tokenAt);
  scanner.push(stored.subarray(tokenAt, tokenAt + 10));
  assert.equal(scanner.cleared, tokenAt, "a match has begun");
  scanner.close();
});

Deno.test("`MessageScanner` scans what cannot be decoded as it stands, and says so", () => {
  for (const coding of ["gzip", "br", "unheard-of"]) {
    const scanner = open(coding);
    const found = scanAt(scanner, SAID, everyPiece(SAID, 1_000));
    assert.deepEqual(found.map(({ secret }) => secret), [TOKEN], coding);
    assert.match(scanner.undecodable!, /^(corrupt|unknown coding)/);
    assert.ok(scanner.unscannedBytes > 0);
    scanner.close();
  }
});

Deno.test("`MessageScanner` says that a coded body was cut short", () => {
  for (
    const [coding, body] of [
      ["gzip", gzipSync(SAID)],
      ["br", brotliCompressSync(SAID)],
      ["zstd", zstdCompressSync(SAID)],
      ["deflate", deflateSync(SAID)],
    ] as const
  ) {
    const scanner = open(coding);
    scanAtEncoded(scanner, body.subarray(0, -5), 50);
    assert.equal(scanner.undecodable, `corrupt ${coding}`);
    scanner.close();
  }
});
