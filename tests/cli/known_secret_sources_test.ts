/** Known secrets from variables and files: what is looked for, and what is refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { collectKnownSecrets } from "../../src/cli/known_secret_sources.ts";
import { ConfigError } from "../../src/config.ts";
import { KnownSecretIndex } from "../../src/scan/known_secret_scanner.ts";
import type { Rule } from "../../src/scan/rule.ts";
import { keyedDigest } from "../../src/threats/keyed_digest.ts";
import { sampleRule } from "../scan/sample_rules.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const HOMES = [{ host: "api.corp.example", headers: ["authorization"] }];
const RULES: readonly Rule[] = [
  sampleRule({
    id: "corp_token",
    anchors: ["corp-"],
    regexp: /corp-[a-z0-9]{8}/,
    maxLength: 13,
    homes: HOMES,
  }),
];

/** Sets variables of this process until it is disposed of. */
function variables(values: Readonly<Record<string, string>>): Disposable {
  for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(values)) Deno.env.delete(name);
    },
  };
}

Deno.test("`collectKnownSecrets()` finds what variables hold, under either name", async () => {
  using _variables = variables({
    CLAWSEC_SECRET_CS_TEST_ONE: "first-value",
    CS_TEST_TWO: "corp-12345678",
  });
  const warnings: string[] = [];
  const secrets = await collectKnownSecrets(
    { env: ["CS_TEST_ONE", "CS_TEST_TWO"], files: [] },
    { rules: RULES, onWarning: (text) => warnings.push(text) },
  );
  const { set, digestKey } = structuredClone(secrets!);
  const index = new KnownSecretIndex(set, keyedDigest(digestKey));
  const found = index.scan(new TextEncoder().encode("a first-value and corp-12345678"));
  assert.deepEqual(found.map(({ rule }) => [rule.id, rule.homes]), [
    ["known_secret_cs_test_one", undefined],
    ["known_secret_cs_test_two", HOMES],
  ], "a form that a rule knows is at home where the rule says");
  assert.deepEqual(warnings, []);
});

Deno.test("`collectKnownSecrets()` collects nothing where nothing is named", async () => {
  const options = { rules: RULES, onWarning: () => assert.fail("warned") };
  assert.equal(await collectKnownSecrets({ env: [], files: [] }, options), undefined);
});

Deno.test("`collectKnownSecrets()` warns of short values and of files without any", async () => {
  await using directory = await temporaryDirectory();
  const pin = join(directory.path, "pin");
  const notes = join(directory.path, "notes");
  await Deno.writeTextFile(pin, "1234567\n");
  await Deno.writeTextFile(notes, "some words\n");
  const warnings: string[] = [];
  const secrets = await collectKnownSecrets(
    { env: [], files: [pin, notes] },
    { rules: RULES, onWarning: (text) => warnings.push(text) },
  );
  assert.equal(secrets, undefined);
  assert.deepEqual(warnings, [
    `No secret was found in "${notes}" of known_secrets`,
    'Known secret "pin" is not looked for: it is shorter than 8 bytes',
  ]);
});

Deno.test("`collectKnownSecrets()` refuses what is named and is not there", async () => {
  const options = { rules: RULES, onWarning: () => {} };
  await assert.rejects(collectKnownSecrets({ env: ["CS_TEST_NONE"], files: [] }, options), {
    name: ConfigError.name,
    message: "Cannot use known_secrets: neither variable CLAWSEC_SECRET_CS_TEST_NONE nor " +
      "CS_TEST_NONE is set, set one of them",
  });
  await assert.rejects(collectKnownSecrets({ env: [], files: ["/nope"] }, options), {
    name: ConfigError.name,
    message: 'Cannot read known_secrets file "/nope": no such file',
  });
});
