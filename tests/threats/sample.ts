/** Values the tests of this room share. */
import type { Finding } from "../../src/scan/finding.ts";
import type { Rule } from "../../src/scan/rule.ts";
import type { Threat } from "../../src/threats/threat.ts";

/** A threat; its fields in the order of the record. */
export function sampleThreat(fields: Partial<Threat> = {}): Threat {
  return {
    direction: "outbound",
    protocol: "https",
    threat_type: "EXFIL",
    pattern: "ai_api_key",
    snippet: "x-api-key: sk-ant-api03...",
    source: "127.0.0.1",
    dest: "evil.example:443",
    timestamp: "2026-02-19T13:41:59.587248+00:00",
    severity: "critical",
    action: "logged",
    location: "header:x-api-key",
    fingerprint: "0123456789abcdef",
    request_id: "r1",
    ...fields,
  };
}

/** A key of the form the sample rule knows, written in pieces. */
export const SAMPLE_KEY = "sk-ant-" + "api03-" + "Zq7vNf3TkX9bLw2RcJ5y".repeat(4);

/** Finds keys of Anthropic's form. */
export const KEY_RULE: Rule = {
  id: "anthropic_api_key",
  pattern: "ai_api_key",
  type: "EXFIL",
  severity: "critical",
  directions: ["outbound"],
  anchors: ["sk-ant-"],
  regexp: /sk-ant-[A-Za-z0-9_-]{20,120}/,
  maxLength: 127,
  description: "An Anthropic key.",
  source: "https://docs.anthropic.com/",
  examples: [],
  nonExamples: [],
};

/** Makes a finding of `match` as the scanner would, at offset 0. */
export function sampleFinding(
  match: string,
  fields: Partial<Omit<Finding, "rule">> & { readonly rule?: Partial<Rule> } = {},
): Finding {
  const { rule, ...rest } = fields;
  return {
    rule: { ...KEY_RULE, ...rule },
    severity: "critical",
    start: 0,
    end: match.length,
    match,
    secret: match,
    secretStart: 0,
    before: "",
    after: "",
    ...rest,
  };
}
