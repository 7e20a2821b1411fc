import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { readThreats } from "../../src/threats/read_threats.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { sampleThreat } from "./sample.ts";

const line = (id: string, snippet = "x") =>
  JSON.stringify(sampleThreat({ request_id: id, snippet }));

async function read(text: string, limit: number, filter: { pattern?: string } = {}) {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "threats.jsonl");
  await Deno.writeTextFile(path, text);
  const { threats, skipped } = await readThreats(path, { limit, ...filter });
  return { ids: threats.map(({ request_id }) => request_id), skipped };
}

const ROWS: readonly {
  reason: string;
  text: string;
  limit: number;
  ids: readonly string[];
  skipped?: number;
}[] = [
  { reason: "an empty file", text: "", limit: 5, ids: [] },
  {
    reason: "fewer than the limit",
    text: `${line("1")}\n${line("2")}\n`,
    limit: 5,
    ids: ["2", "1"],
  },
  { reason: "more than the limit", text: `${line("1")}\n${line("2")}\n`, limit: 1, ids: ["2"] },
  { reason: "a limit of 0", text: `${line("1")}\n`, limit: 0, ids: [] },
  {
    reason: "no newline at the end",
    text: `${line("1")}\n${line("2")}`,
    limit: 5,
    ids: ["2", "1"],
  },
  {
    reason: "a torn last line",
    text: `${line("1")}\n${line("2").slice(0, 50)}`,
    limit: 5,
    ids: ["1"],
    skipped: 1,
  },
  {
    reason: "a torn line in the middle, and empty ones",
    text: `\n${line("1")}\n\n${line("2").slice(0, 50)}\n${line("3")}\n\n`,
    limit: 5,
    ids: ["3", "1"],
    skipped: 1,
  },
  {
    reason: "lines longer than a block",
    text: `${line("1", "y".repeat(200_000))}\n${line("2", "é".repeat(100_000))}\n`,
    limit: 5,
    ids: ["2", "1"],
  },
];

for (const { reason, text, limit, ids, skipped = 0 } of ROWS) {
  Deno.test(`\`readThreats()\` reads ${reason}`, async () => {
    assert.deepEqual(await read(text, limit), { ids, skipped });
  });
}

Deno.test("`readThreats()` filters before it limits", async () => {
  const other = JSON.stringify(sampleThreat({ pattern: "other", request_id: "9" }));
  const text = `${line("1")}\n${line("2")}\n${other}\n${other}\n`;
  assert.deepEqual(await read(text, 1, { pattern: "ai_api_key" }), { ids: ["2"], skipped: 0 });
});

Deno.test("`readThreats()` takes a file that is not there for an empty one", async () => {
  assert.deepEqual(await readThreats("/nowhere/threats.jsonl", { limit: 5 }), {
    threats: [],
    skipped: 0,
  });
});

Deno.test("`readThreats()` says that it cannot read", async () => {
  await using directory = await temporaryDirectory();
  await assert.rejects(readThreats(directory.path, { limit: 5 }));
});

/** Wherever the blocks end, the lines are those of the file in reverse. */
Deno.test("`readThreats()` does not depend on where its blocks end", async () => {
  const lengths = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 60_000, max: 70_000 })), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(lengths, async (snippets) => {
      const lines = snippets.map((length, index) => line(`${index}`, "é".repeat(length)));
      const { ids, skipped } = await read(lines.join("\n"), 100);
      assert.deepEqual(ids, snippets.map((_, index) => `${index}`).reverse());
      assert.equal(skipped, 0);
    }),
    { numRuns: 50 },
  );
});

Deno.test("`readThreats()` reads only the end of a large file", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "threats.jsonl");
  // A hole of one gigabyte takes no room; reading through it would take seconds.
  await Deno.writeTextFile(path, "\n");
  await Deno.truncate(path, 1_000_000_000);
  await Deno.writeTextFile(path, `\n${`${line("1")}\n`.repeat(10)}`, { append: true });
  const startMs = performance.now();
  const { threats } = await readThreats(path, { limit: 5 });
  const tookMs = performance.now() - startMs;
  assert.equal(threats.length, 5);
  assert.ok(tookMs <= 100, `it took ${tookMs} ms`);
});
