import assert from "node:assert/strict";
import fc from "fast-check";
import { isSecretName, isTokenLike, secretShapes } from "../../src/threats/secret_shapes.ts";

function masked(text: string): string[] {
  return secretShapes(text).map(({ start, end }) => text.slice(start, end));
}

const HEX = "9f86d081884c7d65";
const BASE64 = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "pZ3q";

const SHAPES: readonly { reason: string; text: string; found: readonly string[] }[] = [
  { reason: "16 hex digits", text: `id ${HEX};`, found: [HEX] },
  { reason: "15 hex digits", text: `id ${HEX.slice(1)};`, found: [] },
  { reason: "base64 with slashes", text: `aws "${BASE64}"`, found: [BASE64] },
  { reason: "short password by its name", text: '{"password":"hunter2"}', found: ["hunter2"] },
  { reason: "escaped JSON", text: '{\\"api_key\\":\\"abc\\"}', found: ["abc"] },
  { reason: "shell assignment", text: "export DB_PASSWORD=x1", found: ["x1"] },
  { reason: "credentials of a scheme", text: "Authorization: Basic dTpw", found: ["dTpw"] },
  { reason: "userinfo", text: "postgres://me:pw@db.example/x", found: ["me:pw"] },
  { reason: "English", text: "Please read the documentation of internationalization", found: [] },
  { reason: "path", text: "GET /usr/local/share/applications/index.html", found: [] },
  { reason: "snake case", text: "the_quick_brown_fox_jumps_over", found: [] },
  { reason: "one letter", text: "a".repeat(64), found: [] },
];

for (const { reason, text, found } of SHAPES) {
  Deno.test(`\`secretShapes()\` judges ${reason}`, () => {
    assert.deepEqual([...new Set(masked(text))], found);
  });
}

const NAMES: readonly { name: string; secret: boolean }[] = [
  { name: "api_key", secret: true },
  { name: "X-Amz-Signature", secret: true },
  { name: "X-Amz-Security-Token", secret: true },
  { name: "access_token", secret: true },
  { name: "client_secret", secret: true },
  { name: "sig", secret: true },
  { name: "code", secret: true },
  { name: "key", secret: true },
  { name: "keyboard", secret: false },
  { name: "q", secret: false },
  { name: "page", secret: false },
  { name: "country_code", secret: false },
];

for (const { name, secret } of NAMES) {
  Deno.test(`\`isSecretName()\` says ${secret} of ${name}`, () => {
    assert.equal(isSecretName(name), secret);
  });
}

/** A random token of 20 characters or more is recognised, save one in some ten thousand. */
Deno.test("`isTokenLike()` recognises random tokens", () => {
  const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"];
  const token = fc.array(fc.constantFrom(...alphabet), { minLength: 20, maxLength: 64 });
  const sample = fc.sample(token.filter((each) => new Set(each).size > 8), 2_000);
  const missed = sample.filter((characters) => !isTokenLike(characters.join("")));
  assert.ok(missed.length <= 2, `${missed.length} missed, ${missed[0]?.join("")}`);
});
