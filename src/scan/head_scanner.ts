/**
 * The head of a request or an answer → findings in its target and its headers.
 *
 * All of it is scanned in one piece, since most heads hold nothing: what is found is then told apart
 * by where it stands. Only the parts that look encoded are decoded.
 */
import { mayHoldEncoded } from "./encoded_hint.ts";
import { scanViews } from "./encoded_views.ts";
import type { Finding } from "./finding.ts";
import { FormValues } from "./form_values.ts";
import { writeLatin1 } from "./latin1.ts";
import type { Direction } from "./rule.ts";
import type { RuleSet } from "./rule_set.ts";
import { scanBytes } from "./scanner.ts";

/** What is scanned of a head. */
export interface ScannedHead {
  /** Path and query of a request; empty for an answer. */
  readonly target: string;
  /** In wire order, latin1. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Stands between parts; no part contains it. */
const SEPARATOR = "\n";

/** What may hide text: escapes, and runs of an alphabet that base64, base32 or hex are written in. */
const ENCODED_REGEXP = /%[0-9a-f]{2}|&#|\\[ux]|=[0-9A-F]{2}|[A-Za-z0-9+/_-]{20,}/i;

/** A space, where percent-encoding stands. */
const PLUS = "+";

/** The proxy's own: it goes no further than here. */
const PRIVATE_HEADER = "proxy-authorization";

/** Longest host name that is not looked into for encoded text: nothing of worth fits besides a name. */
const MAX_PLAIN_HOST_LENGTH = 32;

interface Part {
  /** `url`, `header:cookie`. */
  readonly name: string;
  readonly text: string;
  readonly start: number;
}

/** Scans target and headers; each finding's `part` is `url` or `header:<lower-case name>`. */
export function scanHead(
  ruleSet: RuleSet,
  head: ScannedHead,
  { direction }: { readonly direction: Direction },
): Finding[] {
  const parts = partsOf(head);
  const text = parts.map((part) => part.text).join(SEPARATOR);
  const bytes = latin1Bytes(text);
  const found = placed(scanPlain(ruleSet, bytes, direction), parts) ??
    parts.flatMap((part) => within(scanPlain(ruleSet, latin1Bytes(part.text), direction), part));
  for (const part of parts) {
    if (looksEncoded(part, bytes)) {
      found.push(...within(scanDecoded(ruleSet, part, direction), part));
    }
  }
  return hasSeveralValues(head.target)
    ? withJoined(found, scanQuery(ruleSet, head.target, direction))
    : found;
}

/** Scans a host name, before it is looked up: a query carries it to its name server. */
export function scanHost(ruleSet: RuleSet, host: string): Finding[] {
  const direction = "outbound";
  const found = scanPlain(ruleSet, latin1Bytes(host), direction);
  if (host.length <= MAX_PLAIN_HOST_LENGTH) return found;
  const part = { name: "host", text: host, start: 0 };
  found.push(...scanDecoded(ruleSet, part, direction));
  // A secret longer than a label's 63 characters (RFC 1035 §2.3.4) is cut by dots.
  const joined = host.replaceAll(".", "");
  const known = new Set(found.map(({ secret }) => secret));
  return [
    ...found,
    ...scanViews(ruleSet, latin1Bytes(joined), { direction }).filter(({ secret }) =>
      !known.has(secret)
    ),
  ];
}

/** Rules and known secrets in text as it stands. */
function scanPlain(ruleSet: RuleSet, bytes: Uint8Array, direction: Direction): Finding[] {
  const found = scanBytes(ruleSet, bytes, { direction });
  if (direction === "inbound" || ruleSet.knownSecrets === undefined) return found;
  found.push(...ruleSet.knownSecrets.scan(bytes));
  return found;
}

function partsOf({ target, headers }: ScannedHead): Part[] {
  const parts: Part[] = [];
  let start = 0;
  const add = (name: string, text: string) => {
    parts.push({ name, text, start });
    start += text.length + SEPARATOR.length;
  };
  if (target !== "") add("url", target);
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower !== PRIVATE_HEADER) add(`header:${lower}`, `${name}: ${value}`);
  }
  return parts;
}

/** Says which part each finding is in; undefined if one reaches over the end of its part. */
function placed(findings: readonly Finding[], parts: readonly Part[]): Finding[] | undefined {
  const result: Finding[] = [];
  for (const finding of findings) {
    const part = parts.findLast(({ start }) => start <= finding.start)!;
    const end = part.start + part.text.length;
    if (finding.end > end) return undefined;
    const start = finding.start - part.start;
    result.push({
      ...finding,
      part: part.name,
      start,
      end: finding.end - part.start,
      // Its neighbours are other headers' business.
      before: start === 0 ? "" : finding.before.slice(-start),
      after: finding.after.slice(0, end - finding.end),
    });
  }
  return result;
}

function within(findings: readonly Finding[], { name }: Part): Finding[] {
  return findings.map((finding) => ({ ...finding, part: name }));
}

/** Tells whether a part is worth decoding. `bytes` are those of all parts. */
function looksEncoded({ name, text, start }: Part, bytes: Uint8Array): boolean {
  // Without an escape or a plus, the decoded text of a form is the text itself.
  const isChanged = mayHoldEncoded(bytes, { from: start, to: start + text.length }) ||
    (isForm(name) && text.includes(PLUS));
  return isChanged && ENCODED_REGEXP.test(text);
}

/** Whether the part is written in percent-encoding all over. */
function isForm(name: string): boolean {
  return name === "url" || name === "header:cookie";
}

/** Findings in what is encoded in a part; those of the text as it stands are known already. */
function scanDecoded(ruleSet: RuleSet, { name, text }: Part, direction: Direction): Finding[] {
  const percent = isForm(name) ? "everything" : "around_escapes";
  return scanViews(ruleSet, latin1Bytes(text), { direction, percent })
    .filter(({ encoding }) => encoding !== undefined);
}

/** Tells whether a secret can be cut over values of the query. */
function hasSeveralValues(target: string): boolean {
  const query = target.indexOf("?");
  const ampersand = query < 0 ? -1 : target.indexOf("&", query);
  return ampersand > 0 && target.indexOf("=", ampersand) > 0;
}

/** Findings in the values of a query, joined in order. */
function scanQuery(ruleSet: RuleSet, target: string, direction: Direction): Finding[] {
  const start = target.indexOf("?") + 1;
  const values = new FormValues(ruleSet, { direction });
  const found = [...values.push(latin1Bytes(target.slice(start))), ...values.end()];
  return found.map((finding) => ({
    ...finding,
    part: "url",
    start: finding.start + start,
    end: finding.end + start,
  }));
}

/** Adds what was found in joined values only. */
function withJoined(found: readonly Finding[], joined: readonly Finding[]): Finding[] {
  const isKnown = ({ rule, secret }: Finding) =>
    found.some((other) => other.part === "url" && other.rule === rule && other.secret === secret);
  return [...found, ...joined.filter((finding) => !isKnown(finding))];
}

function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeLatin1(text, bytes, 0);
  return bytes;
}
