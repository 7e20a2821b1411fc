import assert from "node:assert/strict";
import { HeaderList } from "../../src/http1/header_list.ts";
import { HttpError } from "../../src/http1/http_error.ts";
import { authenticateHead, isToken, sourceLabel } from "../../src/proxy/authenticate.ts";

function headWith(value: string | undefined) {
  const headers = HeaderList.from(value === undefined ? [] : [["Proxy-Authorization", value]]);
  return { method: "GET", target: "http://a.example/", version: "1.1", headers } as const;
}

const basic = (text: string) => `Basic ${btoa(text)}`;

const ACCEPTED: readonly (readonly [
  reason: string,
  value: string | undefined,
  token: string | undefined,
  label: string | undefined,
])[] = [
  ["nothing where nothing is asked for", undefined, undefined, undefined],
  ["a name where nothing is asked for", basic("agent7:whatever"), undefined, "agent7"],
  ["the token", basic("agent7:s3cret"), "s3cret", "agent7"],
  ["the token with colons", basic("agent7:a:b:c"), "a:b:c", "agent7"],
  ["the token without a name", basic(":s3cret"), "s3cret", undefined],
  ["a scheme in capitals", `BASIC ${btoa("a:s3cret")}`, "s3cret", "a"],
];

for (const [reason, value, token, label] of ACCEPTED) {
  Deno.test(`\`authenticateHead()\` accepts ${reason}`, () => {
    assert.equal(authenticateHead(headWith(value), token), label);
  });
}

const REFUSED: readonly (readonly [reason: string, value: string | undefined])[] = [
  ["no credentials", undefined],
  ["another password", basic("agent7:other")],
  ["the beginning of the token", basic("agent7:s3cre")],
  ["another scheme", "Bearer s3cret"],
  ["what is no Base64", "Basic ???"],
  ["a name without a colon", basic("s3cret")],
];

for (const [reason, value] of REFUSED) {
  Deno.test(`\`authenticateHead()\` answers 407 for ${reason}`, () => {
    assert.throws(
      () => authenticateHead(headWith(value), "s3cret"),
      (error) => error instanceof HttpError && error.status === 407,
    );
  });
}

Deno.test("`isToken()` takes any password where none is asked for", () => {
  assert.equal(isToken("x", undefined), true);
  assert.equal(isToken("x", "y"), false);
  assert.equal(isToken("", "y"), false);
});

Deno.test("`sourceLabel()` keeps a name printable and short", () => {
  assert.equal(sourceLabel("a\r\nb c"), "a??b?c");
  assert.equal(sourceLabel("x".repeat(100))?.length, 64);
  assert.equal(sourceLabel(""), undefined);
});
