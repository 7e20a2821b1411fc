import assert from "node:assert/strict";
import { join } from "node:path";
import { ThreatLog } from "../../src/threats/threat_log.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { sampleThreat } from "./sample.ts";

const withId = (id: string) => sampleThreat({ request_id: id });

/** A log in a directory that is not there yet: every write fails until it is. */
async function failingLog(
  act: (world: {
    log: ThreatLog;
    repair: () => void;
    ids: () => string[];
    failures: Error[];
    recoveries: number[];
  }) => void,
) {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "log", "threats.jsonl");
  const failures: Error[] = [];
  const recoveries: number[] = [];
  using log = new ThreatLog(path, {
    onFailure: (error) => void failures.push(error),
    onRecovery: (lost) => void recoveries.push(lost),
    maxWaiting: 3,
  });
  const repair = () => Deno.mkdirSync(join(directory.path, "log"));
  const ids = () =>
    Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line).request_id);
  act({ log, repair, ids, failures, recoveries });
}

Deno.test("`ThreatLog` has written what it took when `append` returns", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "threats.jsonl");
  using log = new ThreatLog(path, { onFailure: (error) => assert.fail(error) });
  assert.equal(log.append([withId("1"), withId("2")]), true);
  assert.deepEqual(
    Deno.readTextFileSync(path),
    `${JSON.stringify(withId("1"))}\n${JSON.stringify(withId("2"))}\n`,
  );
  assert.equal(log.append([]), true);
});

Deno.test("`ThreatLog` keeps what the disk refuses and writes it when it can", () =>
  failingLog(({ log, repair, ids, failures, recoveries }) => {
    assert.equal(log.append([withId("1")]), false);
    assert.equal(log.append([withId("2")]), false);
    assert.equal(log.waiting, 2);
    assert.equal(failures.length, 1, "reported once");
    repair();
    assert.equal(log.append([withId("3")]), true);
    assert.deepEqual(ids(), ["1", "2", "3"]);
    assert.deepEqual(recoveries, [0]);
  }));

Deno.test("`ThreatLog` keeps a bounded number, the oldest, and says how many were lost", () =>
  failingLog(({ log, repair, ids, recoveries }) => {
    log.append(["1", "2", "3", "4", "5"].map(withId));
    log.append([withId("6")]);
    assert.equal(log.waiting, 3);
    assert.equal(log.lost, 3);
    repair();
    assert.equal(log.flush(), true);
    assert.deepEqual(ids(), ["1", "2", "3"]);
    assert.deepEqual(recoveries, [3]);
    assert.equal(log.lost, 0);
  }));

Deno.test("`ThreatLog` writes a batch larger than its queue whole", () =>
  failingLog(({ log, repair, ids }) => {
    repair();
    const all = ["1", "2", "3", "4", "5"];
    assert.equal(log.append(all.map(withId)), true);
    assert.deepEqual(ids(), all);
  }));

Deno.test("`ThreatLog` tries once more when it is closed", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "log", "threats.jsonl");
  {
    using log = new ThreatLog(path, { onFailure: () => {} });
    log.append([withId("1")]);
    Deno.mkdirSync(join(directory.path, "log"));
  }
  assert.match(Deno.readTextFileSync(path), /"request_id":"1"/);
});
