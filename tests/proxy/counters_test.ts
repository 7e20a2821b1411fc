import assert from "node:assert/strict";
import { newCounters, sumCounters } from "../../src/proxy/counters.ts";

Deno.test("`newCounters()` stand at zero, and each call makes its own", () => {
  const counters = newCounters();
  counters.requests++;
  assert.ok(Object.values(newCounters()).every((value) => value === 0));
});

Deno.test("`sumCounters()` adds up every counter of every worker", () => {
  const names = Object.keys(newCounters()) as (keyof ReturnType<typeof newCounters>)[];
  const workers = [newCounters(), newCounters(), newCounters()];
  names.forEach((name, at) => workers.forEach((worker, index) => worker[name] = at * 10 ** index));
  const sum = sumCounters(workers);
  names.forEach((name, at) => assert.equal(sum[name], at * 111, name));
  assert.deepEqual(sumCounters([]), newCounters());
});
