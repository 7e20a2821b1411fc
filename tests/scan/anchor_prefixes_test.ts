import assert from "node:assert/strict";
import { AnchorPrefixes } from "../../src/scan/anchor_prefixes.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

const PREFIXES = new AnchorPrefixes(["sk-ant-", "sk-", "ghp_", "aab"]);

const ENDS: readonly (readonly [reason: string, text: string, live: string])[] = [
  ["nothing", "plain text.", ""],
  ["one byte", "x s", "s"],
  ["half an anchor", "key sk-an", "sk-an"],
  ["half an anchor in capitals", "key SK-AN", "SK-AN"],
  ["a complete anchor that begins a longer one", "key sk-", "sk-"],
  ["a complete anchor that begins none", "key ghp_", ""],
  ["the longer of two beginnings", "aaa", "aa"],
  ["an anchor broken off", "sk-x", ""],
];

for (const [reason, text, live] of ENDS) {
  Deno.test(`\`AnchorPrefixes\` finds ${reason} at the end of the data`, () => {
    const bytes = bytesOf(text);
    const start = PREFIXES.liveStart(bytes, { floor: 0, end: bytes.length });
    assert.equal(text.slice(start), live);
  });
}

Deno.test("`AnchorPrefixes` looks at nothing below the floor", () => {
  const bytes = bytesOf("sk-an");
  assert.equal(PREFIXES.liveStart(bytes, { floor: 1, end: 5 }), 5);
  assert.equal(PREFIXES.liveStart(bytes, { floor: 5, end: 5 }), 5);
});
