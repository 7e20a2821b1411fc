/** HAR archives, taken apart. */
import assert from "node:assert/strict";
import { harMessages, looksLikeHar } from "../../src/cli/har_messages.ts";

const ENTRY = {
  request: {
    url: "https://API.example.com/x?y=1",
    headers: [{ name: "X-Api-Key", value: "abc" }],
    postData: { mimeType: "application/json", text: '{"a":1}' },
  },
  response: {
    headers: [],
    content: { mimeType: "text/plain", text: "aGk=", encoding: "base64" },
  },
};

Deno.test("`harMessages()` lists heads and bodies with their place, direction and host", () => {
  const messages = harMessages(`\uFEFF${JSON.stringify({ log: { entries: [ENTRY] } })}`);
  const bytes = (text: string) => new TextEncoder().encode(text);
  const request = { place: "entries[0].request", direction: "outbound", host: "api.example.com" };
  const response = { place: "entries[0].response", direction: "inbound", host: "api.example.com" };
  assert.deepEqual(messages, [
    { ...request, kind: "head", target: ENTRY.request.url, headers: [["X-Api-Key", "abc"]] },
    { ...request, kind: "body", bytes: bytes('{"a":1}'), contentType: "application/json" },
    { ...response, kind: "head", target: "", headers: [] },
    { ...response, kind: "body", bytes: bytes("hi"), contentType: "text/plain" },
  ]);
});

Deno.test("`harMessages()` refuses what is no archive", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["no JSON", "{"],
    ["another object", '{"a":1}'],
    ["no entries", '{"log":{}}'],
    ["an entry that is no object", '{"log":{"entries":[1]}}'],
  ];
  for (const [reason, text] of cases) {
    await t.step(reason, () => assert.throws(() => harMessages(text), SyntaxError));
  }
});

Deno.test("`looksLikeHar()` tells an archive by its beginning", () => {
  assert.ok(looksLikeHar('\uFEFF{\n  "log" : {"version":"1.2"'));
  assert.ok(!looksLikeHar('{"logs":{}}'));
  assert.ok(!looksLikeHar("log"));
});
