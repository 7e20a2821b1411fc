/**
 * What a detection rule is: data, with its own proofs.
 *
 * Text is scanned as latin1: one character stands for one byte, so offsets are byte offsets and a
 * rule for non-ASCII text is written over the UTF-8 bytes (`\xf3\xa0[\x80-\x81]`).
 */

/** `outbound` travels from the agent to an origin, `inbound` the other way. */
export type Direction = "outbound" | "inbound";

/** How sure and how bad; `info` is recorded and never blocked. */
export type Severity = "info" | "low" | "medium" | "high" | "critical";

/** Every severity, mildest first. */
export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;

/** A place where a credential belongs: sent there in that place it is not a leak. */
export interface Home {
  /** A host name, or with a leading dot every host below it: `.openai.azure.com`. */
  readonly host: string;
  /** Lower-case header names the issuer reads the credential from: `x-api-key`, `authorization`. */
  readonly headers: readonly string[];
}

/** A regex hit, as a rule's `verify` sees it. */
export interface RuleMatch {
  /** The whole match, latin1. */
  readonly text: string;
  /** The part that must not be written down: the group named `secret`, else the whole match. */
  readonly secret: string;
  /** Named groups of the match. */
  readonly groups: Readonly<Record<string, string | undefined>>;
  /** Up to 64 bytes that stand before and after the match, latin1. */
  readonly before: string;
  readonly after: string;
}

/** What `verify` says of a hit: drop it, or keep it at this severity. */
export type Verdict = "drop" | Severity;

/** One detection rule. */
export interface Rule {
  /** Unique, snake_case. */
  readonly id: string;
  /** The label written to the threat log; several rules may share one (`ai_api_key`). */
  readonly pattern: string;
  readonly type: "EXFIL" | "INJECTION";
  readonly severity: Severity;
  readonly directions: readonly Direction[];
  /**
   * ASCII literals, lower case, matched without regard to case: every match of `regexp` contains
   * at least one. Three bytes at least; longer and rarer is cheaper.
   */
  readonly anchors: readonly string[];
  /** Without `g` or `y`; may name a group `secret`. Backtracking must be bounded. */
  readonly regexp: RegExp;
  /** No match is longer, in bytes. The scanner looks this far on both sides of an anchor. */
  readonly maxLength: number;
  /**
   * Grades a hit by checksum, entropy or stop words. Pure and quick.
   * @default keeps the hit at `severity`
   */
  readonly verify?: (match: RuleMatch) => Verdict;
  /** Where this credential belongs; absent where there is no such place. */
  readonly homes?: readonly Home[];
  /**
   * Whether snippets show nothing of the secret: it is a password, without a prefix that tells kind
   * and issuer.
   * @default {false}
   */
  readonly concealed?: boolean;
  /** One sentence for `clawsec rules` and for the reader of a threat. */
  readonly description: string;
  /** Where the form comes from: the provider's documentation, an RFC, a paper. */
  readonly source: string;
  /**
   * Run as tests: each must be found, none of the others may be. A credential is written in
   * pieces (`"sk-ant-" + "api03-…"`), so that no scanner of source code takes it for a leak.
   */
  readonly examples: readonly string[];
  readonly nonExamples: readonly string[];
}

/** What tests have shown of rules, so that those need not be examined before one is needed. */
export interface ProvenRules {
  /** Tells whether `rule` is one of them: it keeps its contract. */
  has(rule: Rule): boolean;
  /** Ids of those with a match that does not begin with an anchor. */
  readonly innerAnchors: ReadonlySet<string>;
  /** No regexp of them looks at more bytes before a match. */
  readonly maxBehind: number;
}
