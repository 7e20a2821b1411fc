/** Asks a provider's SDK for a streamed answer and prints its text: `anthropic|openai`, base URL, key. */
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const [provider, baseURL = "", apiKey = ""] = Deno.args;
const messages = [{ role: "user" as const, content: "Say something." }];
const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));

if (provider === "anthropic") {
  const client = new Anthropic({ apiKey, baseURL, maxRetries: 0 });
  const stream = client.messages.stream({ model: "claude-test", max_tokens: 100, messages });
  stream.on("text", print);
  await stream.finalMessage();
} else {
  const client = new OpenAI({ apiKey, baseURL: `${baseURL}/v1`, maxRetries: 0 });
  const stream = await client.chat.completions.create({ model: "test", messages, stream: true });
  for await (const { choices } of stream) print(choices[0]?.delta.content ?? "");
}
