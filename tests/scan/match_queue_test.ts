import assert from "node:assert/strict";
import { MatchQueue, type QueueView, type RawMatch } from "../../src/scan/match_queue.ts";
import type { Rule } from "../../src/scan/rule.ts";
import { sampleRule } from "./sample_rules.ts";

const RULE = sampleRule({ id: "token", anchors: ["tok"], regexp: /tok.{1,9}/, maxLength: 12 });

function match(start: number, end: number, rule: Rule = RULE): RawMatch {
  const text = "t".repeat(end - start);
  return { rule, order: 0, start, end, text, secret: text, secretStart: 0, groups: {} };
}

function view(settled: number, end: number, stream: "more" | "over" = "more"): QueueView {
  const text = (from: number, to: number) => "x".repeat(Math.max(0, Math.min(to, end) - from));
  return { settled, end, isOver: stream === "over", text };
}

function spans(queue: MatchQueue, moment: QueueView): readonly (readonly [number, number])[] {
  return queue.take(moment).map(({ start, end }) => [start, end]);
}

Deno.test("`MatchQueue` holds a match until the bytes that `verify` is shown are there", () => {
  const queue = new MatchQueue();
  queue.add(match(0, 10));
  assert.deepEqual(spans(queue, view(73, 73)), []);
  assert.equal(queue.start, 0);
  assert.deepEqual(spans(queue, view(74, 74)), [[0, 10]]);
  assert.equal(queue.isEmpty, true);
  assert.equal(queue.start, undefined);
});

Deno.test("`MatchQueue` holds a match until every match that overlaps it is known", () => {
  const queue = new MatchQueue();
  queue.add(match(0, 10));
  assert.deepEqual(spans(queue, view(9, 100)), []);
  queue.add(match(9, 60));
  assert.deepEqual(spans(queue, view(60, 100)), []);
  assert.deepEqual(spans(queue, view(60, 124)), [[9, 60]]);
});

Deno.test("`MatchQueue` lets a reported match cover one that comes later", () => {
  const queue = new MatchQueue();
  const greater = { ...RULE, severity: "critical" } as const;
  queue.add(match(0, 30, greater));
  queue.add(match(20, 200));
  assert.deepEqual(spans(queue, view(30, 264)), [[0, 30]]);
  assert.deepEqual(spans(queue, view(200, 264)), []);
  assert.equal(queue.isEmpty, true);
});

Deno.test("`MatchQueue` reports everything at the end, in stream order", () => {
  const queue = new MatchQueue();
  for (const start of [40, 0, 20]) queue.add(match(start, start + 10));
  assert.equal(queue.start, 0);
  assert.deepEqual(spans(queue, view(50, 50, "over")), [[0, 10], [20, 30], [40, 50]]);
});

Deno.test("`MatchQueue` drops what `verify` drops, and asks it once", () => {
  let calls = 0;
  const queue = new MatchQueue();
  const verify = () => {
    calls++;
    return "drop" as const;
  };
  queue.add(match(0, 10, { ...RULE, verify }));
  assert.deepEqual(spans(queue, view(10, 20)), []);
  assert.deepEqual(spans(queue, view(100, 100)), []);
  assert.deepEqual(spans(queue, view(100, 100, "over")), []);
  assert.equal(calls, 1);
});

Deno.test("`MatchQueue` compares 20,000 matches with their neighbours only", () => {
  let comparisons = 0;
  const counted: Rule = Object.defineProperty({ ...RULE }, "type", {
    get: () => {
      comparisons++;
      return "EXFIL";
    },
  });
  const long: Rule = { ...counted, pattern: "long", severity: "low" };
  const count = 20_000;
  const queue = new MatchQueue();
  queue.add(match(0, 3 * count, long));
  for (let index = 0; index < count; index++) queue.add(match(3 * index, 3 * index + 3, counted));
  assert.equal(queue.take(view(3 * count, 3 * count, "over")).length, count);
  assert.ok(comparisons <= 8 * count, `${comparisons} looks at a rule's type`);
});
