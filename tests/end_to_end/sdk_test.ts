/** The SDKs of AI providers stream through the proxy from an origin that speaks their wire format. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { hasProgram } from "../support/has_program.ts";
import { type ProgramResult, runProgram } from "../support/run_program.ts";
import { anthropicKey, openAiKey } from "../support/sample_secrets.ts";
import type { OriginAnswer, RecordedRequest } from "../support/start_origin.ts";
import { SCHEMES, startWorld, type World } from "../support/start_world.ts";

const WORDS = ["A streamed ", "answer, ", "word by ", "word."];
const TEXT = WORDS.join("");
const DANGEROUS_WORDS = ["Clean it: ", "rm -r", "f / ", "--no-preserve", "-root", " and done."];

/** Frames events as Anthropic's Messages API does, each named by its type. */
async function* anthropicEvents(words: readonly string[]): AsyncGenerator<string> {
  const message = {
    ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-test", content: [] },
    ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } },
  };
  const events = [
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...words.map((text) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text },
    })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 4 } },
    { type: "message_stop" },
  ];
  for (const event of events) {
    yield `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    await nextTurn();
  }
}

/** Frames chunks as OpenAI's Chat Completions API does. */
async function* openAiEvents(words: readonly string[]): AsyncGenerator<string> {
  for (const content of words) {
    const choices = [{ index: 0, delta: { content }, finish_reason: null }];
    const chunk = { id: "c1", object: "chat.completion.chunk", created: 1, model: "test", choices };
    yield `data: ${JSON.stringify(chunk)}\n\n`;
    await nextTurn();
  }
  yield "data: [DONE]\n\n";
}

/** Lets each event be a write of its own. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

function answer({ target, headers }: RecordedRequest): OriginAnswer {
  const words = target.startsWith("/danger") ? DANGEROUS_WORDS : WORDS;
  const isAnthropic = headers.some(([name]) => name.toLowerCase() === "anthropic-version");
  return {
    headers: { "content-type": "text/event-stream" },
    body: isAnthropic ? anthropicEvents(words) : openAiEvents(words),
  };
}

const PROVIDERS = [
  { name: "anthropic", key: anthropicKey(51) },
  { name: "openai", key: openAiKey("proj", 52) },
] as const;

function ask(world: World, name: string, baseUrl: string, key: string): Promise<ProgramResult> {
  const script = fileURLToPath(new URL("./sdk_client.ts", import.meta.url));
  const args = ["run", "-q", "-A", "--no-check", "--cached-only", script, name, baseUrl, key];
  return runProgram(Deno.execPath(), args, { env: { ...world.clientEnv, NO_COLOR: "1" } });
}

Deno.test({
  name: "the SDKs of Anthropic and OpenAI stream through the proxy, over HTTP and HTTPS",
  ignore: !hasProgram("openssl"),
  async fn(t) {
    await using world = await startWorld({ answer });
    for (const scheme of SCHEMES) {
      for (const { name, key } of PROVIDERS) {
        await t.step(`${name}, ${scheme}`, async () => {
          const url = world.origins[scheme].url(`/${name}`);
          const { code, stdout, stderr } = await ask(world, name, url, key);
          assert.equal(stdout, TEXT, stderr);
          assert.equal(code, 0, stderr);
          const { threats } = await world.evidence(`${world.origins[scheme].authority}/${name}/`);
          assert.equal(threats.length, 1, "the key, on its way to a host that is not its home");
          assert.match(threats[0]!.location, /^header:(x-api-key|authorization)$/);
        });
      }
    }
  },
});

Deno.test({
  name:
    "block mode cuts a streamed answer whose words together are a command; the SDKs see an error",
  ignore: !hasProgram("openssl"),
  async fn(t) {
    const config = { mode: "block", homes: { ai_api_key: ["127.0.0.1"] } };
    await using world = await startWorld({ answer, config });
    for (const { name, key } of PROVIDERS) {
      await t.step(name, async () => {
        const url = world.origins.https.url(`/danger-${name}`);
        const { code, stdout, stderr } = await ask(world, name, url, key);
        assert.notEqual(code, 0, stdout);
        assert.ok(!stdout.includes("-root"), stdout);
        assert.match(stderr, /destructive_rm/, "the SDK's error says what was stopped");
      });
    }
  },
});
