/** Credentials of no one vendor: JSON Web Tokens, HTTP authorization, passwords in URLs. */
import type { Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { shannonEntropy } from "./entropy.ts";
import { BOTH_DIRECTIONS } from "./exact_rule.ts";
import { gradeSecret } from "./grade_secret.ts";
import { isPlaceholder } from "./placeholder.ts";

/** Passwords that documentation, tutorials and local set-ups use; finding one is not a leak. */
const DEMO_PASSWORD_REGEXP =
  /^(?:pass(?:word|wd|phrase)?|pwd|secret|token|test|guest|admin|root|user(?:name)?|default|foo|bar|baz|qux|abc|demo|none|null|undefined|changeit|hunter2|proxy_?pass|key|api_?key|postgres|mysql|redis|mongo(?:db)?|rabbitmq|[a-z]|\*+|x+|\.+|:?port|[0-9]{1,5})[0-9]{0,4}$/i;

/** 2025-01-01: a token that ran out before was out of use when these rules were written. */
const LONG_AGO_SECONDS = 1_735_689_600;

/** 2050-01-01: no issuer makes tokens that only begin to be valid then. */
const FAR_AHEAD_SECONDS = 2_524_608_000;

/** `%s`, `${…}`, `{{…}}`, `<…>`, `$NAME`, `:name`, `[…]`, `#{…}`: filled in later. */
const TEMPLATE_REGEXP = /[${}<>|`]|%[a-z(]|^[:%#@&*[(]|\\\(|\.\.\.|\*\*|\u2022|^[A-Z_]{3,}$|\+$/;

/** Says whether a password is a stand-in, a template or one that demonstrations use. */
export function isDemoPassword(password: string): boolean {
  return DEMO_PASSWORD_REGEXP.test(password) || TEMPLATE_REGEXP.test(password) ||
    isPlaceholder(password);
}

/** Grades the password of a URL by its look: demonstration, short, or a secret. */
function gradeUrlPassword({ secret, groups }: RuleMatch): Verdict {
  if (isDemoPassword(secret) || secret === groups["user"]) return "info";
  return secret.length >= 6 ? "high" : "medium";
}

export const TOKEN_RULES: readonly Rule[] = [
  {
    id: "json_web_token",
    pattern: "jwt",
    type: "EXFIL",
    severity: "medium",
    directions: BOTH_DIRECTIONS,
    anchors: ["eyj", "ewog"],
    regexp:
      /(?<![A-Za-z0-9_-])(?:eyJ|ewog)[A-Za-z0-9_-]{14,500}\.eyJ?[A-Za-z0-9_-]{14,2500}(?:\.[A-Za-z0-9_-]{10,1000})?(?![A-Za-z0-9_-]|\.[A-Za-z0-9])/,
    maxLength: 4010,
    verify: gradeJwt,
    description: "A JSON Web Token.",
    source: "RFC 7519 §3.1",
    examples: [
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "eyJzdWIiOiI4MTkyMzciLCJuYW1lIjoiQS4gQi4ifQ." +
      "Qm9i0dGVzdHNpZ25hdHVyZXRoYXRpc2xvbmc",
    ],
    nonExamples: ["eyJBB.eyJCC.eyJDDDD"],
  },
  {
    id: "basic_authorization",
    pattern: "basic_auth",
    type: "EXFIL",
    severity: "medium",
    directions: ["outbound"],
    anchors: ["authorization", '"basic ', "'basic ", "`basic "],
    regexp:
      /(?:authorization["'\\]{0,4}\s?[:=,]\s?["'\\]{0,4}|["'`])(?:basic) (?<secret>[A-Za-z0-9+/]{8,400}={0,2})(?![A-Za-z0-9+/=])/i,
    maxLength: 440,
    verify: gradeBasic,
    description: "A user name and password in an HTTP Basic authorization.",
    source: "RFC 7617 §2",
    examples: ["Authorization: Basic " + "c3ZjLWJ1aWxkOnRSNCMuazlQMnhaIQ=="],
    nonExamples: ['Authorization: Basic "credentials"', "use Basic authentication here"],
  },
  {
    id: "bearer_authorization",
    pattern: "bearer_token",
    type: "EXFIL",
    severity: "medium",
    directions: ["outbound"],
    anchors: [
      "authorization",
      '"bearer ',
      "'bearer ",
      "`bearer ",
      '"token ',
      "'token ",
      "`token ",
      "token token=",
    ],
    regexp:
      /(?:(?:authorization["'\\]{0,4}\s?[:=,]\s?["'\\]{0,4}|["'`])(?:bearer|token) |(?:token token=)["']?)(?<secret>[A-Za-z0-9_.~+/=-]{20,500})(?![A-Za-z0-9_~+/=-])/i,
    maxLength: 560,
    verify: gradeSecret({ severity: "medium", minEntropy: 3.5, needs: /[0-9]/ }),
    description: "A bearer token in an HTTP authorization.",
    source: "RFC 6750 §2.1",
    examples: ["Authorization: Bearer " + "7Yt0pQ2mZx91LkWv4sBd8RfU"],
    nonExamples: ["Authorization: Bearer YOUR_ACCESS_TOKEN_HERE", "a bearer of good news"],
  },
  {
    id: "url_password",
    pattern: "url_password",
    type: "EXFIL",
    severity: "high",
    directions: ["outbound"],
    anchors: ["://"],
    regexp:
      /(?<=[a-z0-9]):\/\/(?<user>[^\s:@/?#"'<>\\{}[\]()|,`;=$]{0,64}):(?<secret>[^\s:@/?#"'<>\\[\](),`]{3,100})@(?=[A-Za-z0-9[{<$_%-])/,
    maxLength: 170,
    verify: gradeUrlPassword,
    description: "A password in the user part of a URL.",
    source: "RFC 3986 §3.2.1",
    examples: ["ftp://deploy:" + "k9x_Tq4wLz@files.corp.internal/x"],
    nonExamples: [
      "https://user:password@example.com/",
      "https://${USER}:${PASS}@host/",
      "https://registry.example.com:8443/image@sha256:0123",
    ],
  },
];

/** Grades a token by whether its parts are what they have to be: JSON. */
function gradeJwt(match: RuleMatch): Verdict {
  const [header = "", claims = ""] = match.secret.split(".");
  const graded = gradeSecret({ severity: "medium", minEntropy: 3.5 })(match);
  if (graded !== "medium" || jsonOf(header) === undefined) {
    return graded === "medium" ? "low" : graded;
  }
  const value = jsonOf(claims);
  if (value === undefined) return "low";
  const { exp, nbf, redirect_uri } = value;
  // An OAuth request is no credential, and what has run out, or isn't valid yet, opens nothing.
  const isOver = typeof exp === "number" && exp < LONG_AGO_SECONDS;
  const isToCome = typeof nbf === "number" && nbf > FAR_AHEAD_SECONDS;
  return isOver || isToCome || redirect_uri !== undefined ? "low" : "medium";
}

/** Reads a JSON object in base64url; undefined: it holds none. */
function jsonOf(base64url: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? value as Readonly<Record<string, unknown>>
      : undefined;
  } catch {
    // Neither base64 nor JSON: it only looks like a token.
    return undefined;
  }
}

/** Decodes the pair and judges its password. */
function gradeBasic({ secret }: RuleMatch): Verdict {
  let pair: string;
  try {
    pair = atob(secret);
  } catch {
    // Not base64: some other scheme's words.
    return "drop";
  }
  const cut = pair.indexOf(":");
  // deno-lint-ignore no-control-regex -- a decoded pair of text has no control characters
  if (cut < 0 || /[\x00-\x1f]/.test(pair)) return "drop";
  const password = pair.slice(cut + 1);
  const userIsToken = password === "" && shannonEntropy(pair) > 3.5;
  if (!userIsToken && (password === "" || isDemoPassword(password))) return "info";
  return "medium";
}
