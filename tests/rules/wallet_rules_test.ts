/** Wallet keys: a right checksum is critical, a wrong one is told from it. */
import assert from "node:assert/strict";
import { BIP39_PLACES } from "../../src/rules/bip39_words.ts";
import { WALLET_RULES } from "../../src/rules/wallet_rules.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanText } from "../support/scan_text.ts";

const RULE_SET = compileRules(WALLET_RULES);

function severitiesOf(text: string): string[] {
  return scanText(RULE_SET, text, { direction: "outbound" }).map(({ severity }) => severity);
}

Deno.test("`BIP39_PLACES` has the 2,048 words, told apart by their first four letters", () => {
  assert.equal(BIP39_PLACES.size, 2_048);
  assert.equal(new Set([...BIP39_PLACES.keys()].map((word) => word.slice(0, 4))).size, 2_048);
  assert.equal(BIP39_PLACES.get("abandon"), 0);
  assert.equal(BIP39_PLACES.get("zoo"), 2_047);
});

const LONG_PHRASE = "letter advice cage absurd amount doctor acoustic avoid letter advice cage " +
  "absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless";

const SHORT_PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow";

const PHRASES: readonly (readonly [reason: string, text: string, severities: string[]])[] = [
  ["12 words", `mnemonic: ${SHORT_PHRASE}`, ["critical"]],
  ["24 words", `mnemonic: ${LONG_PHRASE}`, ["critical"]],
  ["words of a sentence around it", `my seed phrase is, I think, ${LONG_PHRASE} or so`, [
    "critical",
  ]],
  ["a list in JSON", `{"mnemonic": ["${LONG_PHRASE.split(" ").join('", "')}"]}`, ["critical"]],
  ["a wrong checksum", `mnemonic: ${SHORT_PHRASE.replace("yellow", "zoo")}`, ["medium"]],
  ["a word that is in no list", `mnemonic: ${LONG_PHRASE.replaceAll("doctor", "docent")}`, []],
  ["one word twelve times", `mnemonic: ${"abandon ".repeat(11)}about`, ["info"]],
  ["no name before it", LONG_PHRASE, []],
];

for (const [reason, text, severities] of PHRASES) {
  Deno.test(`\`wallet_phrase\` grades ${reason}`, () => {
    assert.deepEqual(severitiesOf(text), severities);
  });
}

Deno.test("`wallet_extended_key` grades a right checksum critical, a wrong one high", () => {
  const key = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmP" +
    "GJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
  assert.deepEqual(severitiesOf(key), ["critical"]);
  assert.deepEqual(severitiesOf(key.replace("PHi", "PHj")), ["high"]);
});
