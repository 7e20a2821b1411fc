import assert from "node:assert/strict";
import fc from "fast-check";
import { coveredAmong, isCoveredBy, type RankedFinding } from "../../src/scan/overlap.ts";
import { SEVERITIES } from "../../src/scan/rule.ts";
import { sampleRule } from "./sample_rules.ts";

const BASE = { anchors: ["abc"], regexp: /abc/, maxLength: 3 } as const;
const RULES = {
  high: sampleRule({ ...BASE, id: "high", severity: "high" }),
  low: sampleRule({ ...BASE, id: "low", severity: "low" }),
  injection: sampleRule({ ...BASE, id: "injection", type: "INJECTION", severity: "low" }),
  twin: sampleRule({ ...BASE, id: "twin", pattern: "high", severity: "high" }),
} as const;

interface Place {
  readonly start: number;
  readonly end: number;
  /** Where the secret begins within the match, and how long it is. @default the whole match */
  readonly secret?: readonly [start: number, length: number];
  readonly order?: number;
}

function ranked(rule: keyof typeof RULES, { start, end, secret, order = 0 }: Place): RankedFinding {
  const [secretStart, length] = secret ?? [0, end - start];
  const finding = {
    rule: RULES[rule],
    severity: RULES[rule].severity,
    start,
    end,
    match: "x".repeat(end - start),
    secret: "x".repeat(length),
    secretStart,
    before: "",
    after: "",
  };
  return { finding, order };
}

const PAIRS = [
  {
    reason: "a lower grade of EXFIL, secrets overlap",
    a: ranked("low", { start: 0, end: 10 }),
    b: ranked("high", { start: 5, end: 8 }),
    covered: true,
  },
  {
    reason: "a higher grade",
    a: ranked("high", { start: 5, end: 8 }),
    b: ranked("low", { start: 0, end: 10 }),
    covered: false,
  },
  {
    reason: "secrets side by side",
    a: ranked("low", { start: 0, end: 10, secret: [0, 5] }),
    b: ranked("high", { start: 2, end: 12, secret: [3, 5] }),
    covered: false,
  },
  {
    reason: "of another type",
    a: ranked("injection", { start: 0, end: 10 }),
    b: ranked("high", { start: 0, end: 10 }),
    covered: false,
  },
  {
    reason: "equal but later in the list",
    a: ranked("twin", { start: 0, end: 10, order: 1 }),
    b: ranked("high", { start: 0, end: 10 }),
    covered: true,
  },
  {
    reason: "equal and earlier in the list",
    a: ranked("high", { start: 0, end: 10 }),
    b: ranked("twin", { start: 0, end: 10, order: 1 }),
    covered: false,
  },
] as const;

for (const { reason, a, b, covered } of PAIRS) {
  Deno.test(`\`isCoveredBy()\` is ${covered} for a finding ${reason}`, () => {
    assert.equal(isCoveredBy(a, b), covered);
  });
}

Deno.test("`coveredAmong()` finds what comparing every pair finds", () => {
  const entry = fc.record({
    rule: fc.constantFrom("high" as const, "low" as const, "injection" as const, "twin" as const),
    severity: fc.constantFrom(...SEVERITIES),
    start: fc.nat(30),
    length: fc.integer({ min: 1, max: 20 }),
    skipped: fc.nat(5),
    order: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
      const findings = entries.map(({ rule, severity, start, length, skipped, order }) => {
        const secretStart = Math.min(skipped, length - 1);
        const secret = [secretStart, length - secretStart] as const;
        const { finding } = ranked(rule, { start, end: start + length, secret });
        return { finding: { ...finding, severity }, order };
      }).sort((a, b) => a.finding.start - b.finding.start);
      const slow = findings.filter((a) => findings.some((b) => isCoveredBy(a, b)));
      assert.deepEqual(findings.filter((a) => coveredAmong(findings).has(a)), slow);
    }),
    { numRuns: 1_000 },
  );
});
