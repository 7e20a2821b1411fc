/** Suppressions: what agrees with which entry, until when, and what is told of those that do nothing. */
import assert from "node:assert/strict";
import type { SuppressionConfig } from "../../src/config.ts";
import {
  suppressionReports,
  Suppressions,
  type SuppressionSubject,
} from "../../src/threats/suppression.ts";

const NOW_MS = Date.parse("2026-11-25T12:00:00Z");
const FINGERPRINT = "0123456789abcdef";

function subject(fields: Partial<SuppressionSubject> = {}): SuppressionSubject {
  return {
    pattern: "ai_api_key",
    rule: "anthropic_api_key",
    dest: { host: "api.example.com", port: 443 },
    location: "header:x-api-key",
    fingerprint: () => FINGERPRINT,
    ...fields,
  };
}

function entry(fields: Omit<SuppressionConfig, "reason">): SuppressionConfig {
  return { reason: "a test key", ...fields };
}

/** Reason, the entry, whether it suppresses `subject()`. */
const CASES: readonly (readonly [string, Omit<SuppressionConfig, "reason">, boolean])[] = [
  ["the pattern", { pattern: "ai_api_key" }, true],
  ["the rule's id", { pattern: "anthropic_api_key" }, true],
  ["another pattern", { pattern: "ai_api" }, false],
  ["the host", { dest: "API.example.com" }, true],
  ["a suffix and the port", { dest: "*.example.com:443" }, true],
  ["another port", { dest: "api.example.com:8443" }, false],
  ["a look-alike", { dest: "example.com" }, false],
  ["an address range", { dest: "10.0.0.0/8" }, false],
  ["the location", { location: "header:x-api-key" }, true],
  ["every header", { location: "header:*" }, true],
  ["the beginning of the location without a star", { location: "header:" }, false],
  ["the fingerprint", { fingerprint: FINGERPRINT }, true],
  ["another fingerprint", { fingerprint: "fedcba9876543210" }, false],
  ["all of it", {
    pattern: "ai_api_key",
    dest: "api.example.com",
    location: "header:*",
    fingerprint: FINGERPRINT,
  }, true],
  ["all but one", { pattern: "ai_api_key", dest: "other.example.com" }, false],
  ["today is the last day", { pattern: "ai_api_key", until: "2026-11-25" }, true],
  ["yesterday was", { pattern: "ai_api_key", until: "2026-11-24" }, false],
];

Deno.test("`Suppressions.match()` asks for every field that is given", async (t) => {
  for (const [reason, fields, isMatch] of CASES) {
    await t.step(reason, () => {
      const suppression = entry(fields);
      const found = new Suppressions([suppression]).match(subject(), NOW_MS);
      assert.equal(found, isMatch ? suppression : undefined);
    });
  }
});

Deno.test("`Suppressions.match()` matches an address by its range", () => {
  const suppressions = new Suppressions([entry({ dest: "10.0.0.0/8:80" })]);
  const at = (host: string, port: number) => subject({ dest: { host, port } });
  assert.ok(suppressions.match(at("10.1.2.3", 80), NOW_MS));
  assert.equal(suppressions.match(at("10.1.2.3", 443), NOW_MS), undefined);
  assert.equal(suppressions.match(at("11.1.2.3", 80), NOW_MS), undefined);
});

Deno.test("`Suppressions.match()` ends with the last millisecond of the day in UTC", () => {
  const suppressions = new Suppressions([entry({ pattern: "ai_api_key", until: "2026-11-25" })]);
  assert.ok(suppressions.match(subject(), Date.parse("2026-11-25T23:59:59.999Z")));
  assert.equal(suppressions.match(subject(), Date.parse("2026-11-26T00:00:00Z")), undefined);
});

Deno.test("`Suppressions` count by the first entry that matches", () => {
  const suppressions = new Suppressions([
    entry({ pattern: "jwt" }),
    entry({ location: "header:*" }),
    entry({ pattern: "ai_api_key" }),
  ]);
  suppressions.match(subject(), NOW_MS);
  suppressions.match(subject({ location: "body" }), NOW_MS);
  suppressions.match(subject({ location: "header:cookie" }), NOW_MS);
  suppressions.match(subject({ location: "url", pattern: "x" }), NOW_MS);
  assert.deepEqual(suppressions.hits, [0, 2, 1]);
});

Deno.test("`Suppressions.match()` computes a fingerprint only where it decides", () => {
  const fingerprint = () => assert.fail("asked for");
  const suppressions = new Suppressions([
    entry({ pattern: "jwt", fingerprint: FINGERPRINT }),
    entry({ pattern: "ai_api_key" }),
  ]);
  assert.ok(suppressions.match(subject({ fingerprint }), NOW_MS));
});

Deno.test("`suppressionReports()` tells used, unused and expired entries apart", () => {
  const suppress = [
    entry({ pattern: "a" }),
    entry({ pattern: "b" }),
    entry({ pattern: "c", until: "2026-11-24" }),
    entry({ pattern: "d", until: "2026-11-25" }),
  ];
  assert.deepEqual(
    suppressionReports(suppress, [3, 0, 5], NOW_MS).map(({ hits, state }) => [hits, state]),
    [[3, "used"], [0, "unused"], [5, "expired"], [0, "unused"]],
  );
});
