/**
 * Makes a rule from a vendor's name and the alphabet and length of its keys: such a key has no
 * mark of its own, so it counts only where the name stands shortly before it, as in
 * `ALGOLIA_API_KEY=…`, `"algolia": {"key": "…"}` or `https://api.algolia.com/?key=…`.
 *
 * Invariant: a match begins with the name, so that nothing has to be held back before it.
 */
import type { Rule, RuleMatch, Severity } from "../scan/rule.ts";
import { gradeSecret, milder } from "./grade_secret.ts";
import { acceptedSample, type TokenPattern, tokenPattern } from "./token_pattern.ts";
import { COMMON_KEY, COMMON_KEY_LENGTHS } from "./token_shapes.ts";
import { vendorHomes } from "./vendor_homes.ts";

/** Bytes between name and key. Longer than `_SECRET_ACCESS_KEY": "`, shorter than a sentence. */
const MAX_GAP = 40;

/** What follows the name of a vendor where its key is spoken of. */
const KEY_WORDS = ["key", "api", "token", "secret", "access", "auth"] as const;

/** A name this short is part of other words, so it has to begin one. */
const SHORT_NAME = 6;

/** What cannot follow a key: more of its alphabet, or a character that makes it part of more. */
const END = "(?![A-Za-z0-9_-]|[?!+/=~*^#$.][A-Za-z0-9])";

/** What stands between a name like `…_TOKEN` and its value in code, settings and prose. */
const ASSIGNMENT =
  "(?i:key|token|secret|passw(?:or)?d|pwd|pat|credentials?)[\"'`\\])}>]{0,2}\\s{0,3}" +
  "(?:[:=?.]{1,3}=?>?|-|,|is)?\\s{0,3}[\"'`>]?";

/** A key that is assigned to the vendor's name and is longer than words are, whatever its form. */
const ASSIGNED_KEY = `(?<=${ASSIGNMENT})[A-Za-z0-9_+/=.~-]{27,139}[A-Za-z0-9_+/=]`;

