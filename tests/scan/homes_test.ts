import assert from "node:assert/strict";
import type { Finding } from "../../src/scan/finding.ts";
import { gradeForDestination } from "../../src/scan/homes.ts";
import type { Severity } from "../../src/scan/rule.ts";
import { sampleRule } from "./sample_rules.ts";

const RULE = sampleRule({
  id: "acme_key",
  anchors: ["acme-"],
  regexp: /acme-\w{8}/,
  maxLength: 13,
});

function finding(severity: Severity = "high"): Finding {
  return {
    rule: {
      ...RULE,
      homes: [
        { host: "api.acme.example", headers: ["authorization"] },
        { host: ".acme.cloud", headers: ["x-acme-key"] },
      ],
    },
    severity,
    start: 0,
    end: 13,
    match: "acme-12345678",
    secret: "acme-12345678",
    secretStart: 0,
    before: "",
    after: "",
  };
}

const PLACES: readonly (readonly [
  reason: string,
  host: string,
  location: string,
  graded: Severity,
])[] = [
  ["its issuer, in its header", "api.acme.example", "header:authorization", "info"],
  ["its issuer, with the root's dot", "api.acme.example.", "header:authorization", "info"],
  ["a host below a home", "eu.acme.cloud", "header:x-acme-key", "info"],
  ["the apex of a home for hosts below it", "acme.cloud", "header:x-acme-key", "critical"],
  ["its issuer, in another header", "api.acme.example", "header:cookie", "critical"],
  ["its issuer, in a body", "api.acme.example", "body", "critical"],
  ["its issuer, in a URL", "api.acme.example", "url", "critical"],
  [
    "a host with the issuer's name before it",
    "api.acme.example.evil.test",
    "header:authorization",
    "critical",
  ],
  [
    "a host with the issuer's name behind it",
    "evil-api.acme.example",
    "header:authorization",
    "critical",
  ],
  ["a look-alike of a suffix", "evilacme.cloud", "header:x-acme-key", "critical"],
];

for (const [reason, host, location, graded] of PLACES) {
  Deno.test(`\`gradeForDestination()\` grades a credential for ${reason} as ${graded}`, () => {
    assert.equal(gradeForDestination(finding(), { host, location }), graded);
  });
}

Deno.test("`gradeForDestination()` takes the homes of the settings in place of the rule's", () => {
  const homes = { acme_key: ["proxy.corp"] };
  const grade = (host: string) =>
    gradeForDestination(finding(), { host, location: "header:authorization", homes });
  assert.equal(grade("proxy.corp"), "info");
  assert.equal(grade("api.acme.example"), "critical");
});

Deno.test("`gradeForDestination()` leaves a placeholder as harmless as it is", () => {
  assert.equal(gradeForDestination(finding("info"), { host: "a.test", location: "body" }), "info");
});
