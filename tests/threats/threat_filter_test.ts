import assert from "node:assert/strict";
import { parseThreat, type ThreatFilter } from "../../src/threats/threat_filter.ts";
import { sampleThreat } from "./sample.ts";

const LINE = JSON.stringify(sampleThreat());

const FILTERS: readonly { reason: string; filter: ThreatFilter; passes: boolean }[] = [
  { reason: "nothing", filter: {}, passes: true },
  { reason: "its pattern", filter: { pattern: "ai_api_key" }, passes: true },
  { reason: "another pattern", filter: { pattern: "ai_api" }, passes: false },
  { reason: "its direction", filter: { direction: "outbound" }, passes: true },
  { reason: "the other direction", filter: { direction: "inbound" }, passes: false },
  { reason: "another severity", filter: { severity: "low" }, passes: false },
  {
    reason: "all it has",
    filter: { pattern: "ai_api_key", direction: "outbound", severity: "critical" },
    passes: true,
  },
];

for (const { reason, filter, passes } of FILTERS) {
  Deno.test(`\`parseThreat()\` filters by ${reason}`, () => {
    assert.deepEqual(parseThreat(LINE, filter), passes ? sampleThreat() : "filtered");
  });
}

const UNREADABLE: readonly { reason: string; line: string }[] = [
  { reason: "a torn line", line: LINE.slice(0, -10) },
  { reason: "the end of a line", line: LINE.slice(10) },
  { reason: "no object", line: "5" },
  { reason: "null", line: "null" },
  { reason: "a list", line: "[]" },
  { reason: "a record without dest", line: LINE.replace('"dest"', '"to"') },
  { reason: "a pattern that is no text", line: LINE.replace('"ai_api_key"', "5") },
];

for (const { reason, line } of UNREADABLE) {
  Deno.test(`\`parseThreat()\` takes ${reason} for no threat`, () => {
    assert.equal(parseThreat(line, {}), "unreadable");
  });
}

Deno.test("`parseThreat()` reads the eight fields of the original", () => {
  const { direction, protocol, threat_type, pattern, snippet, source, dest, timestamp } =
    sampleThreat();
  const old = { direction, protocol, threat_type, pattern, snippet, source, dest, timestamp };
  assert.deepEqual(parseThreat(JSON.stringify(old), {}), old);
});
