/**
 * The head of a request or an answer → findings in its target and its headers.
 *
 * Each part is a message of its own. What held nothing is remembered for as long as the rules are:
 * agents send the same parts again and again. Only the parts that look encoded are decoded.
 */
import { CleanTexts } from "./clean_texts.ts";
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

/** What may hide text: escapes, and runs of an alphabet that base64, base32 or hex are written in. */
const ENCODED_REGEXP = /%[0-9a-f]{2}|&#|\\[ux]|=[0-9A-F]{2}|[A-Za-z0-9+/_-]{20,}/i;

/** A space, where percent-encoding stands. */
const PLUS = "+";

/** The proxy's own: it goes no further than here. */
const PRIVATE_HEADER = "proxy-authorization";

/** Longest host name that is not looked into for encoded text: nothing of worth fits besides a name. */
const MAX_PLAIN_HOST_LENGTH = 32;

/** Parts up to this length are encoded into one buffer, which the next part overwrites. */
const SHARED_BYTES = 4_096;

/** Names of parts that are no header. */
const URL_PART = "url";
const HOST_PART = "host";

interface Part {
  /** `url`, `header:cookie`. */
  readonly name: string;
  readonly text: string;
}

/** What was found to hold nothing, by what it was searched for. Never written anywhere. */
interface CleanParts extends Readonly<Record<Direction, CleanTexts>> {
  readonly hosts: CleanTexts;
}

const cleanParts = new WeakMap<RuleSet, CleanParts>();

/**
 * Scans target and headers, each as a message of its own; each finding's `part` is `url` or
 * `header:<lower-case name>`.
 */
export function scanHead(
  ruleSet: RuleSet,
  { target, headers }: ScannedHead,
  { direction }: { readonly direction: Direction },
): Finding[] {
  const clean = cleanPartsOf(ruleSet)[direction];
  const found: Finding[] = [];
  // No header has an empty name.
  if (target !== "" && !clean.has("", target)) {
    const inTarget = scanTarget(ruleSet, target, direction);
    if (inTarget.length === 0) clean.add("", target);
    else found.push(...inTarget);
  }
  for (const [name, value] of headers) {
    if (clean.has(name, value)) continue;
    const lower = name.toLowerCase();
    if (lower === PRIVATE_HEADER) continue;
    const part = { name: `header:${lower}`, text: `${name}: ${value}` };
    const inHeader = scanPart(ruleSet, part, direction);
    if (inHeader.length === 0) clean.add(name, value);
    else found.push(...inHeader);
  }
  return found;
}

/** Scans a host name, before it is looked up: a query carries it to its name server. */
export function scanHost(ruleSet: RuleSet, host: string): Finding[] {
  const { hosts } = cleanPartsOf(ruleSet);
  if (hosts.has("", host)) return [];
  const found = scanUnknownHost(ruleSet, host);
  if (found.length === 0) hosts.add("", host);
  return found;
}

function cleanPartsOf(ruleSet: RuleSet): CleanParts {
  let parts = cleanParts.get(ruleSet);
  if (parts === undefined) {
    parts = { outbound: new CleanTexts(), inbound: new CleanTexts(), hosts: new CleanTexts() };
    cleanParts.set(ruleSet, parts);
  }
  return parts;
}

function scanUnknownHost(ruleSet: RuleSet, host: string): Finding[] {
  const direction = "outbound";
  const found = scanPlain(ruleSet, latin1Bytes(host), direction);
  if (host.length <= MAX_PLAIN_HOST_LENGTH) return found;
  const part = { name: HOST_PART, text: host };
  found.push(...scanDecoded(ruleSet, part, { bytes: latin1Bytes(host), direction }));
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

function scanTarget(ruleSet: RuleSet, target: string, direction: Direction): Finding[] {
  const found = scanPart(ruleSet, { name: URL_PART, text: target }, direction);
  return hasSeveralValues(target)
    ? withJoined(found, scanQuery(ruleSet, target, direction))
    : found;
}

function scanPart(ruleSet: RuleSet, part: Part, direction: Direction): Finding[] {
  const bytes = latin1Bytes(part.text);
  const found = scanPlain(ruleSet, bytes, direction);
  if (looksEncoded(part, bytes)) {
    found.push(...scanDecoded(ruleSet, part, { bytes, direction }));
  }
  return found.length === 0 ? found : found.map((finding) => ({ ...finding, part: part.name }));
}

/** Rules and known secrets in text as it stands. */
function scanPlain(ruleSet: RuleSet, bytes: Uint8Array, direction: Direction): Finding[] {
  const found = scanBytes(ruleSet, bytes, { direction });
  if (direction === "inbound" || ruleSet.knownSecrets === undefined) return found;
  found.push(...ruleSet.knownSecrets.scan(bytes));
  return found;
}

/** Tells whether a part is worth decoding. */
function looksEncoded({ name, text }: Part, bytes: Uint8Array): boolean {
  // Without an escape or a plus, the decoded text of a form is the text itself.
  const isChanged = mayHoldEncoded(bytes) || (isForm(name) && text.includes(PLUS));
  return isChanged && ENCODED_REGEXP.test(text);
}

/** Whether the part is written in percent-encoding all over. */
function isForm(name: string): boolean {
  return name === URL_PART || name === "header:cookie";
}

/** Findings in what is encoded in a part; those of the text as it stands are known already. */
function scanDecoded(
  ruleSet: RuleSet,
  { name }: Part,
  { bytes, direction }: { readonly bytes: Uint8Array; readonly direction: Direction },
): Finding[] {
  const percent = isForm(name) ? "everything" : "around_escapes";
  return scanViews(ruleSet, bytes, { direction, percent })
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
  const found = new FormValues(ruleSet, { direction }).end(latin1Bytes(target.slice(start)));
  return found.map((finding) => ({
    ...finding,
    part: URL_PART,
    start: finding.start + start,
    end: finding.end + start,
  }));
}

/** Adds what was found in joined values only. */
function withJoined(found: readonly Finding[], joined: readonly Finding[]): Finding[] {
  const isKnown = ({ rule, secret }: Finding) =>
    found.some((other) =>
      other.part === URL_PART && other.rule === rule && other.secret === secret
    );
  return [...found, ...joined.filter((finding) => !isKnown(finding))];
}

const shared = new Uint8Array(SHARED_BYTES);

/** Encodes text; the next call may overwrite it. */
function latin1Bytes(text: string): Uint8Array {
  const { length } = text;
  const bytes = length > SHARED_BYTES ? new Uint8Array(length) : shared.subarray(0, length);
  writeLatin1(text, bytes);
  return bytes;
}
