/** How much a password's look is worth. */
import assert from "node:assert/strict";
import { gradePassword } from "../../src/rules/password_look.ts";
import type { Verdict } from "../../src/scan/rule.ts";

const ROWS: readonly (readonly [look: string, secret: string, verdict: Verdict])[] = [
  ["letters, digits and a sign", "t7Qz-x9w4Lk2", "medium"],
  ["a dollar within", "G7t_lE-k$%", "medium"],
  ["a variable", "$DB_PASSWORD", "info"],
  ["a template", "${env.PASSWORD}", "info"],
  ["an index of a template", "prefix{{value}}", "info"],
  ["a stand-in", "your-password-here", "info"],
  ["a demonstration's", "password123", "info"],
  ["a demonstration's word in more", "MyPassw0rd!9", "low"],
  ["letters alone", "correcthorse", "low"],
  ["too few characters", "t7-q", "low"],
  ["one character again and again", "7a7a7a7a7a7a", "info"],
  ["a path", "/run/secrets/db", "drop"],
  ["a call", "getenv(key)", "drop"],
  ["a property", "settings.value", "drop"],
  ["a constant", "DB_PASS", "info"],
  ["a class", "PasswordStore", "drop"],
];

for (const [look, secret, verdict] of ROWS) {
  Deno.test(`\`gradePassword()\` grades ${look} ${verdict}`, () => {
    assert.equal(gradePassword({ secret }), verdict);
  });
}
