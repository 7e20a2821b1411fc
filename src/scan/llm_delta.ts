/**
 * One event of a streamed answer of a language model → the pieces of text it adds to which block.
 *
 * Known shapes: Anthropic Messages, OpenAI Chat Completions (and what imitates it) and Responses,
 * Gemini, Ollama. An event of another shape adds nothing. What an event says of itself isn't
 * trusted further than its text: types are checked, names are cut to what fits a log line.
 */

/** What a block holds. */
export type BlockKind = "text" | "thinking" | "tool_use";

/** Names a block of a message; two of one kind differ in their index. */
export interface BlockName {
  readonly kind: BlockKind;
  /** As the event says; of a Gemini function call, which has none, 0. */
  readonly index: number;
}

/** What an event does to a block. */
export type LlmDelta =
  /** The block, of a tool with this name, has begun. */
  | BlockName & { readonly type: "named"; readonly tool: string }
  | BlockName & { readonly type: "text"; readonly text: string }
  /** The block is complete. */
  | BlockName & { readonly type: "ended" }
  /** Every block is complete. */
  | { readonly type: "all_ended" };

/** More blocks in one event than this are left out. */
const MAX_ITEMS = 64;
const MAX_TOOL_NAME_LENGTH = 64;

type JsonObject = Readonly<Record<string, unknown>>;

/** Reads the event that `value`, parsed JSON, is. */
export function llmDeltas(value: unknown): readonly LlmDelta[] {
  if (!isObject(value)) return [];
  const { type } = value;
  if (typeof type === "string") {
    if (type.startsWith("content_block_")) return anthropicDeltas(value);
    if (type.startsWith("response.")) return responsesDeltas(type, value);
    if (type === "message_stop") return [{ type: "all_ended" }];
  }
  if (Array.isArray(value.choices)) return items(value.choices).flatMap(chatDeltas);
  if (Array.isArray(value.candidates)) return items(value.candidates).flatMap(geminiDeltas);
  return typeof value.done === "boolean" ? ollamaDeltas(value) : [];
}

/** https://docs.anthropic.com/en/docs/build-with-claude/streaming */
function anthropicDeltas(event: JsonObject): readonly LlmDelta[] {
  const index = indexOf(event.index);
  if (event.type === "content_block_stop") {
    return (["text", "thinking", "tool_use"] as const).map((kind) => ({
      type: "ended",
      kind,
      index,
    }));
  }
  const deltas: LlmDelta[] = [];
  const { content_block: block, delta } = event;
  if (isObject(block)) {
    if (typeof block.name === "string") deltas.push(named({ kind: "tool_use", index }, block.name));
    push(deltas, { kind: "text", index }, block.text);
    push(deltas, { kind: "thinking", index }, block.thinking);
    if (isObject(block.input) && Object.keys(block.input).length > 0) {
      push(deltas, { kind: "tool_use", index }, JSON.stringify(block.input));
    }
  }
  if (isObject(delta)) {
    push(deltas, { kind: "text", index }, delta.text);
    push(deltas, { kind: "thinking", index }, delta.thinking);
    push(deltas, { kind: "tool_use", index }, delta.partial_json);
  }
  return deltas;
}

/** https://platform.openai.com/docs/api-reference/chat-streaming; `text`: the older completions. */
function chatDeltas(choice: JsonObject): readonly LlmDelta[] {
  const index = indexOf(choice.index);
  const deltas: LlmDelta[] = [];
  push(deltas, { kind: "text", index }, choice.text);
  const { delta } = choice;
  if (isObject(delta)) {
    push(deltas, { kind: "text", index }, delta.content);
    push(deltas, { kind: "text", index }, delta.refusal);
    push(deltas, { kind: "thinking", index }, delta.reasoning_content);
    push(deltas, { kind: "thinking", index }, delta.reasoning);
    for (const call of items(delta.tool_calls)) {
      pushCall(deltas, { kind: "tool_use", index: indexOf(call.index) }, call.function);
    }
    pushCall(deltas, { kind: "tool_use", index }, delta.function_call);
  }
  if (typeof choice.finish_reason === "string") deltas.push({ type: "all_ended" });
  return deltas;
}

