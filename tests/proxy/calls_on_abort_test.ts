import assert from "node:assert/strict";
import { callsOnAbort } from "../../src/proxy/calls_on_abort.ts";

Deno.test("`callsOnAbort()` calls what was added and not deleted, once", () => {
  const controller = new AbortController();
  const called: string[] = [];
  const calls = callsOnAbort(controller.signal);
  const deleted = () => called.push("deleted");
  const last = () => called.push("last");
  calls.add(() => {
    called.push("first");
    calls.delete(last);
  });
  calls.add(deleted).add(last).delete(deleted);
  assert.equal(callsOnAbort(controller.signal), calls);
  assert.deepEqual(called, []);
  controller.abort();
  controller.abort();
  assert.deepEqual(called, ["first", "last"]);
});

Deno.test("`callsOnAbort()` keeps signals apart", () => {
  const controllers = [new AbortController(), new AbortController()] as const;
  const called: number[] = [];
  for (const [index, { signal }] of controllers.entries()) {
    callsOnAbort(signal).add(() => called.push(index));
  }
  controllers[1].abort();
  assert.deepEqual(called, [1]);
});
