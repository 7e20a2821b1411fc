import assert from "node:assert/strict";
import { newCounters } from "../../src/proxy/counters.ts";
import { type CollectedEvidence, Evidence } from "../../src/proxy/evidence.ts";
import type { RequestRecord } from "../../src/threats/request_log.ts";
import type { Threat } from "../../src/threats/threat.ts";
import { waitFor } from "../support/wait_for.ts";

const THREAT = { pattern: "ai_api_key" } as Threat;
const RECORD = { id: "1" } as RequestRecord;

/** Evidence, and the batches it has posted. */
function collected() {
  const counters = newCounters();
  const batches: CollectedEvidence[] = [];
  const evidence = new Evidence(counters, (batch) => batches.push(batch));
  const count = (kind: "threats" | "records") =>
    batches.reduce((sum, batch) => sum + batch[kind].length, 0);
  return { counters, batches, evidence, count };
}

Deno.test("threats of one turn go together, before the next turn", async () => {
  const { batches, evidence } = collected();
  evidence.addThreat(THREAT);
  evidence.addThreat(THREAT);
  assert.equal(batches.length, 0);
  await Promise.resolve();
  assert.deepEqual(batches.map(({ threats }) => threats.length), [2]);
  evidence[Symbol.dispose]();
});

Deno.test("records wait for one another, and go with a threat", async () => {
  const { batches, evidence, count } = collected();
  for (let index = 0; index < 3; index++) evidence.addRecord(RECORD);
  assert.equal(batches.length, 0);
  await waitFor(() => batches.length > 0, { what: "the batch" });
  assert.equal(count("records"), 3);
  evidence.addRecord(RECORD);
  evidence.addThreat(THREAT);
  await Promise.resolve();
  assert.deepEqual([batches.length, count("records"), count("threats")], [2, 4, 1]);
  evidence[Symbol.dispose]();
});

Deno.test("512 records do not wait", () => {
  const { evidence, count } = collected();
  for (let index = 0; index < 512; index++) evidence.addRecord(RECORD);
  assert.equal(count("records"), 512);
  evidence[Symbol.dispose]();
});

Deno.test("a monitor that is behind gets no more records: they are dropped and counted", async () => {
  const { counters, evidence, count, batches } = collected();
  for (let index = 0; index < 40_000; index++) evidence.addRecord(RECORD);
  assert.equal(count("records"), 32 * 512);
  assert.equal(counters.droppedRequestRecords, 40_000 - 33 * 512);
  // Neither time nor the heartbeat makes it more.
  evidence.flush();
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal(batches.length, 32);
  evidence.taken();
  await waitFor(() => count("records") === 33 * 512, { what: "the batch that waited" });
  evidence[Symbol.dispose]();
});

Deno.test("threats are never dropped, however far behind the monitor is", async () => {
  const { evidence, count } = collected();
  for (let index = 0; index < 40_000; index++) evidence.addRecord(RECORD);
  const before = count("records");
  for (let index = 0; index < 1_000; index++) {
    evidence.addThreat(THREAT);
    await Promise.resolve();
  }
  assert.equal(count("threats"), 1_000);
  assert.equal(count("records"), before);
  evidence[Symbol.dispose]();
  assert.equal(count("records"), before + 512);
});

Deno.test("each batch says how the counters stand then", () => {
  const { counters, batches, evidence } = collected();
  evidence.flush();
  counters.requests = 5;
  evidence.flush();
  assert.deepEqual(batches.map(({ counters }) => counters.requests), [0, 5]);
  evidence[Symbol.dispose]();
});
