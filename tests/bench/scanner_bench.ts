/**
 * The scanner without views, with every rule, on generated traffic: a request head of 529 bytes, a JSON body
 * of 1 KiB, bodies of 64 KiB that are plain, full of anchors, and pushed a byte at a time, and 1 MiB. Every
 * bench checks its answer before it is timed. Of the fields of a head one changes with each request, or all
 * do. Real traffic: `detection.ts`.
 */
import { equal } from "node:assert/strict";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { scanHead } from "../../src/scan/head_scanner.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { BUFFER_START } from "../../src/scan/scan_buffer.ts";
import { scanBytes, Scanner } from "../../src/scan/scanner.ts";
import { scanText } from "../support/scan_text.ts";

const encoder = new TextEncoder();
const RULES = compileRules(ALL_RULES);
const OUTBOUND = { direction: "outbound" } as const;
const NOTHING = new Uint8Array(0);

const HEAD = [
  "GET /v1/items?page=2 HTTP/1.1",
  "Host: api.example.com",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "Accept-Language: en-US,en;q=0.5",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Referer: https://www.example.com/list",
  "Connection: keep-alive",
  "Upgrade-Insecure-Requests: 1",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Site: same-origin",
  'If-None-Match: "33a64df551425fcc55e4d42a148795d9f25f89d4"',
  "Priority: u=0, i",
  "",
  "",
].join("\r\n");

const SENTENCES = [
  "The meeting on Tuesday was moved to the large room on the second floor.",
  "Each of the answers is shown below, with the time that it took.",
  "She wrote that the weather had been kind to them all through the summer.",
];

/** Writes a chat request of about `size` bytes. */
function chatBody(size: number): Uint8Array {
  const messages: { readonly role: string; readonly content: string }[] = [];
  for (let length = 0; length < size; length += 100) {
    const content = SENTENCES[messages.length % SENTENCES.length]!;
    messages.push({ role: messages.length % 2 === 0 ? "user" : "assistant", content });
  }
  return encoder.encode(JSON.stringify({ model: "some-model", max_tokens: 1024, messages }))
    .subarray(0, size);
}

const KIB = chatBody(1_024);
const BODY = chatBody(65_536);
const LONG = chatBody(1_048_576);
const ANCHORS = encoder.encode(
  [...new Set(ALL_RULES.flatMap(({ anchors }) => anchors))].join(" ").repeat(4),
).subarray(0, 65_536);

function prefiltered(bytes: Uint8Array): number {
  const { buffer, prefilter } = RULES.programs.outbound;
  const to = buffer.load(NOTHING, bytes);
  return prefilter.scan(buffer, { floor: BUFFER_START, from: BUFFER_START, to }).count;
}

function pushedByByte(bytes: Uint8Array): number {
  const scanner = new Scanner(RULES, OUTBOUND);
  let found = 0;
  for (let at = 0; at < bytes.length; at++) {
    found += scanner.push(bytes.subarray(at, at + 1)).length;
  }
  return found + scanner.end().length;
}

const FIELDS: readonly (readonly [name: string, value: string])[] = HEAD.split("\r\n").slice(1, -2)
  .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
let requests = 0;

/** Scans the head as that of one more request, with a field of its own. */
function scanNextHead(): number {
  const trace = `00-4bf92f3577b34da6a3ce929d0e${(++requests).toString(16).padStart(6, "0")}-01`;
  const headers = [...FIELDS, ["traceparent", trace] as const];
  return scanHead(RULES, { target: "/v1/items?page=2", headers }, OUTBOUND).length;
}

/** As `scanNextHead()`, where no field was seen before. */
function scanNewHead(): number {
  const headers = FIELDS.map(([name, value]) => [name, `${value} ${++requests}`] as const);
  return scanHead(RULES, { target: "/v1/items?page=2", headers }, OUTBOUND).length;
}

equal(FIELDS.length, 13);
equal(scanNextHead(), 0);
equal(scanNewHead(), 0);
equal(HEAD.length, 529);
for (const bytes of [KIB, BODY, LONG]) equal(scanBytes(RULES, bytes, OUTBOUND).length, 0);
equal(scanText(RULES, HEAD, OUTBOUND).length, 0);
equal(pushedByByte(BODY), 0);
{
  const planted = `${new TextDecoder().decode(KIB)} ${ALL_RULES[0]!.examples[0]!}`;
  equal(scanText(RULES, planted, OUTBOUND).length, 1);
}

Deno.bench(`compile ${ALL_RULES.length} rules`, { group: "start" }, () => {
  compileRules(ALL_RULES);
});
Deno.bench("request head of 529 bytes", { group: "small" }, () => {
  scanText(RULES, HEAD, OUTBOUND);
});
Deno.bench("14 fields, one of them new", { group: "head" }, () => {
  scanNextHead();
});
Deno.bench("13 fields, all of them new", { group: "head" }, () => {
  scanNewHead();
});
Deno.bench("body of 1 KiB", { group: "small" }, () => {
  scanBytes(RULES, KIB, OUTBOUND);
});
Deno.bench("prefilter alone, 64 KiB", { group: "large" }, () => {
  prefiltered(BODY);
});
Deno.bench("body of 64 KiB", { group: "large" }, () => {
  scanBytes(RULES, BODY, OUTBOUND);
});
Deno.bench("body of 1 MiB", { group: "large" }, () => {
  scanBytes(RULES, LONG, OUTBOUND);
});
Deno.bench("64 KiB of nothing but anchors", { group: "adversarial" }, () => {
  scanBytes(RULES, ANCHORS, OUTBOUND);
});
Deno.bench("64 KiB, a byte at a time", { group: "adversarial" }, () => {
  pushedByByte(BODY);
});
