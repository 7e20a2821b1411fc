/** Secrets in gRPC's messages, compressed or not, however frames are cut. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deflateSync, gzipSync } from "node:zlib";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { everyPiece, scanAt } from "./scan_in_pieces.ts";
import { sampleRule } from "./sample_rules.ts";

const RULES = compileRules([
  sampleRule({ id: "token", anchors: ["tok-"], regexp: /tok-[A-Za-z0-9]{20}/, maxLength: 24 }),
]);
const TOKEN = "tok-" + "Zq7vNf3TkX9bLw2RcJ5y";
const SAID = Buffer.from(`\x0a\x30the key is ${TOKEN}, keep it`);
const OTHER = Buffer.from("\x0a\x06hello.");

function frame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function open(contentType = "application/grpc+proto") {
  return createMessageScanner(RULES, { direction: "outbound", contentType, maxScanBytes: 65_536 });
}

/** Reason, frames, encoding of what is found, number of the frame it is in if it is compressed. */
const BODIES: readonly (readonly [string, readonly Buffer[], string | undefined, number?])[] = [
  ["plain", [frame(SAID)], undefined],
  ["plain, among others", [frame(OTHER), frame(SAID), frame(OTHER)], undefined],
  ["gzip", [frame(gzipSync(SAID), 1)], "gzip", 0],
  ["zlib", [frame(OTHER), frame(deflateSync(SAID), 1), frame(OTHER)], "deflate", 1],
  [
    "gzip after an empty message and another",
    [frame(Buffer.alloc(0)), frame(gzipSync(OTHER), 1), frame(gzipSync(SAID), 1)],
    "gzip",
    2,
  ],
];

for (const [reason, frames, encoding, index] of BODIES) {
  Deno.test(`\`GrpcMessages\` finds a secret once, however it is cut: ${reason}`, () => {
    const body = Buffer.concat(frames);
    for (const contentType of ["application/grpc", "application/grpc-web+proto"]) {
      for (const size of [body.length, 1, 2, 6]) {
        const scanner = open(contentType);
        const found = scanAt(scanner, body, everyPiece(body, size));
        assert.deepEqual(
          found.map((one) => [one.secret, one.encoding, one.part]),
          [[TOKEN, encoding, "grpc"]],
        );
        if (index !== undefined) {
          const before = Buffer.concat(frames.slice(0, index)).length;
          assert.equal(found[0]!.start, before + 5);
          assert.equal(found[0]!.end, before + frames[index]!.length);
        }
        assert.equal(scanner.undecodable, undefined);
        scanner.close();
      }
    }
  });
}

Deno.test("`GrpcMessages` holds a compressed message until its end, and nothing else", () => {
  const scanner = open();
  const compressed = frame(gzipSync(OTHER), 1);
  const plain = frame(OTHER);
  scanner.push(plain);
  assert.equal(scanner.cleared, plain.length);
  scanner.push(compressed.subarray(0, 5));
  scanner.push(compressed.subarray(5, -1));
  assert.equal(scanner.cleared, plain.length + 5);
  scanner.push(compressed.subarray(-1));
  scanner.push(plain);
  assert.equal(scanner.cleared, plain.length + compressed.length + plain.length);
  scanner.close();
});

/** Reason, body, what is said. */
const FAULTS: readonly (readonly [string, Buffer, string])[] = [
  ["no coding at all", frame(SAID, 1), "corrupt deflate"],
  ["gzip that breaks off", frame(gzipSync(SAID).subarray(0, 30), 1), "corrupt gzip"],
  ["a body that breaks off", frame(gzipSync(SAID), 1).subarray(0, 30), "corrupt gzip"],
  ["a bomb", frame(gzipSync(Buffer.alloc(16 << 20)), 1), "ratio over 200"],
];

for (const [reason, body, said] of FAULTS) {
  Deno.test(`\`GrpcMessages\` says what could not be decoded: ${reason}`, () => {
    for (const size of [body.length, 7]) {
      const scanner = open();
      scanAt(scanner, body, everyPiece(body, size));
      assert.equal(scanner.undecodable, said);
      scanner.close();
    }
  });
}
