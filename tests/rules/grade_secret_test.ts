import assert from "node:assert/strict";
import { gradeSecret } from "../../src/rules/grade_secret.ts";
import type { Verdict } from "../../src/scan/rule.ts";

const RANDOM = "kT9vQ2mZx71LkWv4sBd8RfUp";
const COUNTED = "1234567890abcdef1234567890abcdef";

function graded(secret: string, options: Omit<Parameters<typeof gradeSecret>[0], "severity"> = {}) {
  const match = { text: secret, secret, groups: {}, before: "", after: "" };
  return gradeSecret({ severity: "high", ...options })(match);
}

const ROWS: readonly (readonly [reason: string, verdict: Verdict, expected: Verdict])[] = [
  ["keeps what nothing speaks against", graded(RANDOM), "high"],
  ["notes a stand-in", graded("your-api-key-goes-here-1"), "info"],
  ["notes a text of x", graded("sk-xxxxxxxxxxxxxxxx"), "info"],
  ["notes a counted text", graded(COUNTED), "info"],
  ["caps a counted text of a known form", graded(COUNTED, { counted: "medium" }), "medium"],
  ["never raises a counted text", graded(COUNTED, { counted: "critical" }), "high"],
  [
    "caps what is typed in short runs where the form is in doubt",
    graded("abc123xyz-456de-klMnop-3456yza789", { handTyped: "low" }),
    "low",
  ],
  ["keeps a random text where the form is in doubt", graded(RANDOM, { handTyped: "low" }), "high"],
  ["drops what is too regular", graded("abcxabcxabcyabcy12", { minEntropy: 3 }), "drop"],
  ["drops what lacks a digit", graded("onlyLettersHereForYou", { needs: /[0-9]/ }), "drop"],
  ["raises for a right checksum", graded(RANDOM, { checksum: () => true }), "critical"],
  ["keeps a wrong checksum", graded(RANDOM, { checksum: () => false }), "high"],
];

for (const [reason, verdict, expected] of ROWS) {
  Deno.test(`\`gradeSecret()\` ${reason}`, () => {
    assert.equal(verdict, expected);
  });
}
