import assert from "node:assert/strict";
import fc from "fast-check";
import { readElement } from "../../src/ca/der.ts";
import { objectIdentifier, OID, readObjectIdentifier } from "../../src/ca/oid.ts";

/** Known encodings and both sides of every place where an arc takes another octet. */
const ROWS: readonly (readonly [string, string, string])[] = [
  ["smallest", "0.0", "060100"],
  ["last below 1", "0.39", "060127"],
  ["first of root 1", "1.0", "060128"],
  ["last of root 1", "1.39", "06014f"],
  ["first of root 2", "2.0", "060150"],
  ["largest first subidentifier of one octet", "2.47", "06017f"],
  ["smallest of two octets", "2.48", "06028100"],
  ["X.690 §8.19.5 example", "2.999.3", "0603883703"],
  ["RSADSI, an arc of three octets", "1.2.840.113549", "06062a864886f70d"],
  ["subjectAltName", OID.subjectAltName, "0603551d11"],
  ["P-256", OID.prime256v1, "06082a8648ce3d030107"],
  ["ecdsa-with-SHA256", OID.ecdsaWithSha256, "06082a8648ce3d040302"],
  ["arc 127", "1.2.127", "06022a7f"],
  ["arc 128", "1.2.128", "06032a8100"],
  ["arc 16383", "1.2.16383", "06032aff7f"],
  ["arc 16384", "1.2.16384", "06042a818000"],
  [
    "an arc of 128 bits",
    `2.25.${2n ** 128n - 1n}`,
    "061469" + "83" + "ff".repeat(17) + "7f",
  ],
];

Deno.test("`objectIdentifier()` encodes arcs on each side of their boundaries", () => {
  for (const [reason, dotted, expected] of ROWS) {
    assert.equal(objectIdentifier(dotted).toHex(), expected, reason);
  }
});

Deno.test("`readObjectIdentifier()` reads what `objectIdentifier()` wrote", () => {
  for (const [reason, dotted] of ROWS) {
    assert.equal(
      readObjectIdentifier(readElement(objectIdentifier(dotted)).content),
      dotted,
      reason,
    );
  }
  const arc = fc.bigInt({ min: 0n, max: 2n ** 130n });
  const head = fc.oneof(
    fc.tuple(fc.constantFrom(0n, 1n), fc.bigInt({ min: 0n, max: 39n })),
    fc.tuple(fc.constant(2n), arc),
  );
  fc.assert(fc.property(head, fc.array(arc, { maxLength: 6 }), (head, arcs) => {
    const dotted = [...head, ...arcs].join(".");
    assert.equal(readObjectIdentifier(readElement(objectIdentifier(dotted)).content), dotted);
  }));
});

Deno.test("`objectIdentifier()` rejects what is no identifier", () => {
  const rows = ["", "1", "1.", ".1", "1..2", "3.1", "0.40", "1.40", "01.2", "1.02", "1.-2", "1.a"];
  for (const dotted of rows) {
    assert.throws(() => objectIdentifier(dotted), SyntaxError, `"${dotted}"`);
  }
});

Deno.test("`readObjectIdentifier()` rejects damaged arcs", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["no arcs", ""],
    ["cut short in the last arc", "2a86"],
    ["a needless octet in the first arc", "8001"],
    ["a needless octet in a later arc", "2a8001"],
  ];
  for (const [reason, content] of rows) {
    assert.throws(() => readObjectIdentifier(Uint8Array.fromHex(content)), SyntaxError, reason);
  }
});
