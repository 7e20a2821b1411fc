/** `askControl()` against servers that are absent, silent, or talk nonsense. */
import assert from "node:assert/strict";
import { askControl, type AskControlOptions } from "../../src/control/control_client.ts";
import { MAX_ANSWER_BYTES } from "../../src/control/control_protocol.ts";

/** Serves one connection: reads the request, then writes `reply` and, if so told, hangs up. */
async function askScripted(
  reply: string,
  options: AskControlOptions & { readonly command?: "status" | "stop"; readonly end: boolean },
): Promise<unknown> {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/control.sock`;
  using listener = Deno.listen({ transport: "unix", path });
  const asked = Promise.allSettled([askControl(path, options.command ?? "status", options)]);
  using connection = await listener.accept();
  await connection.read(new Uint8Array(99));
  // The client may have hung up before it was written whole.
  await writeAll(connection, reply).catch(() => undefined);
  if (options.end) connection.close();
  const [outcome] = await asked;
  await Deno.remove(directory, { recursive: true });
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

async function writeAll(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

Deno.test("`askControl()` says that nothing runs", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/control.sock`;
  await assert.rejects(askControl(path, "status"), {
    name: "NotRunningError",
    message: `Cannot reach monitor on "${path}": none is running there`,
  });
  await Deno.remove(directory);
});

Deno.test("`askControl()` rejects what is no answer", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["the end", ""],
    ["half an answer, then the end", '{"ok":true,"command":"sta'],
    ["no JSON", "hello\n"],
    ["an answer to another command", '{"ok":true,"command":"stop"}\n'],
    ["status without a status", '{"ok":true,"command":"status"}\n'],
    ["a refusal without a reason", '{"ok":false}\n'],
  ];
  for (const [reason, reply] of cases) {
    await t.step(reason, () =>
      assert.rejects(
        askScripted(reply, { end: true }),
        /^Error: Cannot read answer on ".*": it is none to "status"$/,
      ));
  }
});

Deno.test("`askControl()` gives up on an answer without end", async () => {
  await assert.rejects(
    askScripted("x".repeat(MAX_ANSWER_BYTES + 1), { end: false }),
    /^RangeError: Cannot read line: it is longer than/,
  );
});

Deno.test("`askControl()` gives up on a monitor that does not answer", async () => {
  await assert.rejects(askScripted("", { end: false, timeoutMs: 1 }), {
    name: "TimedOut",
    message: "Cannot wait for monitor: no answer within 0.001 s",
  });
});

Deno.test("`askControl()` waits for the end where it is told to", async () => {
  const stopped = '{"ok":true,"command":"stop"}\n';
  const command = "stop";
  const answer = { ok: true, command };
  const options = { command, closeTimeoutMs: 60_000 } as const;
  assert.deepEqual(await askScripted(stopped, { ...options, end: true }), answer);
  await assert.rejects(
    askScripted(stopped, { command, closeTimeoutMs: 1, end: false }),
    Deno.errors.TimedOut,
  );
});
