import assert from "node:assert/strict";
import { join } from "node:path";
import { RequestLog, type RequestRecord } from "../../src/threats/request_log.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { waitFor } from "../support/wait_for.ts";

function record(id: string): RequestRecord {
  return {
    time: "2026-02-19T13:41:59.587248+00:00",
    id,
    client: "127.0.0.1",
    protocol: "https",
    method: "GET",
    url: "https://a.example/",
    host: "a.example:443",
    status: 200,
    bytes_out: 0,
    bytes_in: 5,
    ms: 1.5,
    intercepted: true,
    threats: 0,
  };
}

function idsIn(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line).id);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

const noFailure = { onFailure: (error: Error) => assert.fail(error) };

Deno.test("`RequestLog` writes records after its delay, in one batch", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "requests.jsonl");
  using log = new RequestLog(path, { ...noFailure, maxDelayMs: 1 });
  log.add(record("1"));
  log.add(record("2"));
  assert.deepEqual(idsIn(path), [], "not before the delay");
  const ids = await waitFor(() => idsIn(path).length > 0 && idsIn(path), { what: "the batch" });
  assert.deepEqual(ids, ["1", "2"]);
});

Deno.test("`RequestLog` writes a full batch at once, and the rest when closed", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "requests.jsonl");
  const ids = Array.from({ length: 300 }, (_, index) => `${index}`);
  {
    using log = new RequestLog(path, { ...noFailure, maxDelayMs: 3_600_000 });
    for (const id of ids) log.add(record(id));
    assert.equal(idsIn(path).length, 256);
  }
  assert.deepEqual(idsIn(path), ids);
});

Deno.test("`RequestLog` rotates and keeps three files", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "requests.jsonl");
  const lineBytes = JSON.stringify(record("0")).length + 1;
  using log = new RequestLog(path, { ...noFailure, maxFileBytes: 2 * lineBytes });
  for (const id of "0123456789") {
    log.add(record(id));
    log.flush();
  }
  assert.deepEqual([path, `${path}.1`, `${path}.2`, `${path}.3`].map(idsIn), [
    ["8", "9"],
    ["6", "7"],
    ["4", "5"],
    [],
  ]);
});

Deno.test("`RequestLog` drops and counts what the disk does not take, and reports once", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "log", "requests.jsonl");
  const failures: Error[] = [];
  using log = new RequestLog(path, { onFailure: (error) => void failures.push(error) });
  for (const id of ["1", "2"]) {
    log.add(record(id));
    log.flush();
  }
  assert.equal(log.dropped, 2);
  assert.equal(failures.length, 1);
  Deno.mkdirSync(join(directory.path, "log"));
  log.add(record("3"));
  log.flush();
  assert.deepEqual(idsIn(path), ["3"]);
  assert.equal(log.dropped, 2);
});
