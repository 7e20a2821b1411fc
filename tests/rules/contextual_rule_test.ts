/** Keys told by a vendor's name: near it, of its form, assigned to it. */
import assert from "node:assert/strict";
import { contextualRules } from "../../src/rules/contextual_rule.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanText } from "../support/scan_text.ts";

const RULE_SET = compileRules(contextualRules([
  ["acmecloud", "acmecloud.example", "[0-9a-f]{32}"],
  ["box", "box.example", "[A-Za-z0-9]{32}", { names: "everyday" }],
]));

const HEX = "3f8b7c6e5d4a39281706f5e4d3c2b1a0";
const OTHER = "kT9vQ2mZx71LkWv4sBd8RfUpYt0pQ2mZx71LkWv4sBd8";

const ROWS: readonly (readonly [reason: string, text: string, severities: string[]])[] = [
  ["in a variable of that name", `ACMECLOUD_API_KEY=${HEX}`, ["medium"]],
  ["in JSON under that name", `{"acmecloud": {"key": "${HEX}"}}`, ["medium"]],
  ["in another line", `acmecloud:\n  key: ${HEX}`, ["medium"]],
  ["too far from the name", `acmecloud ${" ".repeat(60)} ${HEX}`, []],
  ["of another form, assigned", `acmecloud_token = "${OTHER}"`, ["medium"]],
  ["of another form, in another line", `acmecloud\ntoken = "${OTHER}"`, []],
  ["one character too long", `acmecloud_token = "${HEX}7"`, ["low"]],
  ["of as many digits less as a slip drops", `acmecloud_token = "${HEX.slice(0, 28)}"`, ["low"]],
  ["that is words", "acmecloud_token = worker_production_of_europe2", ["low"]],
  ["that is public", `ACMECLOUD_PUBLIC_KEY=${OTHER}`, ["low"]],
  ["that is a commit", `https://acmecloud.example/r/commit/${HEX}${HEX.slice(0, 8)}`, []],
  ["in a longer text", `acmecloud key ${HEX}?x`, []],
  ["that is the rest of a longer text", `acmecloud key a?${HEX}`, []],
  ["that ends like no key does", `acmecloud_token = "${OTHER}-"`, []],
  ["after an everyday word", `the box of ${HEX}`, []],
  ["after an everyday word and a key word", `BOX_SECRET=${HEX}`, ["medium"]],
];

for (const [reason, text, severities] of ROWS) {
  Deno.test(`\`contextualRule()\` grades a key ${reason}`, () => {
    const found = scanText(RULE_SET, text, { direction: "outbound" });
    assert.deepEqual(found.map(({ severity }) => severity), severities);
  });
}
