import assert from "node:assert/strict";
import { CleanTexts, MAX_KEPT_CHARS } from "../../src/scan/clean_texts.ts";

Deno.test("`CleanTexts` knows what was added twice, by its name, its case and all of its characters", () => {
  const clean = new CleanTexts();
  for (const isKnown of [false, true, true]) {
    clean.add("Accept", "caf\xe9");
    assert.equal(clean.has("Accept", "caf\xe9"), isKnown);
  }
  for (const [name, text] of [["accept", "caf\xe9"], ["Accept", "caf"], ["", "caf\xe9"]] as const) {
    assert.equal(clean.has(name, text), false);
  }
});

Deno.test("`CleanTexts` keeps no long text", () => {
  const clean = new CleanTexts();
  const longest = "x".repeat(MAX_KEPT_CHARS - 1);
  for (const text of [longest, longest, `${longest}x`, `${longest}x`]) clean.add("n", text);
  assert.deepEqual([clean.has("n", longest), clean.has("n", `${longest}x`)], [true, false]);
});

Deno.test("`CleanTexts` keeps nothing that came once", () => {
  const clean = new CleanTexts();
  const texts = Array.from({ length: 20_000 }, (_, index) => `2026-11-28 ${index}`);
  for (const text of texts) clean.add("Date", text);
  assert.deepEqual(texts.filter((text) => clean.has("Date", text)), []);
});

/** Adds texts that aren't asked for again, and counts how many are known in the end. */
function knownOfFlood(clean: CleanTexts, { size, wanted }: { size: number; wanted: string }) {
  const texts = Array.from({ length: 20_000 }, (_, index) => `${index}`.padEnd(size, "-"));
  for (const [index, text] of texts.entries()) {
    for (const _ of "12") clean.add(`n${index % 7}`, text);
    if (index % 100 === 0) assert.equal(clean.has("wanted", wanted), true);
  }
  return texts.filter((text, index) => clean.has(`n${index % 7}`, text)).length;
}

for (const [size, most] of [[8, 4_096], [400, 700]] as const) {
  Deno.test(`\`CleanTexts\` forgets what isn't asked for: texts of ${size} characters`, () => {
    const clean = new CleanTexts();
    const wanted = "asked for again";
    for (const _ of "12") clean.add("wanted", wanted);
    const known = knownOfFlood(clean, { size, wanted });
    assert.ok(known > 0 && known <= most, `${known} are known`);
  });
}