/** A hash of content after a path, a package's name or its own: a commit, not a key. */
const CONTENT_HASH_REGEXP =
  /(?:[\/#@]|\b(?:commit|rev(?:ision)?|sha-?(?:1|256|512)?|digest|checksum|integrity|hash)\b[^]{0,12})(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/** Names of keys that every visitor is handed, or that open nothing of worth. */
const PUBLIC_KEY_REGEXP = /client[_ -]?(?:key|id)|publi(?:c|shable)|sandbox|sentry_key=/i;

/** Small letters, hyphens or underscores, and one digit at most: words that name something. */
const WORDS_REGEXP = /^(?=.{20})[a-z]{2,100}[0-9]?(?:[_-][a-z]{1,100}[0-9]?){1,20}$/;

/** A form of hexadecimal digits and nothing else, of base64, or of groups with hyphens between. */
const STRICT_FORM_REGEXP =
  /^\[[0-9A-Fa-f-]+\]\{[0-9]+\}$|^\[A-Za-z0-9\/\+\]|^\[0-9a-[fz]\]\{8\}\(\?:-\[/;

/** One vendor. */
export interface VendorOptions {
  /** Spellings of the name besides the vendor's own. */
  readonly also?: readonly string[];
  /** @default {"medium"} */
  readonly severity?: Severity;
  /** For a name that is an everyday word: `key`, `token` or the like must follow at once. */
  readonly names?: "distinctive" | "everyday";
  /** Bits a character. @default {2.8} */
  readonly minEntropy?: number;
  readonly needs?: RegExp;
}

/** Name (words apart), site, and what its keys look like; without the last, any common form. */
export type VendorRow = readonly [
  name: string,
  site: string,
  token?: string,
  options?: VendorOptions,
];

/** Makes the rules of a table of vendors. */
export function contextualRules(rows: readonly VendorRow[]): readonly Rule[] {
  return rows.map(contextualRule);
}

/**
 * Makes the rule of one vendor.
 *
 * @throws {SyntaxError} if the token's expression is not bounded.
 */
export function contextualRule(row: VendorRow): Rule {
  const [name, site, token = COMMON_KEY, options = {}] = row;
  const { severity = "medium", minEntropy = 2.8, needs = /[0-9]/ } = options;
  const names = [name, ...(options.also ?? [])];
  const spellings = options.names === "everyday"
    ? names.flatMap((spelling) => KEY_WORDS.map((word) => `${spelling} ${word}`))
    : names;
  const gap = `[^]{0,${MAX_GAP}}?`;
  const named = `(?:${spellings.map(spellingSource).join("|")})`;
  const source = `${named}${gap}` +
    `(?<![A-Za-z0-9_?])(?<secret>${token}|${ASSIGNED_KEY})${END}`;
  const pattern = patternOf(token);
  const gradeKey = gradeSecret({ severity, minEntropy, needs, counted: "medium" });
  const lengths = row[2] === undefined ? [] : lengthsOf(token);
  const shape = new RegExp(`^(?:${token})$`);
  const grade = (match: RuleMatch) => {
    if (CONTENT_HASH_REGEXP.test(match.text)) return "drop";
    if (WORDS_REGEXP.test(match.secret)) return milder(gradeKey(match), "low");
    const isShaped = shape.test(match.secret) &&
      (row[2] !== undefined || COMMON_KEY_LENGTHS.has(match.secret.length));
    if (isShaped) return gradeKey(match);
    // Of a key that has not the vendor's form, name and assignment have to stand in one line.
    if (/[\r\n]/.test(match.text)) return "drop";
    if (PUBLIC_KEY_REGEXP.test(match.text)) return "low";
    const isNearMiss = lengths.some((length) =>
      length === match.secret.length
        ? STRICT_FORM_REGEXP.test(token)
        : Math.abs(length - match.secret.length) <= nearness(match.secret)
    );
    return isNearMiss && gradeKey(match) === severity ? "low" : gradeKey(match);
  };
  const accepts = (secret: string) =>
    grade({ text: secret, secret, groups: {}, before: "", after: "" }) === severity;
  const vendorKey = `${name.replaceAll(/\W+/g, "_")}_key`;
  const label = name.replaceAll(/\W+/g, "_").toUpperCase();
  return {
    id: `named_${vendorKey}`,
    pattern: vendorKey,
    type: "EXFIL",
    severity,
    directions: ["outbound"],
    anchors: spellings.flatMap(anchorsOf),
    regexp: new RegExp(source),
    maxLength: tokenPattern(named).maxLength + MAX_GAP +
      Math.max(pattern.maxLength, patternOf(ASSIGNED_KEY).maxLength),
    verify: grade,
    get homes() {
      return vendorHomes(site, names);
    },
    description: `A key for ${site}, told by the name before it and by its length.`,
    source: `The documentation of the API at https://${site}`,
    get examples() {
      const secret = acceptedSample(pattern, name, accepts);
      return [`${label}_KEY=${secret}`, `{"${label}_TOKEN": "${secret}"}`];
    },
    get nonExamples() {
      const secret = acceptedSample(pattern, name, accepts);
      return [secret, `${label}_KEY is not near ${" ".repeat(MAX_GAP)} ${secret}`];
    },
  };
}

/** Keys of many vendors look alike: each form is read once. */
const patterns = new Map<string, TokenPattern>();

function patternOf(token: string): TokenPattern {
  let pattern = patterns.get(token);
  if (pattern === undefined) patterns.set(token, pattern = tokenPattern(token));
  return pattern;
}

/** Lists the lengths of the forms that `token` names, each at its shortest and longest. */
function lengthsOf(token: string): readonly number[] {
  const forms: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= token.length; at++) {
    if (token[at] === "(") depth++;
    if (token[at] === ")") depth--;
    if (at < token.length && (token[at] !== "|" || depth > 0)) continue;
    forms.push(token.slice(start, at));
    start = at + 1;
  }
  return forms.flatMap((form) => {
    const { minLength, maxLength } = tokenPattern(form);
    return [minLength, maxLength];
  });
}

/** How many characters a key may have more or less than its form: of hexadecimal digits some more. */
function nearness(secret: string): number {
  return /^[0-9a-f]+$/.test(secret) ? Math.max(2, Math.round(secret.length / 6)) : 2;
}

/** Writes a name as an expression: words may be joined or parted by one separator. */
function spellingSource(spelling: string): string {
  const spelled = anchorsOf(spelling).map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const edge = (spelling.split(" ")[0] ?? "").length < SHORT_NAME ? "(?<![A-Za-z0-9])" : "";
  return `${edge}(?i:${spelled.join("|")})`;
}

function anchorsOf(spelling: string): readonly string[] {
  const words = spelling.toLowerCase().split(" ");
  if (words.length === 1) return words;
  return ["", " ", "_", "-", "."].map((separator) => words.join(separator));
}
