import assert from "node:assert/strict";
import { join } from "node:path";
import { followThreats } from "../../src/threats/follow_threats.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { sampleThreat } from "./sample.ts";

const line = (id: string, fields = {}) =>
  `${JSON.stringify(sampleThreat({ request_id: id, ...fields }))}\n`;

interface Following {
  readonly path: string;
  readonly append: (text: string) => void;
  /** The id of the next threat. */
  readonly next: () => Promise<string>;
}

/** Follows a file that begins with `text`, or is not there. */
async function follow(
  text: string | undefined,
  act: (following: Following) => Promise<void>,
  filter: { pattern?: string } = {},
): Promise<void> {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "threats.jsonl");
  if (text !== undefined) Deno.writeTextFileSync(path, text);
  const stop = new AbortController();
  const following = followThreats(path, { signal: stop.signal, pollIntervalMs: 1, ...filter });
  try {
    await act({
      path,
      append: (more) => Deno.writeTextFileSync(path, more, { append: true }),
      next: async () => {
        const { value } = await following.next();
        return value?.request_id ?? "the end";
      },
    });
  } finally {
    stop.abort();
    assert.deepEqual(await following.next(), { done: true, value: undefined });
  }
}

Deno.test("`followThreats()` yields what is written from the call on", () =>
  follow(line("old"), async ({ append, next }) => {
    append(line("1") + line("2"));
    assert.equal(await next(), "1");
    assert.equal(await next(), "2");
    const waiting = next();
    append(line("3"));
    assert.equal(await waiting, "3");
  }));

Deno.test("`followThreats()` waits for a file that is not there yet", () =>
  follow(undefined, async ({ append, next }) => {
    const waiting = next();
    append(line("1"));
    assert.equal(await waiting, "1");
  }));

Deno.test("`followThreats()` waits for the end of a line, and skips one that is torn", () =>
  follow("", async ({ append, next }) => {
    const whole = line("é");
    const waiting = next();
    append(whole.slice(0, 40));
    append(whole.slice(40));
    assert.equal(await waiting, "é");
    append(`{"torn\n${line("2")}`);
    assert.equal(await next(), "2");
  }));

Deno.test("`followThreats()` reads the rest of a file rotated away, then the new one", () =>
  follow("", async ({ path, append, next }) => {
    append(line("1"));
    assert.equal(await next(), "1");
    append(line("2"));
    Deno.renameSync(path, `${path}.1`);
    append(line("3"));
    assert.equal(await next(), "2");
    assert.equal(await next(), "3");
  }));

Deno.test("`followThreats()` begins again where the file is truncated or deleted", () =>
  follow(line("old").repeat(3), async ({ path, append, next }) => {
    Deno.truncateSync(path);
    append(line("1"));
    assert.equal(await next(), "1");
    Deno.removeSync(path);
    const waiting = next();
    append(line("2"));
    assert.equal(await waiting, "2");
  }));

Deno.test("`followThreats()` filters", () =>
  follow("", async ({ append, next }) => {
    append(line("1") + line("2", { pattern: "other" }));
    assert.equal(await next(), "2");
  }, { pattern: "other" }));

Deno.test("`followThreats()` ends while it waits", async () => {
  await using directory = await temporaryDirectory();
  const stop = new AbortController();
  const path = join(directory.path, "threats.jsonl");
  const following = followThreats(path, { signal: stop.signal, pollIntervalMs: 3_600_000 });
  const waiting = following.next();
  stop.abort();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});
