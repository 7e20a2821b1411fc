/**
 * Prints what the rules find and what they cost: recall by category, false alarms, what is left of recall when the
 * same texts travel encoded, and speed. Run by `deno task detection`; takes no part in the tests.
 *
 * A text counts as found if anything in it is graded `medium` or more, by the rules of either direction, with the
 * scanner the proxy uses.
 */
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { scanHead } from "../../src/scan/head_scanner.ts";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import type { Finding } from "../../src/scan/finding.ts";
import { type Rule, SEVERITIES } from "../../src/scan/rule.ts";
import { compileRules, type RuleSet } from "../../src/scan/rule_set.ts";
import { type LabelledText, readCorpus } from "./detection_corpus.ts";

const encoder = new TextEncoder();
const MAX_SCAN_BYTES = 65_536;
const ALARM = SEVERITIES.indexOf("medium");
/** Longer texts, and more of them, would only make the run longer. */
const MAX_ROBUSTNESS_TEXT_LENGTH = 8_192;
const ROBUSTNESS_STRIDE = 4;
const HEAD_RUNS = 20_000;
/** The first of them compile code and rules. */
const SPEED_RUNS = 6;

interface Body {
  readonly bytes: Uint8Array;
  readonly contentType?: string;
}

/**
 * Ways in which agents and origins wrap a text. A bare field says nothing of who speaks: what a user tells a
 * model is graded lower by some rules, whatever it is wrapped in.
 */
const WRAPPINGS: readonly (readonly [name: string, wrap: (text: string) => Body])[] = [
  ["JSON string", (text) => json({ value: text })],
  ["JSON in JSON", (text) => json({ arguments: JSON.stringify({ content: text }) })],
  ["form", (text) => ({
    bytes: encoder.encode(`q=1&text=${encodeURIComponent(text)}`),
    contentType: "application/x-www-form-urlencoded",
  })],
  ["base64", (text) => json({ data: encoder.encode(text).toBase64() })],
  ["SSE deltas", (text) => ({
    bytes: encoder.encode(deltasOf(text)),
    contentType: "text/event-stream",
  })],
];

function json(value: unknown): Body {
  return { bytes: encoder.encode(JSON.stringify(value)), contentType: "application/json" };
}

/** Writes a text as an Anthropic Messages stream of three characters an event. */
function deltasOf(text: string): string {
  const characters = [...text];
  const events = [
    event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
  ];
  for (let at = 0; at < characters.length; at += 3) {
    const delta = { type: "text_delta", text: characters.slice(at, at + 3).join("") };
    events.push(event({ type: "content_block_delta", index: 0, delta }));
  }
  events.push(event({ type: "content_block_stop", index: 0 }));
  return events.join("");
}

function event(value: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}

/** One pass finds what both directions look for, if every rule is given both. */
function bothWays(rule: Rule): Rule {
  return Object.create(rule, {
    directions: { value: ["outbound", "inbound"], enumerable: true },
  }) as Rule;
}

/** Scans a body as the proxy does: in pieces, the last of which is the end. */
function alarms(ruleSet: RuleSet, { bytes, contentType }: Body): boolean {
  const scanner = createMessageScanner(ruleSet, {
    direction: contentType === "text/event-stream" ? "inbound" : "outbound",
    contentType,
    maxScanBytes: MAX_SCAN_BYTES,
  });
  const findings: Finding[] = [];
  let at = 0;
  for (; at + MAX_SCAN_BYTES < bytes.length; at += MAX_SCAN_BYTES) {
    findings.push(...scanner.push(bytes.subarray(at, at + MAX_SCAN_BYTES)));
  }
  findings.push(...scanner.end(bytes.subarray(at)));
  scanner.close();
  return findings.some(({ severity }) => SEVERITIES.indexOf(severity) >= ALARM);
}

interface Tally {
  hits: number;
  total: number;
}

function count(tallies: Map<string, Tally>, name: string, isHit: boolean): void {
  const tally = tallies.get(name) ?? { hits: 0, total: 0 };
  tally.total++;
  if (isHit) tally.hits++;
  tallies.set(name, tally);
}

function printTallies(title: string, tallies: ReadonlyMap<string, Tally>): void {
  console.log(`\n${title}`);
  for (const [name, { hits, total }] of [...tallies].sort(([a], [b]) => a < b ? -1 : 1)) {
    const share = (100 * hits / total).toFixed(1).padStart(5);
    console.log(`  ${name.padEnd(40)} ${share} %  ${String(hits).padStart(5)} of ${total}`);
  }
}

