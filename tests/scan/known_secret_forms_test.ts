/** Every way to write a value that is promised to be found. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { MAX_VALUE_BYTES, secretForms } from "../../src/scan/known_secret_forms.ts";

function texts(value: string, encoding?: string): readonly string[] {
  return secretForms(value)
    .filter((form) => form.encoding === encoding)
    .map(({ bytes }) => new TextDecoder().decode(bytes));
}

Deno.test("`secretForms()` gives each text once, the plain one first", () => {
  const forms = secretForms("correct-horse");
  assert.equal(forms[0]!.encoding, undefined);
  assert.deepEqual(texts("correct-horse"), ["correct-horse"]);
  assert.deepEqual(texts("correct-horse", "percent"), [], "nothing to escape");
  assert.deepEqual(texts("correct-horse", "json"), [], "nothing to escape");
  assert.deepEqual(texts("correct-horse", "hex"), [
    "636f72726563742d686f727365",
    "636F72726563742D686F727365",
  ]);
});

Deno.test("`secretForms()` percent-encodes as URLs and forms do", () => {
  assert.deepEqual(texts("p ss/w!rd", "percent"), [
    "p%20ss%2Fw!rd",
    "p%20ss%2fw!rd",
    "p%20ss%2Fw%21rd",
    "p%20ss%2fw%21rd",
    "p+ss%2Fw%21rd",
    "p+ss%2fw%21rd",
  ]);
});

Deno.test("`secretForms()` escapes as common writers of JSON do", () => {
  assert.deepEqual(texts('a/"b&\u00e9', "json"), [
    String.raw`a/\"b&é`,
    String.raw`a\/\"b&é`,
    String.raw`a/\"b\u0026é`,
    String.raw`a/\"b&\u00e9`,
  ]);
});

// Invariant: wherever a value stands among other bytes, a form stands in their base64.
Deno.test("`secretForms()` has a base64 text for every place", () => {
  const bytes = fc.uint8Array({ maxLength: 7 });
  const value = fc.string({ minLength: 8, maxLength: 40, unit: "grapheme" });
  fc.assert(fc.property(value, bytes, bytes, (value, before, after) => {
    const message = Buffer.concat([before, new TextEncoder().encode(value), after]);
    for (const alphabet of ["base64", "base64url"] as const) {
      const encoded = message.toString(alphabet);
      assert.ok(texts(value, "base64").some((form) => encoded.includes(form)), encoded);
    }
  }));
});

Deno.test("`secretForms()` looks for the beginning of a value that is very long", () => {
  const [plain] = secretForms("é".repeat(MAX_VALUE_BYTES));
  assert.equal(plain!.bytes.length, MAX_VALUE_BYTES);
  assert.equal(texts("x" + "é".repeat(MAX_VALUE_BYTES), "percent")[0]!.length, 1 + 6 * 255);
});
