/**
 * Tells text from binary data by the bytes around a match: characters of three bytes stand in
 * random data by chance, and nobody reads them there.
 *
 * A few bytes that are no UTF-8 don't make a text binary, or one of them would hide what follows.
 */
import type { Rule, RuleMatch } from "../scan/rule.ts";

/** The share of characters that no text has from which on it is binary data; random bytes: a half. */
const MAX_FOUL_SHARE = 0.2;

/** A character cut off by an edge: its last bytes at the beginning, its first ones at the end. */
const CUT_START_REGEXP = /^[\x80-\xbf]{1,3}/;
const CUT_END_REGEXP = /(?:[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})$/;

// deno-lint-ignore no-control-regex -- control characters are what is looked for
const FOUL_REGEXP = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\ufffd]/g;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Makes a rule that finds nothing in binary data. */
export function inReadableText(rule: Rule): Rule {
  const { verify, severity } = rule;
  return {
    ...rule,
    verify: (match) => isReadable(match) ? verify?.(match) ?? severity : "drop",
  };
}

function isReadable({ text, before, after }: RuleMatch): boolean {
  const around = before.replace(CUT_START_REGEXP, "") + text + after.replace(CUT_END_REGEXP, "");
  const characters = DECODER.decode(Uint8Array.from(around, (byte) => byte.charCodeAt(0)));
  const foul = characters.match(FOUL_REGEXP)?.length ?? 0;
  return foul <= characters.length * MAX_FOUL_SHARE;
}
