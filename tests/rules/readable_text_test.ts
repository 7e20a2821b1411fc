import assert from "node:assert/strict";
import { HIDDEN_UNICODE_RULES } from "../../src/rules/hidden_unicode_rules.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanBytes } from "../../src/scan/scanner.ts";

const RULES = compileRules(HIDDEN_UNICODE_RULES);
const encoder = new TextEncoder();
const OVERRIDE = encoder.encode("photo\u202Egpj.exe");

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Bytes without a pattern, the same ones each time (xorshift). */
function noise(length: number): Uint8Array {
  let state = 0x12345678;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 11;
  });
}

function isFound(bytes: Uint8Array): boolean {
  return scanBytes(RULES, bytes, { direction: "outbound" }).length > 0;
}

const CASES: readonly (readonly [reason: string, bytes: Uint8Array, expected: boolean])[] = [
  ["nothing around it", OVERRIDE, true],
  ["text around it", joined(encoder.encode("see ".repeat(40)), OVERRIDE), true],
  [
    "characters of three bytes, cut by the edges",
    joined(encoder.encode("\u4E2D".repeat(50)), OVERRIDE, encoder.encode("\u4E2D".repeat(50))),
    true,
  ],
  [
    "a byte of no character, which hides nothing",
    joined(encoder.encode("name: "), Uint8Array.of(0xff), OVERRIDE),
    true,
  ],
  [
    "control characters",
    joined(new Uint8Array(64), encoder.encode("\u202E"), new Uint8Array(64)),
    false,
  ],
  ["noise", joined(noise(64), encoder.encode("\u202E"), noise(64)), false],
];

for (const [reason, bytes, expected] of CASES) {
  Deno.test(`\`inReadableText()\`: ${reason}`, () => {
    assert.equal(isFound(bytes), expected);
  });
}

Deno.test("a megabyte of noise holds no hidden text", () => {
  assert.equal(isFound(noise(1_000_000)), false);
});
