import assert from "node:assert/strict";
import fc from "fast-check";
import { DedupWindow, type SuppressedCount } from "../../src/threats/dedup_window.ts";
import type { Threat } from "../../src/threats/threat.ts";
import { sampleThreat } from "./sample.ts";

const WINDOW_MS = 60_000;

/** Feeds threats and says of each whether it was written, and with which `suppressed`. */
function feed(steps: readonly (readonly [nowMs: number, fields: Partial<Threat>])[]) {
  const window = new DedupWindow({ windowMs: WINDOW_MS });
  return steps.map(([nowMs, fields]) => {
    const written = window.admit(sampleThreat(fields), nowMs);
    return written === undefined ? "kept back" : written.suppressed ?? "written";
  });
}

const ROWS: readonly {
  reason: string;
  steps: Parameters<typeof feed>[0];
  results: readonly (string | number)[];
}[] = [
  { reason: "the same twice", steps: [[0, {}], [1, {}]], results: ["written", "kept back"] },
  {
    reason: "the end of a window",
    steps: [[0, {}], [WINDOW_MS - 1, {}], [WINDOW_MS, {}], [WINDOW_MS + 1, {}]],
    results: ["written", "kept back", 1, "kept back"],
  },
  {
    reason: "a window in which nothing was kept back",
    steps: [[0, {}], [WINDOW_MS, {}]],
    results: ["written", "written"],
  },
  {
    reason: "another pattern",
    steps: [[0, {}], [0, { pattern: "aws_access_key" }]],
    results: ["written", "written"],
  },
  {
    reason: "another destination",
    steps: [[0, {}], [0, { dest: "b.example:443" }]],
    results: ["written", "written"],
  },
  {
    reason: "the other direction",
    steps: [[0, {}], [0, { direction: "inbound" }]],
    results: ["written", "written"],
  },
  {
    reason: "a leak after the same key at home",
    steps: [[0, { severity: "info" }], [1, { severity: "critical" }], [2, { severity: "info" }]],
    results: ["written", "written", "kept back"],
  },
  {
    reason: "another source, request and snippet",
    steps: [[0, {}], [0, { source: "::1", request_id: "r2", snippet: "other" }]],
    results: ["written", "kept back"],
  },
  {
    reason: "a second secret, and the first again",
    steps: [[0, {}], [1, { fingerprint: "b" }], [2, {}], [3, { fingerprint: "b" }]],
    results: ["written", "written", "kept back", "kept back"],
  },
];

for (const { reason, steps, results } of ROWS) {
  Deno.test(`\`DedupWindow.admit()\` judges ${reason}`, () => {
    assert.deepEqual(feed(steps), results);
  });
}

Deno.test("`DedupWindow.admit()` writes 20 distinct secrets a window, and counts the others", () => {
  const window = new DedupWindow({ windowMs: WINDOW_MS });
  const admit = (fingerprint: string, nowMs: number) =>
    window.admit(sampleThreat({ fingerprint }), nowMs);
  const written = Array.from({ length: 50 }, (_, index) => admit(`${index}`, index))
    .filter((threat) => threat !== undefined);
  assert.equal(written.length, 20);
  assert.equal(admit("0", WINDOW_MS)?.suppressed, 30);
});

Deno.test("`DedupWindow.admit()` lets everything through where the window is 0", () => {
  const window = new DedupWindow({ windowMs: 0 });
  const results = [1, 2, 3].map(() => window.admit(sampleThreat(), 5));
  assert.deepEqual(results, [sampleThreat(), sampleThreat(), sampleThreat()]);
});

Deno.test("`DedupWindow` forgets the oldest place and hands its count out", () => {
  const evicted: SuppressedCount[] = [];
  const window = new DedupWindow({
    windowMs: WINDOW_MS,
    maxPlaces: 2,
    onEvicted: (count) => void evicted.push(count),
  });
  for (const dest of ["a:1", "a:1", "b:1", "c:1", "d:1"]) window.admit(sampleThreat({ dest }), 0);
  assert.deepEqual(evicted, [{
    pattern: "ai_api_key",
    dest: "a:1",
    direction: "outbound",
    severity: "critical",
    suppressed: 1,
  }]);
});

Deno.test("`DedupWindow.drain()` hands out what is pending, once", () => {
  const window = new DedupWindow({ windowMs: WINDOW_MS });
  for (const dest of ["a:1", "a:1", "a:1", "b:1"]) window.admit(sampleThreat({ dest }), 0);
  assert.deepEqual(window.drain().map(({ dest, suppressed }) => [dest, suppressed]), [["a:1", 2]]);
  assert.deepEqual(window.drain(), []);
});

/** Every threat is written or counted exactly once, whatever comes when. */
Deno.test("`DedupWindow` loses no count", () => {
  const step = fc.record({
    dest: fc.constantFrom("a", "b", "c", "d"),
    fingerprint: fc.constantFrom("1", "2", "3", "4"),
    severity: fc.constantFrom<Threat["severity"]>("info", "high"),
    afterMs: fc.nat(20),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    let written = 0;
    let counted = 0;
    let nowMs = 0;
    const window = new DedupWindow({
      windowMs: 100,
      maxDistinct: 2,
      maxPlaces: 3,
      onEvicted: ({ suppressed }) => counted += suppressed,
    });
    for (const { afterMs, ...fields } of steps) {
      nowMs += afterMs;
      const threat = window.admit(sampleThreat(fields), nowMs);
      if (threat === undefined) continue;
      written++;
      counted += threat.suppressed ?? 0;
    }
    for (const { suppressed } of window.drain()) counted += suppressed;
    assert.equal(written + counted, steps.length);
  }));
});