/** By the event's type, what its `delta` is a piece of. */
const RESPONSE_DELTAS: ReadonlyMap<string, BlockKind> = new Map([
  ["response.output_text.delta", "text"],
  ["response.refusal.delta", "text"],
  ["response.reasoning_text.delta", "thinking"],
  ["response.reasoning_summary_text.delta", "thinking"],
  ["response.function_call_arguments.delta", "tool_use"],
  ["response.mcp_call_arguments.delta", "tool_use"],
  ["response.custom_tool_call_input.delta", "tool_use"],
  ["response.code_interpreter_call_code.delta", "tool_use"],
]);

/** https://platform.openai.com/docs/api-reference/responses-streaming */
function responsesDeltas(type: string, event: JsonObject): readonly LlmDelta[] {
  const index = indexOf(event.output_index);
  const kind = RESPONSE_DELTAS.get(type);
  if (kind !== undefined) {
    const deltas: LlmDelta[] = [];
    push(deltas, { kind, index }, event.delta);
    return deltas;
  }
  switch (type) {
    case "response.output_item.added":
      return isObject(event.item) && typeof event.item.name === "string"
        ? [named({ kind: "tool_use", index }, event.item.name)]
        : [];
    case "response.output_text.done":
      return [{ type: "ended", kind: "text", index }];
    case "response.function_call_arguments.done":
      return [{ type: "ended", kind: "tool_use", index }];
    case "response.completed":
    case "response.incomplete":
    case "response.failed":
      return [{ type: "all_ended" }];
    default:
      return [];
  }
}

/** https://ai.google.dev/api/generate-content: a function call comes whole. */
function geminiDeltas(candidate: JsonObject): readonly LlmDelta[] {
  const index = indexOf(candidate.index);
  const deltas: LlmDelta[] = [];
  const parts = isObject(candidate.content) ? items(candidate.content.parts) : [];
  for (const part of parts) {
    push(deltas, { kind: part.thought === true ? "thinking" : "text", index }, part.text);
    const { functionCall: call } = part;
    if (isObject(call)) pushWholeCall(deltas, { kind: "tool_use", index }, call.name, call.args);
  }
  if (typeof candidate.finishReason === "string") deltas.push({ type: "all_ended" });
  return deltas;
}

/** https://github.com/ollama/ollama/blob/main/docs/api.md: a tool call comes whole. */
function ollamaDeltas(event: JsonObject): readonly LlmDelta[] {
  const deltas: LlmDelta[] = [];
  push(deltas, { kind: "text", index: 0 }, event.response);
  push(deltas, { kind: "thinking", index: 0 }, event.thinking);
  const { message } = event;
  if (isObject(message)) {
    push(deltas, { kind: "text", index: 0 }, message.content);
    push(deltas, { kind: "thinking", index: 0 }, message.thinking);
    items(message.tool_calls).forEach((call, index) => {
      if (!isObject(call.function)) return;
      const { name, arguments: input } = call.function;
      pushWholeCall(deltas, { kind: "tool_use", index }, name, input);
    });
  }
  if (event.done === true) deltas.push({ type: "all_ended" });
  return deltas;
}

function push(deltas: LlmDelta[], block: BlockName, text: unknown): void {
  if (typeof text === "string" && text !== "") deltas.push({ type: "text", ...block, text });
}

/** A piece of a call in OpenAI's form: the name comes with the first one. */
function pushCall(deltas: LlmDelta[], block: BlockName, call: unknown): void {
  if (!isObject(call)) return;
  if (typeof call.name === "string" && call.name !== "") deltas.push(named(block, call.name));
  push(deltas, block, call.arguments);
}

function pushWholeCall(deltas: LlmDelta[], block: BlockName, name: unknown, input: unknown): void {
  if (typeof name === "string") deltas.push(named(block, name));
  push(deltas, block, typeof input === "string" ? input : JSON.stringify(input ?? {}));
  deltas.push({ type: "ended", ...block });
}

function named(block: BlockName, name: string): LlmDelta {
  const tool = name.slice(0, MAX_TOOL_NAME_LENGTH).replace(/[^\w.:-]/g, "?");
  return { type: "named", ...block, tool };
}

function items(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.slice(0, MAX_ITEMS).filter(isObject) : [];
}

function indexOf(value: unknown): number {
  return Number.isSafeInteger(value) ? value as number : 0;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
