import assert from "node:assert/strict";
import { TOKEN_RULES } from "../../src/rules/token_rules.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanText } from "../support/scan_text.ts";

const RULES = compileRules(TOKEN_RULES);
const SIGNATURE = "Qm9i0dGVzdHNpZ25hdHVyZXRoYXRpc2xvbmc";

/** A token of these claims, RFC 7519 §3.1. */
function tokenOf(claims: Readonly<Record<string, unknown>>): string {
  const parts = [{ alg: "HS256", typ: "JWT" }, claims];
  const encoder = new TextEncoder();
  return [
    ...parts.map((part) =>
      encoder.encode(JSON.stringify(part)).toBase64({ alphabet: "base64url", omitPadding: true })
    ),
    SIGNATURE,
  ].join(".");
}

const CASES: readonly (readonly [reason: string, claims: Record<string, unknown>, string])[] = [
  ["without an end", { sub: "819237", name: "A. B." }, "medium"],
  ["that is valid", { sub: "819237", nbf: 1_750_000_000, exp: 4_000_000_000 }, "medium"],
  ["that has run out long ago", { sub: "819237", exp: 1_600_000_000 }, "low"],
  ["that begins in decades", { sub: "819237", nbf: 3_416_239_022, exp: 4_414_761_342 }, "low"],
  ["that is a request for one", { redirect_uri: "https://app.example/cb", id: "819" }, "low"],
];

for (const [reason, claims, severity] of CASES) {
  Deno.test(`\`json_web_token\` grades a token ${reason}`, () => {
    const found = scanText(RULES, tokenOf(claims), { direction: "outbound" });
    assert.deepEqual(found.map((finding) => finding.severity), [severity]);
  });
}
