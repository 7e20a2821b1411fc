/**
 * What the inner work costs, as ratios to a loop over the same bytes in the same run: a machine that is slow
 * slows both. Printed by `.ci/run`, so that a change that makes something slow is seen there; never a test.
 */
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import { parseRequestHead } from "../../src/http1/message_head.ts";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { scanHead } from "../../src/scan/head_scanner.ts";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { jsonText } from "./sample_json.ts";

const ROUNDS = 9;
const encoder = new TextEncoder();
const ruleSet = compileRules(ALL_RULES);
const body = encoder.encode(jsonText(65_536));
const small = encoder.encode(jsonText(1_024));
const headText = "GET /v1/models HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: agent/1.0\r\n" +
  "Accept: application/json\r\nAccept-Encoding: gzip, br\r\nConnection: keep-alive\r\n\r\n";
const headBytes = encoder.encode(headText);

/** Adds up bytes: what everything else is compared with. */
function loop(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = sum + byte | 0;
  return sum;
}

function scan(bytes: Uint8Array): void {
  const scanner = createMessageScanner(ruleSet, {
    direction: "outbound",
    contentType: "application/json",
    maxScanBytes: 65_536,
  });
  scanner.end(bytes);
  scanner.close();
}

function head(): void {
  const queue = new ByteQueue();
  queue.append(headBytes);
  const { target, headers } = parseRequestHead(queue)!;
  scanHead(ruleSet, { target, headers: headers.entries }, { direction: "outbound" });
}

/** The shortest of some rounds, nanoseconds a run. */
function best(run: () => void, runs: number): number {
  let shortest = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let each = 0; each < runs; each++) run();
    shortest = Math.min(shortest, (performance.now() - begin) / runs * 1e6);
  }
  return shortest;
}

const reference = best(() => loop(body), 50) / body.length;
const ROWS: readonly (readonly [string, () => void, number, number])[] = [
  ["scan 64 KiB of JSON", () => scan(body), 20, body.length],
  ["scan 1 KiB of JSON", () => scan(small), 1_000, small.length],
  ["parse and scan a head seen before", head, 2_000, headBytes.length],
];
for (const [text, run, runs, bytes] of ROWS) {
  const ratio = best(run, runs) / bytes / reference;
  console.log(`ratio: ${text}: ${ratio.toFixed(1)} × a loop over its bytes`);
}
