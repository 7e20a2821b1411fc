/** What one event of each API adds to which block; whole answers are llm_stream_test's. */
import assert from "node:assert/strict";
import { llmDeltas } from "../../src/scan/llm_delta.ts";

const text = (value: string, index = 0) => ({ type: "text", kind: "text", index, text: value });
const input = (value: string, index = 0) => ({
  type: "text",
  kind: "tool_use",
  index,
  text: value,
});
const named = (tool: string, index = 0) => ({ type: "named", kind: "tool_use", index, tool });
const ended = (index = 0) => ({ type: "ended", kind: "tool_use", index });
const ALL_ENDED = { type: "all_ended" };

/** Reason, event, what it does. */
const EVENTS: readonly (readonly [string, unknown, readonly unknown[]])[] = [
  ["Anthropic, a block with its input", {
    type: "content_block_start",
    index: 1,
    content_block: { type: "server_tool_use", name: "web_search", input: { query: "x" } },
  }, [named("web_search", 1), input('{"query":"x"}', 1)]],
  ["Anthropic, the end", { type: "message_stop" }, [ALL_ENDED]],
  ["OpenAI, two choices", {
    choices: [{ index: 0, delta: { content: "a" } }, { index: 1, delta: { refusal: "b" } }],
  }, [text("a"), text("b", 1)]],
  ["OpenAI, two calls", {
    choices: [{
      delta: {
        tool_calls: [{ index: 0, function: { name: "f", arguments: "{" } }, {
          index: 1,
          function: { arguments: "}" },
        }],
      },
    }],
  }, [named("f"), input("{"), input("}", 1)]],
  ["OpenAI, the form before tools", {
    choices: [{ index: 0, delta: { function_call: { name: "f", arguments: "{}" } } }],
  }, [named("f"), input("{}")]],
  ["OpenAI, the form before chats", { choices: [{ text: "a", index: 0 }] }, [text("a")]],
  ["OpenAI, reasoning of imitators", { choices: [{ delta: { reasoning_content: "a" } }] }, [
    { ...text("a"), kind: "thinking" },
  ]],
  ["OpenAI, the end", { choices: [{ delta: {}, finish_reason: "tool_calls" }] }, [ALL_ENDED]],
  ["Responses, code", {
    type: "response.code_interpreter_call_code.delta",
    output_index: 2,
    delta: "x",
  }, [input("x", 2)]],
  ["Responses, the end of arguments", {
    type: "response.function_call_arguments.done",
    output_index: 2,
    arguments: "{}",
  }, [ended(2)]],
  ["Responses, a recap", { type: "response.completed", response: {} }, [ALL_ENDED]],
  ["Gemini, a call", {
    candidates: [{
      content: { parts: [{ functionCall: { name: "run", args: { a: 1 } } }] },
      finishReason: "STOP",
    }],
  }, [named("run"), input('{"a":1}'), ended(), ALL_ENDED]],
  ["Gemini, a thought", { candidates: [{ content: { parts: [{ text: "a", thought: true }] } }] }, [
    { ...text("a"), kind: "thinking" },
  ]],
  ["Ollama, a call", {
    done: true,
    message: { content: "", tool_calls: [{ function: { name: "run", arguments: { a: 1 } } }] },
  }, [named("run"), input('{"a":1}'), ended(), ALL_ENDED]],
  ["an answer in one piece", { type: "message", content: [{ type: "text", text: "a" }] }, []],
  ["no object", [], []],
  ["nothing", undefined, []],
  ["null", null, []],
];

for (const [reason, event, deltas] of EVENTS) {
  Deno.test(`\`llmDeltas()\` reads ${reason}`, () => assert.deepEqual(llmDeltas(event), deltas));
}

Deno.test("`llmDeltas()` reads no more of one event than a limit", () => {
  const choices = Array.from({ length: 1_000 }, (_, index) => ({ index, text: "a" }));
  assert.equal(llmDeltas({ choices }).length, 64);
});
