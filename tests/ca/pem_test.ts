import assert from "node:assert/strict";
import fc from "fast-check";
import { decodePem, encodePem } from "../../src/ca/pem.ts";

Deno.test("`encodePem()` wraps at 64 characters and ends with a line feed", () => {
  assert.equal(
    encodePem("CERTIFICATE", new Uint8Array(49)),
    `-----BEGIN CERTIFICATE-----\n${"A".repeat(64)}\nAA==\n-----END CERTIFICATE-----\n`,
  );
  assert.equal(
    encodePem("CERTIFICATE", new Uint8Array(48)),
    `-----BEGIN CERTIFICATE-----\n${"A".repeat(64)}\n-----END CERTIFICATE-----\n`,
  );
});

Deno.test("`decodePem()` gives back what `encodePem()` was given", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assert.deepEqual(
      decodePem(encodePem("CERTIFICATE", bytes), "CERTIFICATE"),
      new Uint8Array(bytes),
    );
  }));
});

Deno.test("`decodePem()` takes a block as people keep it", () => {
  const block = encodePem("CERTIFICATE", Uint8Array.of(1, 2, 3));
  const rows: readonly (readonly [string, string])[] = [
    ["text around", `Subject: CN=x\n\n${block}\nbye\n`],
    ["CRLF", block.replaceAll("\n", "\r\n")],
    ["no line feed at the end", block.trimEnd()],
    ["one character a line", block.replace("AQID", "A\nQ\nI\nD")],
  ];
  for (const [reason, text] of rows) {
    assert.deepEqual(decodePem(text, "CERTIFICATE"), Uint8Array.of(1, 2, 3), reason);
  }
});

Deno.test("`decodePem()` rejects anything but one whole block of its label", () => {
  const block = encodePem("CERTIFICATE", Uint8Array.of(1, 2, 3, 4));
  const key = encodePem("PRIVATE KEY", Uint8Array.of(1, 2, 3, 4));
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ["empty", "", /0 complete blocks found/],
    ["another label", key, /the block is a "PRIVATE KEY"/],
    ["two blocks", block + block, /2 complete blocks found/],
    ["cut short", block.slice(0, -5), /0 complete blocks found/],
    ["labels that differ", block.replace("END CERT", "END DERT"), /0 complete blocks found/],
    ["a character that is not base64", block.replace("AQID", "AQ!D"), /base64 is damaged/],
    ["no padding", block.replace("==", ""), /base64 is damaged/],
    ["bits behind the last octet", block.replace("BA==", "BB=="), /base64 is damaged/],
  ];
  for (const [reason, text, message] of rows) {
    assert.throws(() => decodePem(text, "CERTIFICATE"), { name: "SyntaxError", message }, reason);
  }
});

Deno.test("`decodePem()` never quotes the key it could not read", () => {
  const secret = "MHcCAQEE" + "SECRETSECRET!";
  const text = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
  assert.throws(() => decodePem(text, "PRIVATE KEY"), (error: Error) => {
    assert.doesNotMatch(error.message, /SECRET/);
    assert.equal(error.cause, undefined);
    return true;
  });
});
