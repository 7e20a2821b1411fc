/**
 * Text → the ranges of it that may be secrets, found by shape alone: runs that look random, values under
 * names such as `password`, userinfo in URLs. Used on the surroundings of a finding, where masking
 * too much costs a few characters of context and masking too little writes a secret to disk: it
 * over-reports on purpose. It is no detector: what is a threat is decided in `scan`.
 */

/** Shorter runs are words; 16 random characters are 96 bits in base64. */
const MIN_TOKEN_LENGTH = 16;

/**
 * Bits a character, Shannon. Sixteen random hex digits have 3.2 on average and 2.6 at the 0.1 %
 * quantile; English words of that length lie around 3.2 too, so that entropy alone does not decide.
 */
const MIN_TOKEN_ENTROPY = 2.6;
const MIN_PATH_ENTROPY = 4;

/** `=` only as padding: it stands between names and values. */
const TOKEN_RUN_REGEXP = /[A-Za-z0-9+/_~.%-]{16,}={0,2}/g;

const SECRET_NAME =
  "(?:api[_-]?|private[_-]?|access[_-]?|shared[_-]?|signing[_-]?)key|x-key|pass(?:word|wd|phrase|code)?|pwd|" +
  "secret|token|credentials?|signature|auth(?:orization)?|cookie|session(?:[_-]?id)?|jwt|assertion";

/** Query names whose values are secrets though they hold none of the words above. */
const SHORT_SECRET_NAMES: ReadonlySet<string> = new Set(["key", "sig", "sid", "code", "pw", "otp"]);

const SECRET_NAME_REGEXP = new RegExp(SECRET_NAME, "i");

const NAMED_VALUE_REGEXP = new RegExp(
  `(?:${SECRET_NAME})[\\w-]*["'\\\\]*\\s*(?:=>|[=:])\\s*["'\\\\]*(?:(?:bearer|basic|token|negotiate)\\s+)?([^\\s"'&;,<>\\\\]+)`,
  "gid",
);

const USERINFO_REGEXP = /:\/\/([^\s/@"']+)@/gd;

/** Character offsets, `end` exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Finds what may be a secret; ranges may overlap and are in no order. */
export function secretShapes(text: string): Range[] {
  return [
    ...tokenRanges(text),
    ...groupRanges(text, NAMED_VALUE_REGEXP),
    ...groupRanges(text, USERINFO_REGEXP),
  ];
}

/** Says whether a query parameter or field of this name is expected to carry a secret. */
export function isSecretName(name: string): boolean {
  return SHORT_SECRET_NAMES.has(name.toLowerCase()) || SECRET_NAME_REGEXP.test(name);
}

/** Says whether `run`, without white space, looks like a random token rather than like words. */
export function isTokenLike(run: string): boolean {
  if (run.length < MIN_TOKEN_LENGTH || entropyBits(run) < MIN_TOKEN_ENTROPY) return false;
  const hasDigit = /[0-9]/.test(run);
  const hasLower = /[a-z]/.test(run);
  const hasUpper = /[A-Z]/.test(run);
  if (hasDigit) return true;
  // Letters only: mixed case, or too long to be a word in any language written without spaces.
  return hasLower && hasUpper || run.length >= 32 && !/[_-]/.test(run);
}

function tokenRanges(text: string): Range[] {
  const ranges: Range[] = [];
  for (const { 0: run, index } of text.matchAll(TOKEN_RUN_REGEXP)) {
    if (!/[/.]/.test(run) ? isTokenLike(run) : isEncodedRun(run)) {
      ranges.push({ start: index, end: index + run.length });
      continue;
    }
    for (const piece of run.matchAll(/[^/.]+/g)) {
      if (!isTokenLike(piece[0])) continue;
      ranges.push({ start: index + piece.index, end: index + piece.index + piece[0].length });
    }
  }
  return ranges;
}

/** Base64 with slashes or a dotted token, against a path or a host name: it has all three kinds. */
function isEncodedRun(run: string): boolean {
  return /[0-9]/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run) &&
    entropyBits(run) >= MIN_PATH_ENTROPY;
}

function groupRanges(text: string, regexp: RegExp): Range[] {
  const ranges: Range[] = [];
  for (const match of text.matchAll(regexp)) {
    const span = match.indices?.[1];
    if (span !== undefined) ranges.push({ start: span[0], end: span[1] });
  }
  return ranges;
}

function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count / text.length * Math.log2(count / text.length);
  return bits;
}
