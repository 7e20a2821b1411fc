/** A person's own rules: what is taken, and the exact words for what is not. */
import assert from "node:assert/strict";
import { ConfigError } from "../../src/config.ts";
import { readRulesFile } from "../../src/rules/rules_file.ts";
import { ruleOfUser } from "../../src/rules/user_rule.ts";
import { rulesFileJsonSchema } from "../../src/rules/user_rule_schema.ts";
import { ruleFlaw } from "../../src/scan/rule_flaw.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanBytes } from "../../src/scan/scanner.ts";

const OPTIONS = { takenIds: new Set(["ai_api_key"]), flawOf: ruleFlaw };

const RULE = {
  id: "corp_token",
  type: "EXFIL",
  severity: "high",
  anchors: ["corp-"],
  regexp: "corp-(?<secret>[a-z0-9]{20})",
  max_length: 25,
  description: "A token of ours.",
  examples: ["x-token: corp-zq7vnf3tkx9blw2rcj5y"],
  non_examples: ["corp-short"],
};

function read(text: string) {
  return readRulesFile({ path: "rules.jsonc", text }, OPTIONS);
}

function withRule(changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ rules: [{ ...RULE, ...changes }] });
}

Deno.test("`readRulesFile()` reads rules that find what their examples say", () => {
  const [userRule] = read(`// Ours.\n${withRule({ pattern: "corp", homes: undefined })}`);
  const rule = ruleOfUser(structuredClone(userRule!));
  assert.equal(rule.pattern, "corp");
  assert.deepEqual(rule.directions, ["outbound", "inbound"]);
  const bytes = new TextEncoder().encode("a corp-zq7vnf3tkx9blw2rcj5y b");
  const [finding] = scanBytes(compileRules([rule]), bytes, { direction: "outbound" });
  assert.equal(finding?.secret, "zq7vnf3tkx9blw2rcj5y");
});

Deno.test("`readRulesFile()` leaves out what is not random enough, if told to", () => {
  const text = withRule({ min_entropy: 3, non_examples: ["corp-aaaaaaaaaaaaaaaaaaaa"] });
  assert.equal(read(text).length, 1);
  assert.throws(() => read(withRule({ non_examples: ["corp-aaaaaaaaaaaaaaaaaaaa"] })), ConfigError);
});

/** Reason, the file, the message after `Cannot use rules file "rules.jsonc`. */
const MISTAKES: readonly (readonly [string, string, string])[] = [
  ["no JSON", "{", ':1:2": close brace expected'],
  ["a list", "[]", ':1:1": found array, must be an object'],
  ["no rules", "{}", '": rules is missing, must be a list'],
  ["an unknown key", '{ "rule": [] }', ':1:3": unknown key "rule", must be rules'],
  [
    "rules that are no list",
    '{ "rules": {} }',
    ':1:12": rules must be a list of at most 500 rules',
  ],
  [
    "a missing field",
    '{ "rules": [{ "id": "x" }] }',
    ':1:13": rules[0].type is missing, must be one of EXFIL, INJECTION',
  ],
  [
    "a misspelt field",
    `{"rules":[\n${JSON.stringify({ ...RULE, regex: "x" })}]}`,
    `:2:1": rules[0] is {"id":"corp_token","type":"EXFIL","severity":"high","anchors…, ` +
    "must be an object with the fields of a rule: clawsec rules --schema prints them",
  ],
  [
    "an anchor in capitals",
    '{"rules":[{"id":"x","type":"EXFIL","severity":"low",\n"anchors":["Corp-"]}]}',
    ':2:12": rules[0].anchors[0] is "Corp-", must be a text of 3 to 64 ASCII characters in lower case',
  ],
  [
    "an id that is taken",
    withRule({ id: "ai_api_key" }),
    ':1:17": rule "ai_api_key" is refused, its id is taken by another rule',
  ],
  [
    "the same id twice",
    `{"rules":[${JSON.stringify(RULE)},\n${JSON.stringify(RULE)}]}`,
    ':2:7": rule "corp_token" is refused, its id is taken by another rule',
  ],
];

for (const [reason, text, message] of MISTAKES) {
  Deno.test(`\`readRulesFile()\` refuses ${reason}`, () => {
    assert.throws(() => read(text), {
      name: ConfigError.name,
      message: `Cannot use rules file "rules.jsonc${message}`,
    });
  });
}

/** Reason, fields, how the reason in the message begins, the field whose line is named. */
const FLAWS: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp, string])[] = [
  ["a regexp that is none", { regexp: "corp-(" }, /Invalid regular expression/, "regexp"],
  [
    "matches without a limit",
    { regexp: "corp-[a-z]+" },
    /its regexp matches without a limit/,
    "regexp",
  ],
  [
    "matches longer than said",
    { regexp: "corp-[a-z]{99}" },
    /its regexp matches up to 104 bytes/,
    "regexp",
  ],
  [
    "matches without an anchor",
    { regexp: "corp[a-z]{9}" },
    /which has none of its anchors/,
    "regexp",
  ],
  [
    "endless backtracking",
    { regexp: "corp-(?:a{1,30}){1,30}b", max_length: 906, examples: ["corp-ab"] },
    /its regexp may backtrack without end: it can read/,
    "regexp",
  ],
  [
    "an example that is not found",
    { examples: ["corp-"] },
    /it does not find its example "corp-"/,
    "examples",
  ],
  [
    "a non-example that is found",
    { non_examples: RULE.examples },
    /it finds its non-example "x-token: /,
    "non_examples",
  ],
];

for (const [reason, fields, words, field] of FLAWS) {
  Deno.test(`\`readRulesFile()\` refuses a rule with ${reason}, at its line`, () => {
    const rule = Object.entries({ ...RULE, ...fields });
    const lines = rule.map(([name, value]) => `"${name}":${JSON.stringify(value)}`);
    const line = rule.findIndex(([name]) => name === field) + 2;
    assert.throws(() => read(`{"rules":[{\n${lines.join(",\n")}}]}`), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, words);
      assert.ok(error.message.includes(`rules.jsonc:${line}:`), error.message);
      assert.ok(error.message.includes('rule "corp_token" is refused, '), error.message);
      return true;
    });
  });
}

Deno.test("`rulesFileJsonSchema()` describes every field", () => {
  const text = JSON.stringify(rulesFileJsonSchema());
  for (
    const field of [...Object.keys(RULE), "pattern", "homes", "min_entropy", "source", "flags"]
  ) {
    assert.ok(text.includes(`"${field}"`), field);
  }
});
