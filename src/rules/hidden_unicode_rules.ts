/**
 * Rules for text that a person does not see and a model reads: the tags block, zero-width
 * characters, bidirectional controls, variation selectors, look-alike letters.
 *
 * The scanned text is UTF-8 bytes in latin1, so U+E0041 stands here as `\xf3\xa0\x81\x81`. Emoji
 * that are joined by U+200D, flags of subdivisions (a black flag, tags, a cancel tag), and joiners
 * in Indic, Arabic and Persian words are no findings. Unicode UTS #39, UTR #36, UTS #51.
 *
 * A rule of single characters takes in those that follow closely, so that a text full of them makes
 * hundreds of findings and not thousands.
 */
import type { Direction, Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { inReadableText } from "./readable_text.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];

/** U+E0000 to U+E007F. */
const TAG = String.raw`\xf3\xa0[\x80\x81][\x80-\xbf]`;
/** U+1F3F4, the only base of a tag sequence (UTS #51 §2.4.6). */
const BLACK_FLAG = "\xf0\x9f\x8f\xb4";
const FLAG_REGEXP =
  /^\xf0\x9f\x8f\xb4(?:\xf3\xa0\x81[\xa1-\xba]|\xf3\xa0\x80[\xb0-\xb9]){3,6}\xf3\xa0\x81\xbf$/;

/** U+200B, 200C, 200D, 2060 to 2064, FEFF, 180E, 034F, 115F, 1160, 3164, FFA0. */
const ZERO_WIDTH = String
  .raw`(?:\xe2\x80[\x8b-\x8d]|\xe2\x81[\xa0-\xa4]|\xef\xbb\xbf|\xe1\xa0\x8e|\xcd\x8f|\xe1\x85[\x9f\xa0]|\xe3\x85\xa4|\xef\xbe\xa0)`;

/** Hebrew, Arabic, Syriac, Thaana, N'Ko and the Arabic presentation forms, by their lead bytes. */
const RIGHT_TO_LEFT_REGEXP = /[\xd6-\xdf][\x80-\xbf]|\xef[\xac-\xbb][\x80-\xbf]/;

const ZERO_WIDTH_ANCHORS = [
  "\xe2\x80\x8b",
  "\xe2\x80\x8c",
  "\xe2\x80\x8d",
  "\xe2\x81\xa0",
  "\xe2\x81\xa1",
  "\xe2\x81\xa2",
  "\xe2\x81\xa3",
  "\xe2\x81\xa4",
  "\xef\xbb\xbf",
  "\xe1\xa0\x8e",
  "\xe3\x85\xa4",
  "\xef\xbe\xa0",
  "\xe1\x85\x9f",
  "\xe1\x85\xa0",
  "\xcd\x8f\xcd\x8f",
];

/**
 * U+FE0E and U+FE0F follow many an emoji, so that only two of them side by side are an anchor; any
 * other selector is rare enough to be one alone.
 */
const VARIATION_SELECTOR_ANCHORS = [
  ...Array.from({ length: 14 }, (_, at) => "\xef\xb8" + String.fromCharCode(0x80 + at)),
  ..."\x84\x85\x86\x87".split("").map((third) => "\xf3\xa0" + third),
  ...["\x8e", "\x8f"].flatMap((one) =>
    ["\x8e", "\x8f"].map((other) => `\xef\xb8${one}\xef\xb8${other}`)
  ),
];

/** Cyrillic and Greek letters that look like the ASCII letters beside them. */
const LOOK_ALIKE = String
  .raw`(?:\xd0[\xb0\xb5\xbe\x90\x95\x9a\x9c\x9d\x9e\xa0\xa1\xa2\xa5]|\xd1[\x80\x81\x83\x85\x95\x96\x98]|\xce\xbf|\xd2\xbb)`;

/**
 * An ASCII letter and then a double of `a`, `c`, `e`, `i`, `o`, `p` or `y`, the letters of which
 * most spoofs are made. Of three bytes, an anchor is dear: all doubles beside all letters would be
 * a thousand.
 */
const DOUBLE_WITHIN = {
  letters: "abcdefghiklmnoprstuvwxy",
  doubles: ["\xd0\xb0", "\xd1\x81", "\xd0\xb5", "\xd1\x96", "\xd0\xbe", "\xd1\x80", "\xd1\x83"],
};
/** A double of `a`, `c`, `e`, `o` or `p`, small or capital, and then an ASCII letter. */
const DOUBLE_AT_START = {
  letters: "abcdilmnoprtuvx",
  doubles: [
    ...["\xd0\xb0", "\xd1\x81", "\xd0\xb5", "\xd0\xbe", "\xd1\x80"],
    ...["\xd0\x90", "\xd0\xa1", "\xd0\x95", "\xd0\x9e", "\xd0\xa0"],
  ],
};
const LOOK_ALIKE_ANCHORS = [
  ...DOUBLE_WITHIN.doubles.flatMap((double) =>
    [...DOUBLE_WITHIN.letters].map((letter) => letter + double)
  ),
  ...DOUBLE_AT_START.doubles.flatMap((double) =>
    [...DOUBLE_AT_START.letters].map((letter) => double + letter)
  ),
];
const LOOK_ALIKE_CORE = `(?:(?i:[${DOUBLE_WITHIN.letters}])(?:${DOUBLE_WITHIN.doubles.join("|")})` +
  `|(?:${DOUBLE_AT_START.doubles.join("|")})(?i:[${DOUBLE_AT_START.letters}]))`;

const RULES: readonly Rule[] = [
  {
    id: "unicode_tags",
    pattern: "hidden_unicode",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["\xf3\xa0\x80", "\xf3\xa0\x81"],
    regexp: new RegExp(`(?:${BLACK_FLAG})?(?:${TAG}){1,100}`),
    maxLength: 404,
    verify: (match) => FLAG_REGEXP.test(match.text) ? "drop" : "high",
    description: "Characters of the tags block: ASCII that is invisible to people.",
    source: "Unicode §23.9 Tag Characters, UTS #51 §2.4.6; Goodside, ASCII smuggling (2024)",
    examples: ["text\xf3\xa0\x81\x89\xf3\xa0\x81\xa7", "a\xf3\xa0\x81\x81b"],
    nonExamples: [
      "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xb3\xf3\xa0\x81\xa3\xf3\xa0\x81\xb4\xf3\xa0\x81\xbf",
      "tags",
    ],
  },
  {
    id: "variation_selectors",
    pattern: "hidden_unicode",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: VARIATION_SELECTOR_ANCHORS,
    regexp: /(?:\xef\xb8[\x80-\x8f]|\xf3\xa0[\x84-\x87][\x80-\xbf]){3,100}/,
    maxLength: 400,
    description: "A run of variation selectors: bytes hidden behind one visible character.",
    source:
      "Unicode §23.4 Variation Selectors; Butler, Smuggling arbitrary data through an emoji (2025)",
    examples: ["\xf0\x9f\x98\x80\xf3\xa0\x85\x98\xf3\xa0\x85\x95\xf3\xa0\x85\x9c"],
    nonExamples: ["\xe8\x91\x9b\xf3\xa0\x84\x80 ideographic variant"],
  },
  {
    id: "zero_width_run",
    pattern: "hidden_unicode",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: ZERO_WIDTH_ANCHORS,
    regexp: new RegExp(`${ZERO_WIDTH}{2,100}`),
    maxLength: 300,
    verify: gradeZeroWidthRun,
    description: "A run of characters without width.",
    source: "Unicode §23.2 Layout Controls, UTR #36 §3; Boucher et al., Bad Characters (2021)",
    examples: [
      "Normal text\xe2\x80\x8b\xe2\x80\x8b\xe2\x80\x8b\xe2\x80\x8bhidden",
      "a\xe2\x80\x8c\xe2\x80\x8d\xe2\x81\xa0b",
    ],
    nonExamples: ["\xf0\x9f\xa7\x91\xe2\x80\x8d\xf0\x9f\x8e\xa8", "plain"],
  },
  {
    id: "zero_width_in_word",
    pattern: "hidden_unicode",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: ZERO_WIDTH_ANCHORS,
    regexp: new RegExp(`(?:[A-Za-z0-9_](?!\\xcd)${ZERO_WIDTH}){1,40}(?=[A-Za-z0-9_])`),
    maxLength: 160,
    description: "A character without width inside a word of ASCII letters.",
    source: "Boucher and Anderson, Trojan Source (CVE-2021-42694); UTS #39 §5.1",
    examples: ["fn is\xe2\x80\x8bAdmin()", "pass\xe2\x80\x8dword"],
    nonExamples: [
      "Heading\xe2\x80\x8b\n",
      "\xd9\x85\xdb\x8c\xe2\x80\x8c\xda\xa9\xd9\x86\xd8\xaf",
      "\xef\xbb\xbfusing System;",
    ],
  },
  {
    id: "soft_hyphen_run",
    pattern: "hidden_unicode",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: ["\xc2\xad\xc2\xad"],
    regexp: /(?:\xc2\xad){2,100}/,
    maxLength: 200,
    description: "Soft hyphens side by side, which no hyphenation makes.",
    source: "Unicode §23.2, UAX #14 SHY",
    examples: ["soft\xc2\xad\xc2\xadhyphen"],
    nonExamples: ["hy\xc2\xadphen\xc2\xadation"],
  },
  {
    id: "bidi_override",
    pattern: "hidden_unicode",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["\xe2\x80\xad", "\xe2\x80\xae"],
    regexp: /\xe2\x80[\xad\xae](?:[^\r\n]{0,200}\xe2\x80[\xad\xae])?/,
    maxLength: 206,
    verify: (match) => rightToLeft(match) ? "low" : "high",
    description: "A direction override: text is shown in another order than it is read.",
    source: "UAX #9 §2.2; Boucher and Anderson, Trojan Source (CVE-2021-42574)",
    examples: ['if (level != "user\xe2\x80\xae")', "photo\xe2\x80\xaegpj.exe"],
    nonExamples: ["\xe2\x80\x9cquoted\xe2\x80\x9d", "a\xe2\x80\x8eb"],
  },
  {
    id: "bidi_embedding",
    pattern: "hidden_unicode",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: ["\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x81\xa6", "\xe2\x81\xa7"],
    regexp:
      /\xe2(?:\x80[\xaa\xab]|\x81[\xa6\xa7])(?:[^\r\n]{0,200}\xe2(?:\x80[\xaa\xab]|\x81[\xa6\xa7]))?/,
    maxLength: 206,
    verify: (match) => rightToLeft(match) ? "low" : "medium",
    description: "A direction embedding or isolate among text that runs left to right.",
    source: "UAX #9 §2.1, §2.4; Boucher and Anderson, Trojan Source (CVE-2021-42574)",
    examples: ["''' subtract \xe2\x81\xa7''' ;return", "/*\xe2\x81\xa6 admins */"],
    nonExamples: ["\xe2\x81\xa8Alice\xe2\x81\xa9 joined", "\xe2\x80\x8fmark"],
  },
  {
    id: "look_alike_letters",
    pattern: "hidden_unicode",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: LOOK_ALIKE_ANCHORS,
    regexp: new RegExp(
      String.raw`(?<![\x80-\xff\w])(?:[A-Za-z0-9.-]|${LOOK_ALIKE}){0,40}${LOOK_ALIKE_CORE}` +
        String.raw`(?:[A-Za-z0-9.-]|${LOOK_ALIKE}){0,40}(?![\x80-\xff\w])`,
    ),
    maxLength: 163,
    verify: gradeLookAlike,
    description: "A word that mixes ASCII with letters of another script that look the same.",
    source: "UTS #39 §4 Confusable Detection, §5.1 Mixed-Script Detection",
    examples: ["https://p\xd0\xb0ypal.com/", "\xd0\xb0pple.com"],
    nonExamples: [
      "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 world",
      "html-\xd0\xba\xd0\xbe\xd0\xb4",
      "paypal.com",
    ],
  },
];

/** Every rule about invisible or deceiving characters. */
export const HIDDEN_UNICODE_RULES: readonly Rule[] = RULES.map(inReadableText);

function rightToLeft(match: RuleMatch): boolean {
  return RIGHT_TO_LEFT_REGEXP.test(match.text) || RIGHT_TO_LEFT_REGEXP.test(match.before) ||
    RIGHT_TO_LEFT_REGEXP.test(match.after);
}

/** Two joiners in a Persian word are a typing slip; eight characters carry a byte. */
function gradeZeroWidthRun(match: RuleMatch): Verdict {
  const count = match.text.length / 3;
  if (count < 4 && (rightToLeft(match) || /[\x80-\xbf]$/.test(match.before))) return "low";
  // Two spaces without width beside a space are what translation services leave behind.
  if (/^(?:\xe2\x80\x8b){2}$/.test(match.text) && /\s$/.test(match.before)) return "low";
  // A byte order mark before another is two files joined.
  if (/^(?:\xef\xbb\xbf){2}$/.test(match.text) && match.before === "") return "low";
  return count >= 8 ? "high" : "medium";
}

function gradeLookAlike(match: RuleMatch): Verdict {
  const ascii = match.text.replace(/[^A-Za-z]/g, "").length;
  const foreign = match.text.replace(/[^\xc0-\xff]/g, "").length;
  if (ascii < 3 || foreign === 0 || foreign > ascii) return "drop";
  return "medium";
}
