import assert from "node:assert/strict";
import fc from "fast-check";
import { AnchoredRules } from "../../src/threats/anchored_rules.ts";

const RULES: readonly { readonly anchors: readonly string[] }[] = [
  { anchors: ["abc"] },
  { anchors: ["abcd", "xyz"] },
  { anchors: ["bca", "abc"] },
  { anchors: ["c-a-b"] },
  { anchors: [] },
];

Deno.test("`AnchoredRules` finds every rule of which an anchor stands in a text, and no other", () => {
  const anchored = new AnchoredRules(RULES);
  const text = fc.array(fc.constantFrom(..."aAbBcCdxyz-\xe1\u0161"), { maxLength: 24 })
    .map((characters) => characters.join(""));
  fc.assert(
    fc.property(text, (text) => {
      const lower = text.toLowerCase();
      assert.deepEqual(
        anchored.foundIn(text),
        new Set(RULES.filter(({ anchors }) => anchors.some((anchor) => lower.includes(anchor)))),
      );
    }),
    { examples: [["abc"], ["xABCD"], ["xyZ"], ["c-a-b"], [""], ["ab"]] },
  );
});

Deno.test("`AnchoredRules` refuses an anchor that stands nearly everywhere", () => {
  assert.throws(() => new AnchoredRules([{ anchors: ["ab"] }]), RangeError);
});
