/**
 * What an unusual input costs, and twice as much of it: where the second is about twice the first, nothing
 * is quadratic. And what the end of a day's log costs, however long it is.
 */
import { LeafStore } from "../../src/ca/leaf_store.ts";
import { BodyReader } from "../../src/http1/body_reader.ts";
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import { parseRequestHead } from "../../src/http1/message_head.ts";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { readThreats } from "../../src/threats/read_threats.ts";
import { testAuthority } from "../ca/test_authority.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { sampleThreat } from "../threats/sample.ts";
import { type Bar, markdown } from "./report.ts";

/** Twice the input may cost so many times the first: double, and what a noisy machine adds. */
const MAX_GROWTH = 2.8;
const ROUNDS = 3;
const LOG_BYTES = 1_000_000_000;
const encoder = new TextEncoder();

/** One kind of input. */
interface Growth {
  readonly text: string;
  /** How much of it, the first time. */
  readonly count: number;
  /** Deals with so much of it. */
  run(count: number): void | Promise<void>;
}

const ruleSet = compileRules(ALL_RULES);
const authority = await testAuthority();

const GROWTHS: readonly Growth[] = [
  {
    text: "bytes of junk without a head, refused",
    count: 5_000_000,
    run(count) {
      const queue = new ByteQueue();
      const piece = new Uint8Array(16_384).fill(0x61);
      for (let sent = 0; sent < count; sent += piece.length) {
        queue.append(piece);
        try {
          parseRequestHead(queue);
        } catch {
          // Refused at 64 KiB: the connection is closed, the rest comes by another.
          queue.skip(queue.length);
        }
      }
    },
  },
  {
    text: "heads of 256 fields",
    count: 200,
    run(count) {
      const fields = Array.from({ length: 255 }, (_, at) => `x-field-${at}: value ${at}\r\n`);
      const head = encoder.encode(`GET / HTTP/1.1\r\nHost: a\r\n${fields.join("")}\r\n`);
      const queue = new ByteQueue();
      for (let index = 0; index < count; index++) {
        queue.append(head);
        parseRequestHead(queue);
      }
    },
  },
  {
    text: "chunks of one byte",
    count: 1_000_000,
    run(count) {
      const chunks = encoder.encode("1\r\na\r\n".repeat(1_000));
      const queue = new ByteQueue();
      const reader = new BodyReader({ kind: "chunked" }, { fault: "client" });
      for (let sent = 0; sent < count; sent += 1_000) {
        queue.append(chunks);
        while (reader.read(queue) !== undefined);
      }
    },
  },
  {
    text: "secrets in one body",
    count: 1_000,
    run(count) {
      const keys = Array.from({ length: count }, (_, at) => `key ${at}: ${anthropicKey(at)}\n`);
      scan(keys.join(""));
    },
  },
  {
    text: "beginnings of a command in one body",
    count: 32_000,
    run: (count) => scan("rm /".repeat(count)),
  },
  {
    text: "distinct hosts, a leaf each",
    count: 2_500,
    async run(count) {
      const store = new LeafStore(authority, { now: Date.now });
      for (let host = 0; host < count; host++) await store.leafFor(`host-${host}.example`);
    },
  },
];

function scan(text: string): void {
  const scanner = createMessageScanner(ruleSet, { direction: "outbound", maxScanBytes: 65_536 });
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at += 65_536) scanner.push(bytes.subarray(at, at + 65_536));
  scanner.end();
  scanner.close();
}

/** Measures each kind; a markdown table. */
export async function measureGrowth(): Promise<string> {
  const rows: string[][] = [];
  for (const { text, count, run } of GROWTHS) {
    await run(count);
    const once = await best(() => run(count));
    const twice = await best(() => run(2 * count));
    const growth = twice / once;
    const verdict = growth <= MAX_GROWTH ? "yes" : "**no**";
    rows.push([
      text,
      count.toLocaleString("en"),
      once.toFixed(1),
      twice.toFixed(1),
      growth.toFixed(2),
      verdict,
    ]);
  }
  const headings = ["Input", "Count", "ms", "ms for twice as many", "Ratio", "About linear"];
  return markdown(headings, rows, 1);
}

/** Reads the last threats of a long log. */
export async function logBar(): Promise<Bar> {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/threats.jsonl`;
  const line = `${JSON.stringify(sampleThreat())}\n`;
  const block = encoder.encode(line.repeat(Math.ceil(4_194_304 / line.length)));
  {
    using file = await Deno.open(path, { create: true, write: true });
    for (let written = 0; written < LOG_BYTES; written += block.length) await file.write(block);
  }
  const milliseconds = await best(async () => {
    const { threats } = await readThreats(path, { limit: 5 });
    if (threats.length !== 5) throw new Error(`read ${threats.length} threats of 5`);
  });
  return {
    text: "the last 5 threats of a log of 1 GB: ≤ 100 ms",
    measured: `${milliseconds.toFixed(1)} ms`,
    isReached: milliseconds <= 100,
  };
}

/** The shortest of some runs, milliseconds. */
async function best(run: () => void | Promise<void>): Promise<number> {
  let shortest = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    await run();
    shortest = Math.min(shortest, performance.now() - begin);
  }
  return shortest;
}
