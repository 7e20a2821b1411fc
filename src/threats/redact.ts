/**
 * Findings → what may be written of them. The only place that decides how much of a secret reaches
 * a disk, a log or a screen: at most twelve characters of it, and a keyed fingerprint by which the same
 * secret is recognised again. `mask_url.ts` does the same for URLs with `revealed()` of this file.
 *
 * It runs in the data worker, which has no right to files: the key is handed in. It does not decide what is
 * a threat, nor whether it is blocked.
 *
 * Invariant: no 13 characters of a finding's secret stand together in a snippet, and nothing of
 * any other secret that a rule or `secretShapes()` recognises around it.
 */
import { createHmac } from "node:crypto";
import type { Finding } from "../scan/finding.ts";
import type { Rule } from "../scan/rule.ts";
import { AnchoredRules } from "./anchored_rules.ts";
import { isTokenLike, type Range, secretShapes } from "./secret_shapes.ts";
import { visibleUnits } from "./visible_text.ts";

/** Of a secret, at most so much is shown: enough to tell kind and issuer (`sk-ant-api03`). */
export const MAX_REVEALED_CHARS = 12;
/** Characters of a snippet, the ellipses included. */
export const MAX_SNIPPET_CHARS = 200;

/** Secrets shorter than this are passwords, of which twelve characters would be nearly all. */
const SHORT_SECRET_CHARS = 16;
/** Characters of the text before the match; the rest of a snippet belongs to the match. */
const MAX_BEFORE_CHARS = 64;
/** `Finding.before` and `after` are cut at this length; those of a decoded view anywhere. */
const CONTEXT_BYTES = 64;
/** Runs that may be cut: what stands between the characters no token holds. */
const FIRST_RUN_REGEXP = /^[^\s"'&;,?<>(){}|]*/;
const LAST_RUN_REGEXP = /[^\s"'&;,?<>(){}|]*$/;
/** Pieces of the secret of this length are masked wherever they stand around it. */
const ECHO_CHARS = 8;
const ELLIPSIS = "...";

/** A name of a file, and nothing that could hold a credential (no `=`, `:` or `@`). */
const PLAIN_PATH_REGEXP = /^[~.\w$%{}/\\ -]{1,128}$/;

/** What a `Redactor` is made of. */
export interface RedactorOptions {
  /** Secret key of the fingerprints, 32 bytes: `loadOrCreateFingerprintKey()`. */
  readonly fingerprintKey: Uint8Array;
  /**
   * Rules whose secrets are masked in the text around a finding.
   * @default none: then shapes alone decide
   */
  readonly rules?: readonly Rule[];
}

/** Turns findings into snippets and fingerprints. Holds the key; never shows it. */
export class Redactor {
  readonly #key: Uint8Array;
  readonly #rules: readonly Rule[];
  /** Made for the first finding. */
  #anchored: AnchoredRules<Rule> | undefined;
  /** Of the rules that were needed so far. */
  readonly #regexps = new Map<Rule, RegExp>();

  constructor(options: RedactorOptions) {
    this.#key = options.fingerprintKey;
    this.#rules = options.rules ?? [];
  }

  /** Recognises a secret again without storing it; 16 hex digits. */
  fingerprint(secret: string): string {
    return fingerprint(secret, this.#key);
  }

  /**
   * Describes a finding in at most 200 printable characters: the text before it, then of a secret
   * the first few characters and `...`; an injected command, or the name of a file, is shown with what follows.
   */
  snippet(finding: Finding): string {
    return isSecretless(finding) ? this.#matchSnippet(finding) : this.#secretSnippet(finding);
  }

  /** Masks whatever looks like a secret in free text (latin1), and makes the rest printable. */
  maskText(latin1: string): string {
    return cutEnd(this.#maskedUnits(latin1, { start: 0, end: latin1.length }), MAX_SNIPPET_CHARS);
  }

  /** Nothing behind the secret is shown: it could be the rest of a secret longer than the match. */
  #secretSnippet(finding: Finding): string {
    const beforeSecret = finding.before + finding.match.slice(0, finding.secretStart);
    const text = beforeSecret + finding.secret;
    const adjacent = /[\w~+-]*$/.exec(beforeSecret)?.[0].length ?? 0;
    const own: Range = { start: beforeSecret.length - adjacent, end: text.length };
    const shown = { start: wholeRunsStart(finding), end: own.start };
    const before = this.#maskedUnits(text, shown, [own, ...echoRanges(text, finding.secret)]);
    const beginning = finding.rule.concealed === true ? "" : revealed(finding.secret);
    return cutStart(before, MAX_BEFORE_CHARS).trimStart() + (adjacent > 0 ? ELLIPSIS : "") +
      visibleUnits(beginning).join("") + ELLIPSIS;
  }

  #matchSnippet(finding: Finding): string {
    const { before, match, after } = finding;
    const text = before + match + after;
    const matchEnd = before.length + match.length;
    const shownEnd = matchEnd + wholeRunsEnd(finding);
    const head = { start: wholeRunsStart(finding), end: before.length };
    const lead = cutStart(this.#maskedUnits(text, head), MAX_BEFORE_CHARS).trimStart();
    const rest = this.#maskedUnits(text, { start: before.length, end: shownEnd });
    return lead + cutEnd(rest, MAX_SNIPPET_CHARS - lead.length).trimEnd();
  }

  /** Printable units of `text` within `shown`; each masked stretch is one `...`. */
  #maskedUnits(text: string, shown: Range, known: readonly Range[] = []): string[] {
    const masked = mergeRanges([...known, ...secretShapes(text), ...this.#ruleRanges(text)]);
    const units: string[] = [];
    let at = shown.start;
    for (const { start, end } of masked) {
      if (end <= shown.start || start >= shown.end) continue;
      units.push(...visibleUnits(text.slice(at, Math.max(at, start))), ELLIPSIS);
      at = end;
    }
    if (at < shown.end) units.push(...visibleUnits(text.slice(at, shown.end)));
    return units;
  }

  #ruleRanges(text: string): Range[] {
    this.#anchored ??= new AnchoredRules(this.#rules.filter((rule) => rule.type === "EXFIL"));
    const ranges: Range[] = [];
    for (const rule of this.#anchored.foundIn(text)) {
      for (const match of text.matchAll(this.#regexpOf(rule))) ranges.push(secretRange(match));
    }
    return ranges;
  }

  #regexpOf(rule: Rule): RegExp {
    let regexp = this.#regexps.get(rule);
    if (regexp === undefined) {
      const flags = new Set(rule.regexp.flags + "gd");
      regexp = new RegExp(rule.regexp.source, [...flags].join(""));
      this.#regexps.set(rule, regexp);
    }
    return regexp;
  }
}

/**
 * Keyed fingerprint of a secret (latin1): the first 64 bits of HMAC-SHA-256, as 16 hex digits. Without the
 * key a guessed secret cannot be confirmed from the log.
 */
export function fingerprint(secret: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(secret, "latin1").digest("hex").slice(0, 16);
}

/**
 * The first characters of a secret that may be shown: at most twelve, at most half of it, and of a
 * short one (a password) at most a quarter.
 */
export function revealed(secret: string): string {
  const share = secret.length < SHORT_SECRET_CHARS ? 4 : 2;
  return secret.slice(0, Math.min(MAX_REVEALED_CHARS, Math.floor(secret.length / share)));
}

function secretRange(match: RegExpExecArray): Range {
  const span = match.indices?.groups?.["secret"] ?? match.indices?.[0];
  return { start: span?.[0] ?? match.index, end: span?.[1] ?? match.index + match[0].length };
}

/** Commands, and EXFIL findings that are the name of a file: `/etc/passwd`, `.aws/credentials`. */
function isSecretless(finding: Finding): boolean {
  const { rule, match, secret } = finding;
  if (rule.concealed === true) return false;
  if (rule.type === "INJECTION") return true;
  return secret === match && PLAIN_PATH_REGEXP.test(match) && /[/\\]|^\.\w/.test(match) &&
    !match.split(/[/\\.]/).some(isTokenLike);
}

/** Where whole runs begin before a match: the first of a cut context may be the end of a token. */
function wholeRunsStart({ before, encoding }: Finding): number {
  if (before.length < CONTEXT_BYTES && encoding === undefined) return 0;
  return FIRST_RUN_REGEXP.exec(before)?.[0].length ?? 0;
}

/** Where whole runs end after a match: the last of a cut context may be the beginning of a token. */
function wholeRunsEnd({ after, encoding }: Finding): number {
  if (after.length < CONTEXT_BYTES && encoding === undefined) return after.length;
  return after.length - (LAST_RUN_REGEXP.exec(after)?.[0].length ?? 0);
}

/** Where pieces of `secret` stand in `text`: it may have been sent twice, or be the end of itself. */
function echoRanges(text: string, secret: string): Range[] {
  const length = Math.min(ECHO_CHARS, secret.length);
  const ranges: Range[] = [];
  for (let start = 0; length > 0 && start + length <= text.length; start++) {
    const piece = text.slice(start, start + length);
    if (secret.includes(piece)) ranges.push({ start, end: start + length });
  }
  return ranges;
}

function mergeRanges(ranges: Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || range.start > last.end) merged.push(range);
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
  }
  return merged;
}

/** The last units that fit into `max` characters. */
function cutStart(units: readonly string[], max: number): string {
  let text = "";
  for (const unit of units.toReversed()) {
    if (text.length + unit.length > max) break;
    text = unit + text;
  }
  return text;
}

/** The first units that fit into `max` characters; `...` says that something was cut. */
function cutEnd(units: readonly string[], max: number): string {
  const whole = units.join("");
  if (whole.length <= max) return whole;
  let text = "";
  for (const unit of units) {
    if (text.length + unit.length > max - ELLIPSIS.length) break;
    text += unit;
  }
  return text + ELLIPSIS;
}
