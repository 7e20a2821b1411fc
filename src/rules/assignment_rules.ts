/**
 * Secrets of no known form, told by the name they are given: `client_secret = "…"`, `DB_PASSWORD=…`.
 *
 * The last tier: it knows neither issuer nor form, so that its hits are `low`. Graded `medium` where they look
 * random, they found 0.7 % more of labelled secrets and as many more false alarms as all other rules together.
 */
import type { Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { shannonEntropy } from "./entropy.ts";
import { isCounted } from "./placeholder.ts";
import { isDemoPassword } from "./token_rules.ts";

/** Spellings of names, lower case; each is an anchor. */
const NAMES = [
  "secret",
  "password",
  "passwd",
  "passphrase",
  "apikey",
  "api_key",
  "api-key",
  "accesskey",
  "access_key",
  "access-key",
  "access_token",
  "accesstoken",
  "access-token",
  "auth_token",
  "authtoken",
  "auth-token",
  "private_token",
  "private-token",
  "refresh_token",
  "credential",
] as const;

/** Bits a character: what keeps out words, dates and numbers of versions. */
const MIN_ENTROPY = 2.8;

/** Code that stands where a value would: a path of names, a call, a type, a variable. */
const CODE_REGEXP = /^(?:[A-Za-z_]+(?:[._-][A-Za-z_]+)*|[A-Za-z_.]+\(.*|\$.*|process\.env.*)$/;

/** Every rule of this kind. */
export const ASSIGNMENT_RULES: readonly Rule[] = [
  {
    id: "secret_assignment",
    pattern: "secret_assignment",
    type: "EXFIL",
    severity: "low",
    directions: ["outbound"],
    anchors: NAMES,
    regexp: new RegExp(
      `(?:${
        NAMES.join("|")
      })(?:[_-]?(?:key|id|value|base))?["'\\]\\\\]{0,3}\\s{0,3}(?::=|=>|[:=])` +
        "\\s{0,3}[\"'`\\\\]{0,3}(?<secret>[A-Za-z0-9_+/=.~!@#%^&*-]{8,120})" +
        "(?![A-Za-z0-9_+/=.~!@#%^&*(-])",
      "i",
    ),
    maxLength: 170,
    verify: gradeAssigned,
    concealed: true,
    description: "A value that is named as a secret and looks like one.",
    source: "MITRE CWE-798; MITRE ATT&CK T1552.001",
    examples: ['client_secret = "' + 'kT9vQ2mZx71LkWv4sBd8RfUp"', "DB_PASSWORD=" + "t7Qz-x9w4Lk2"],
    nonExamples: [
      "password = getpass.getpass()",
      'api_key = "your-api-key-here"',
      "client_secret: settings.client_secret",
      'password: "password123"',
    ],
  },
];

function gradeAssigned({ secret }: RuleMatch): Verdict {
  if (CODE_REGEXP.test(secret) || isDemoPassword(secret) || isCounted(secret)) return "drop";
  return /[0-9]/.test(secret) && shannonEntropy(secret) >= MIN_ENTROPY ? "low" : "drop";
}