function measureRecall(
  ruleSet: RuleSet,
  texts: readonly LabelledText[],
): readonly LabelledText[] {
  const found: LabelledText[] = [];
  const recall = new Map<string, Tally>();
  const halves = new Map<string, Tally>();
  const falseAlarms = new Map<string, Tally>();
  for (const labelled of texts) {
    const isHit = alarms(ruleSet, { bytes: encoder.encode(labelled.text) });
    if (isHit && labelled.kind === "positive") found.push(labelled);
    for (const group of labelled.groups) {
      count(labelled.kind === "positive" ? recall : falseAlarms, group, isHit);
      if (labelled.kind === "positive" && group.startsWith("secrets") && labelled.half) {
        count(halves, `${group}, half ${labelled.half}`, isHit);
      }
    }
  }
  printTallies("Found, at medium or above", recall);
  printTallies("Found, by halves of the providers", halves);
  printTallies("False alarms, at medium or above", falseAlarms);
  return found;
}

function measureRobustness(
  ruleSet: RuleSet,
  found: readonly LabelledText[],
): void {
  const kept = new Map<string, Tally>();
  const texts = found.filter(({ text }, index) =>
    text.length <= MAX_ROBUSTNESS_TEXT_LENGTH && index % ROBUSTNESS_STRIDE === 0
  );
  for (const { text } of texts) {
    for (const [name, wrap] of WRAPPINGS) count(kept, name, alarms(ruleSet, wrap(text)));
  }
  printTallies("Of the texts found, found when they travel as", kept);
}

function measureSpeed(name: string, rules: readonly Rule[], bodies: readonly Uint8Array[]) {
  const ruleSet = compileRules(rules);
  const total = bodies.reduce((sum, { length }) => sum + length, 0);
  let seconds = Infinity;
  for (let run = 0; run < SPEED_RUNS; run++) {
    const start = performance.now();
    for (const bytes of bodies) alarms(ruleSet, { bytes });
    seconds = Math.min(seconds, (performance.now() - start) / 1_000);
  }
  const speed = (total / 1e6 / seconds).toFixed(1).padStart(7);
  console.log(`  ${name.padEnd(40)} ${speed} MB/s  ${rules.length} rules`);
  return ruleSet;
}

/** Times pieces of 64 KiB of all bodies, one after the other. */
async function measurePieces(ruleSet: RuleSet, bodies: readonly Uint8Array[]): Promise<void> {
  const times: number[] = [];
  const joined = new Uint8Array(await new Blob(bodies as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  for (let at = 0; at + MAX_SCAN_BYTES <= joined.length; at += MAX_SCAN_BYTES) {
    const bytes = joined.subarray(at, at + MAX_SCAN_BYTES);
    const start = performance.now();
    alarms(ruleSet, { bytes });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  if (times.length === 0) return;
  const at = (share: number) => times[Math.floor(share * (times.length - 1))]!.toFixed(1);
  console.log(`  64 KiB: median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms`);
}

/** Times heads whose last `fresh` of eight fields have not been seen before. */
function measureHead(ruleSet: RuleSet, fresh: number): void {
  const fields = [
    ["host", "api.anthropic.com"],
    ["user-agent", "Anthropic/JS 0.68.0"],
    ["accept", "application/json"],
    ["accept-encoding", "gzip, deflate, br"],
    ["content-type", "application/json"],
    ["anthropic-version", "2023-06-01"],
    ["x-stainless-runtime", "node"],
    ["content-length", "1234"],
  ] as const;
  const scan = (run: number) => {
    const headers = fields.map(([name, value], at): readonly [string, string] =>
      at < fields.length - fresh ? [name, value] : [name, `${value} ${run}`]
    );
    scanHead(ruleSet, { target: "/v1/messages?beta=true", headers }, { direction: "outbound" });
  };
  for (let run = 0; run < HEAD_RUNS; run++) scan(run);
  const start = performance.now();
  for (let run = HEAD_RUNS; run < 2 * HEAD_RUNS; run++) scan(run);
  const us = (performance.now() - start) / HEAD_RUNS * 1e3;
  console.log(`  a request head of 8 fields, ${fresh} of them new: ${us.toFixed(1)} µs`);
}

const { origin, texts } = readCorpus();
console.log(`${ALL_RULES.length} rules on ${origin}: ${texts.length} texts`);
const ruleSet = compileRules(ALL_RULES.map(bothWays));
const found = measureRecall(ruleSet, texts);
measureRobustness(ruleSet, found);

const bodies = texts
  .filter(({ groups }) => groups.includes("benign bodies, all"))
  .map(({ text }) => encoder.encode(text));
if (bodies.length > 0) {
  console.log("\nSpeed on the benign bodies, all views");
  const all = measureSpeed("all rules, outbound", ALL_RULES, bodies);
  const unnamed = ALL_RULES.filter(({ id }) => !id.startsWith("named_"));
  measureSpeed("without vendors' names", unnamed, bodies);
  measureSpeed("250 rules", unnamed.slice(0, 250), bodies);
  measureSpeed("20 rules", unnamed.slice(0, 20), bodies);
  await measurePieces(all, bodies);
  for (const fresh of [0, 1, 8]) measureHead(all, fresh);
}
