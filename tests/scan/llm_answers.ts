/** Answers of language models as their APIs stream them, with a text cut into deltas of a few characters. */

/** One API's way to stream. */
export interface AnswerShape {
  readonly name: string;
  readonly contentType: string;
  /** The whole answer; `part` in a finding of it. */
  readonly part: string;
  /** `pieces`, joined, are the text, or the arguments of a call of the tool `bash`. */
  readonly write: (pieces: readonly string[]) => string;
}

const sse = (events: readonly unknown[]) =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const anthropic = (events: readonly { readonly type: string }[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
const lines = (events: readonly unknown[]) =>
  events.map((event) => `${JSON.stringify(event)}\n`).join("");

/** Cuts a text into pieces of so many characters. */
export function inPieces(text: string, size: number): readonly string[] {
  return Array.from(
    { length: Math.ceil(text.length / size) },
    (_, index) => text.slice(index * size, (index + 1) * size),
  );
}

/** Every shape; those of calls take JSON. */
export const ANSWER_SHAPES: readonly AnswerShape[] = [
  {
    name: "Anthropic text",
    contentType: "text/event-stream; charset=utf-8",
    part: "sse:text[0]",
    write: (pieces) =>
      anthropic([
        { type: "message_start", message: { role: "assistant", content: [] } } as { type: string },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as {
          type: string;
        },
        ...pieces.map((text) => ({
          type: "content_block_delta",
          index: 0,
          delta: { type: "text_delta", text },
        })),
        { type: "content_block_stop", index: 0 } as { type: string },
        { type: "message_stop" },
      ]),
  },
  {
    name: "Anthropic tool use",
    contentType: "text/event-stream",
    part: "sse:tool_use[1].input(bash)",
    write: (pieces) =>
      anthropic([
        {
          type: "content_block_start",
          index: 1,
          content_block: { type: "tool_use", id: "toolu_1", name: "bash", input: {} },
        } as { type: string },
        { type: "ping" },
        ...pieces.map((partial_json) => ({
          type: "content_block_delta",
          index: 1,
          delta: { type: "input_json_delta", partial_json },
        })),
        { type: "content_block_stop", index: 1 } as { type: string },
      ]),
  },
  {
    name: "Anthropic thinking",
    contentType: "text/event-stream",
    part: "sse:thinking[0]",
    write: (pieces) =>
      anthropic(pieces.map((thinking) => ({
        type: "content_block_delta",
        index: 0,
        delta: { type: "thinking_delta", thinking },
      }))),
  },
  {
    name: "OpenAI chat text",
    contentType: "text/event-stream",
    part: "sse:text[0]",
    write: (pieces) =>
      sse([
        ...pieces.map((content) => ({
          object: "chat.completion.chunk",
          choices: [{ index: 0, delta: { content }, finish_reason: null }],
        })),
        { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
      ]) + "data: [DONE]\n\n",
  },
  {
    name: "OpenAI chat tool call",
    contentType: "text/event-stream",
    part: "sse:tool_use[2].input(bash)",
    write: (pieces) =>
      sse(["", ...pieces].map((part, at) => ({
        choices: [{
          index: 0,
          delta: {
            tool_calls: [{
              index: 2,
              ...(at === 0 ? { id: "call_1", type: "function" } : {}),
              function: { ...(at === 0 ? { name: "bash" } : {}), arguments: part },
            }],
          },
        }],
      }))),
  },
  {
    name: "OpenAI Responses text",
    contentType: "text/event-stream",
    part: "sse:text[0]",
    write: (pieces) =>
      sse(pieces.map((delta) => ({
        type: "response.output_text.delta",
        output_index: 0,
        content_index: 0,
        delta,
      }))),
  },
  {
    name: "OpenAI Responses function call",
    contentType: "text/event-stream",
    part: "sse:tool_use[3].input(bash)",
    write: (pieces) =>
      sse([
        {
          type: "response.output_item.added",
          output_index: 3,
          item: { type: "function_call", name: "bash", arguments: "" },
        },
        ...pieces.map((delta) => ({
          type: "response.function_call_arguments.delta",
          output_index: 3,
          delta,
        })),
      ]),
  },
  {
    name: "Gemini with alt=sse",
    contentType: "text/event-stream",
    part: "sse:text[0]",
    write: (pieces) =>
      sse(
        pieces.map((text) => ({ candidates: [{ content: { parts: [{ text }], role: "model" } }] })),
      ),
  },
  {
    name: "Gemini as an array",
    contentType: "application/json; charset=UTF-8",
    part: "json:text[0]",
    write: (pieces) =>
      `[${
        pieces.map((text) =>
          JSON.stringify(
            { candidates: [{ content: { parts: [{ text }] }, index: 0 }] },
            undefined,
            2,
          )
        ).join(",\r\n")
      }]`,
  },
  {
    name: "Ollama chat",
    contentType: "application/x-ndjson",
    part: "json:text[0]",
    write: (pieces) =>
      lines([
        ...pieces.map((content) => ({
          model: "llama3",
          message: { role: "assistant", content },
          done: false,
        })),
        { model: "llama3", message: { content: "" }, done: true },
      ]),
  },
  {
    name: "Ollama generate",
    contentType: "application/x-ndjson",
    part: "json:text[0]",
    write: (pieces) => lines(pieces.map((response) => ({ model: "m", response, done: false }))),
  },
];
