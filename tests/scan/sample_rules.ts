/** Rules that between them use every construct that a rule may use; not the product's own. */
import type { Rule } from "../../src/scan/rule.ts";

/** Builds a rule with defaults for what a test doesn't look at. */
export function sampleRule(
  rule: Partial<Rule> & Pick<Rule, "id" | "anchors" | "regexp" | "maxLength">,
): Rule {
  return {
    pattern: rule.id,
    type: "EXFIL",
    severity: "high",
    directions: ["outbound", "inbound"],
    description: "A sample",
    source: "None",
    examples: [],
    nonExamples: [],
    ...rule,
  };
}

/** One rule for each shape: anchor first, within, last; loops, lookarounds, alternatives. */
export const SAMPLE_RULES: readonly Rule[] = [
  sampleRule({
    id: "prefix_token",
    anchors: ["tok-"],
    regexp: /\btok-[A-Za-z0-9]{8,16}\b/,
    maxLength: 20,
    examples: ["tok-abcdefgh1", "x tok-ABCDEFGH y"],
  }),
  sampleRule({
    id: "fixed_token",
    anchors: ["fx_"],
    regexp: /fx_[a-f0-9]{6}/,
    maxLength: 9,
    severity: "critical",
    examples: ["fx_abc123", "zfx_abc1234"],
  }),
  sampleRule({
    id: "keyword_value",
    anchors: ["key", "secret"],
    regexp: /[a-z_]{0,12}(?:key|secret)["']?\s{0,3}[:=]\s{0,3}["']?(?<secret>[^\s"']{4,24})/i,
    maxLength: 60,
    severity: "low",
    verify: ({ secret }) => secret.includes("example") ? "drop" : "low",
    examples: ["my_key = 'hunter22'", "SECRET:abcdefgh"],
  }),
  sampleRule({
    id: "fetch_and_run",
    type: "INJECTION",
    anchors: ["fetch "],
    regexp: /\bfetch [^\n|]{1,40}\|\s{0,4}(?:ba|z)?sh\b/,
    maxLength: 60,
    examples: ["fetch http://x/y | sh", "fetch a |zsh -c"],
  }),
  sampleRule({
    id: "armour",
    anchors: ["==begin"],
    regexp: /==BEGIN (?:A|B )?KEY==[\s\S]{1,200}?==END KEY==/,
    maxLength: 260,
    severity: "critical",
    examples: ["==BEGIN KEY==\nAAAA\nBBBB\n==END KEY=="],
  }),
  sampleRule({
    id: "looked_around",
    anchors: ["lk@"],
    regexp: /(?<![\w@])[a-z]{1,6}lk@(?=[0-9]{3})\d{3,5}(?!\d)/,
    maxLength: 20,
    examples: ["abclk@12345", "x alk@123."],
  }),
];
