/** Where a vendor's keys are at home, and where only a look-alike of it is. */
import assert from "node:assert/strict";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { contextualRule } from "../../src/rules/contextual_rule.ts";
import type { Finding } from "../../src/scan/finding.ts";
import { gradeForDestination } from "../../src/scan/homes.ts";

const RULE = contextualRule(["acme cloud", "acmecloud.example/platform", "[0-9a-f]{32}", {
  also: ["acmecorp"],
}]);

const FINDING: Finding = {
  rule: RULE,
  severity: "medium",
  start: 0,
  end: 1,
  match: "",
  secret: "",
  secretStart: 0,
  before: "",
  after: "",
};

const ROWS: readonly (readonly [host: string, location: string, severity: string])[] = [
  ["api.acmecloud.example", "header:authorization", "info"],
  ["acmecloud.example", "header:x-api-key", "info"],
  ["eu.api.acmecloud.example", "header:x-acme-cloud-token", "info"],
  ["api.acmecloud.example", "header:acmecloud-api-key", "info"],
  ["api.acmecloud.example", "header:x-acmecorp-key", "info"],
  ["api.acmecloud.example", "header:user-agent", "medium"],
  ["api.acmecloud.example", "body", "medium"],
  ["api.acmecloud.example", "url", "medium"],
  ["evilacmecloud.example", "header:authorization", "medium"],
  ["acmecloud.example.evil.example", "header:authorization", "medium"],
  ["api-acmecloud.example", "header:x-api-key", "medium"],
  ["acmecloud.examples", "header:x-api-key", "medium"],
];

for (const [host, location, severity] of ROWS) {
  Deno.test(`a vendor's key on its way to ${host} in ${location} is ${severity}`, () => {
    assert.equal(gradeForDestination(FINDING, { host, location }), severity);
  });
}

Deno.test("every rule of a vendor's name says where its keys belong and who documents them", () => {
  const rules = ALL_RULES.filter(({ id }) => id.startsWith("named_"));
  assert.ok(rules.length > 800);
  for (const { id, homes = [], source } of rules) {
    assert.ok(homes.length >= 2, id);
    for (const { host, headers } of homes) {
      assert.match(host, /^\.?[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, id);
      assert.ok(headers.includes("authorization"), id);
      for (const header of headers) assert.match(header, /^[a-z0-9!#$%&'*+.^_`|~-]+$/, id);
    }
    assert.match(source, /^The documentation of the API at https:\/\/[a-z0-9.-]+/, id);
  }
});

Deno.test("a vendor whose API answers elsewhere has that host for a home", () => {
  const hostsOf = (id: string) =>
    ALL_RULES.find((rule) => rule.id === id)?.homes?.map(({ host }) => host);
  assert.deepEqual(hostsOf("named_jira_key"), [
    "atlassian.com",
    ".atlassian.com",
    ".atlassian.net",
  ]);
  assert.deepEqual(hostsOf("named_dropbox_key"), [
    "dropbox.com",
    ".dropbox.com",
    ".dropboxapi.com",
  ]);
});
