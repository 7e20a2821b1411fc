/**
 * Makes a rule from a credential format that can be told by itself: prefix, alphabet, length.
 *
 * Invariant: the rule's examples are made from its own expression, so a format that its `verify`
 * or its edges would refuse fails the rule tests.
 */
import type { Direction, Home, Rule, RuleMatch, Severity, Verdict } from "../scan/rule.ts";
import { gradeSecret } from "./grade_secret.ts";
import { acceptedSample, tokenPattern } from "./token_pattern.ts";

/**
 * A leaked credential matters where it leaves, and one that a fetched page carries is worth a
 * record too: formats that cannot be mistaken are looked for in both directions.
 */
export const BOTH_DIRECTIONS: readonly Direction[] = ["outbound", "inbound"];

/** No letter of a longer word may stand before a token, nor one of its own alphabet after it. */
const EDGES = { before: "(?<![A-Za-z0-9_])", after: "(?![A-Za-z0-9_-])" } as const;

/** One credential format. */
export interface ExactFormat {
  readonly id: string;
  /** The label in the threat log. @default {the id} */
  readonly pattern?: string;
  /** A bounded regular expression as `tokenPattern()` reads it; may name a group `secret`. */
  readonly token: string;
  /** Lower case; every match contains one. @default {what every token begins with} */
  readonly anchors?: readonly string[];
  /** @default {"high"} */
  readonly severity?: Severity;
  /** Bits a character. @default {2.5}: three quarters of what random hexadecimal digits have */
  readonly minEntropy?: number;
  readonly needs?: RegExp;
  /** The most a token that was typed by counting is graded. @default {"medium"} */
  readonly counted?: Severity;
  /** The most a token of short runs (`abc123xyz`) is graded: where the form itself is in doubt. */
  readonly handTyped?: Severity;
  readonly checksum?: (secret: string) => boolean;
  /** For a format so long that a regular one is still a key. @default {a stand-in is `info`} */
  readonly regular?: "kept";
  /** Secrets that are no secret: their issuer ships them to everyone. They are `info`. */
  readonly published?: ReadonlySet<string>;
  readonly homes?: readonly Home[];
  /** Regular expressions that must not match around the token. @default {word characters} */
  readonly edges?: { readonly before?: string; readonly after?: string };
  readonly description: string;
  readonly source: string;
  /** Like `token`, for making examples, where lazy gaps and edges mislead. @default {token} */
  readonly sample?: string;
  /** More than the one made from `token`; given where that one would fail a checksum's purpose. */
  readonly examples?: readonly string[];
  readonly nonExamples?: readonly string[];
}

/**
 * Makes the rule of an exact format.
 *
 * @throws {SyntaxError} if `token` is not bounded.
 */
export function exactRule(format: ExactFormat): Rule {
  const { id, token, severity = "high", minEntropy = 2.5, needs, checksum } = format;
  const pattern = tokenPattern(token);
  const edges = { ...EDGES, ...format.edges };
  const regexp = new RegExp(`${edges.before}(?:${token})${edges.after}`);
  const gradeForm = gradeSecret({
    severity,
    minEntropy,
    counted: format.counted ?? "medium",
    ...(format.handTyped === undefined ? {} : { handTyped: format.handTyped }),
    ...(needs === undefined ? {} : { needs }),
    ...(checksum === undefined ? {} : { checksum }),
  });
  const grade = (match: RuleMatch): Verdict => {
    if (format.regular === "kept") return severity;
    return format.published?.has(match.secret) ? "info" : gradeForm(match);
  };
  const accepts = (sample: string) => isAlarm(grade(wholeMatch(regexp, sample)));
  return {
    id,
    pattern: format.pattern ?? id,
    type: "EXFIL",
    severity,
    directions: BOTH_DIRECTIONS,
    anchors: format.anchors ?? [pattern.literalPrefix.toLowerCase()],
    regexp,
    maxLength: pattern.maxLength,
    verify: grade,
    ...(format.homes === undefined ? {} : { homes: format.homes }),
    description: format.description,
    source: format.source,
    get examples() {
      const samples = format.sample === undefined ? pattern : tokenPattern(format.sample);
      const sample = acceptedSample(samples, id, accepts);
      return [sample, `{"value":"${sample}"}`, ...(format.examples ?? [])];
    },
    get nonExamples() {
      return format.nonExamples ?? [];
    },
  };
}

/** Reads a text as the scanner would if it held nothing else. */
function wholeMatch(regexp: RegExp, text: string): RuleMatch {
  const groups = regexp.exec(text)?.groups ?? {};
  return { text, secret: groups["secret"] ?? text, groups, before: "", after: "" };
}

function isAlarm(verdict: Verdict): boolean {
  return verdict !== "drop" && verdict !== "info";
}
