/**
 * Rules for the look of what sensitive files contain: account and shadow lines, sudo rules, AWS
 * credentials, netrc, pgpass, password hashes, client keys.
 *
 * Leaving the machine such content is a leak; arriving it is somebody else's, or documentation, and
 * graded lower. A rule has one severity, so that where it matters the two directions are two rules.
 */
import type { Direction, Rule, RuleMatch, Severity, Verdict } from "../scan/rule.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];

/** One rule for what leaves and one, milder, for what arrives. */
function bothWays(rule: Omit<Rule, "directions">, inbound: Severity): readonly Rule[] {
  return [
    { ...rule, directions: ["outbound"] },
    {
      ...rule,
      id: `${rule.id}_inbound`,
      directions: ["inbound"],
      severity: inbound,
      verify: capped(rule.verify, inbound),
    },
  ];
}

function capped(verify: Rule["verify"], most: Severity): (match: RuleMatch) => Verdict {
  return (match) => {
    const verdict = verify?.(match) ?? most;
    return verdict === "high" || verdict === "medium" || verdict === "critical" ? most : verdict;
  };
}

const PLACEHOLDER_REGEXP =
  /your|example|x{4}|<|\*{3}|\.{3}|changeme|\$\{|\{\{|placeholder|redacted/i;

/** Every rule about the content of sensitive files. */
export const SENSITIVE_CONTENT_RULES: readonly Rule[] = [
  ...bothWays({
    id: "passwd_line",
    pattern: "unix_sensitive",
    type: "EXFIL",
    severity: "high",
    anchors: [":x:", ":*:", ":!:"],
    regexp:
      /(?<=(?<![\w.$\/-])[A-Za-z_][\w.-]{0,31}\$?):[x*!]:\d{1,10}:\d{1,10}:[^:\r\n]{0,80}:\/[^:\r\n]{0,80}:\/(?:usr\/)?(?:s?bin|local\/s?bin)\/[\w.-]{2,30}/,
    maxLength: 280,
    description: "A line of /etc/passwd.",
    source: "passwd(5); MITRE ATT&CK T1003.008",
    examples: [
      "root:x:0:0:root:/root:/bin/bash",
      "daemon:*:1:1:System Services:/var/root:/usr/bin/false",
    ],
    nonExamples: ["PATH=/usr/bin:/bin/bash", "a:b:c:/bin/sh", "12:30:00:/bin/sh"],
  }, "medium"),
  ...bothWays({
    id: "shadow_line",
    pattern: "unix_sensitive",
    type: "EXFIL",
    severity: "critical",
    anchors: [
      ":$1$",
      ":$2a$",
      ":$2b$",
      ":$2y$",
      ":$5$",
      ":$6$",
      ":$7$",
      ":$y$",
      ":$gy$",
      ":!$1$",
      ":!$2a$",
      ":!$2b$",
      ":!$2y$",
      ":!$5$",
      ":!$6$",
      ":!$7$",
      ":!$y$",
      ":!$gy$",
      ":*:",
      ":!:",
      ":!!:",
      ":!*:",
    ],
    regexp:
      /(?<=(?<![\w.$\/-])[A-Za-z_][\w.-]{0,31}\$?):(?:!?\$(?:1|2[aby]|5|6|7|y|gy)\$[^:\s]{8,180}:\d{0,6}:\d{0,6}:\d{0,6}:\d{0,6}:\d{0,6}:|(?:!\*|!!|!|\*):\d{0,6}:\d{0,6}:99999:\d{0,6}:\d{0,6}:)/,
    maxLength: 280,
    verify: (match) => match.text.includes("$") ? "critical" : "medium",
    description: "A line of /etc/shadow, with its password hash.",
    source: "shadow(5), crypt(5); MITRE ATT&CK T1003.008",
    examples: [
      "root:$6$saltsalt$" + "hashhashhashhash:19000:0:99999:7:::",
      "daemon:*:19000:0:99999:7:::",
    ],
    nonExamples: ["cost:$2 per unit", "a:!:1", "price:$5$ or more"],
  }, "medium"),
  ...bothWays({
    id: "sudoers_line",
    pattern: "unix_sensitive",
    type: "EXFIL",
    severity: "medium",
    anchors: ["all=(", "all = (", "all =(", "all= ("],
    regexp:
      /(?<=(?<![\w-])%?[A-Za-z_][\w.-]{0,31}(?:\s|\\t){1,8})ALL ?= ?\((?:ALL|root)(?: ?: ?ALL)?\)\s{0,4}(?:(?:NOPASSWD|NOEXEC|SETENV):\s?)?(?:ALL\b|\/[\w\/.-]{2,60})/,
    maxLength: 180,
    description: "A rule of sudo.",
    source: "sudoers(5); MITRE ATT&CK T1548.003",
    examples: ["root\tALL=(ALL:ALL) ALL", "%admin ALL=(ALL) NOPASSWD: ALL"],
    nonExamples: ["CALL=(x)", "ALL=(ALL)"],
  }, "low"),
  {
    id: "aws_credentials_content",
    pattern: "dotenv_file",
    type: "EXFIL",
    severity: "high",
    directions: BOTH,
    anchors: ["aws_access_key_id"],
    regexp:
      /aws_access_key_id\s{0,4}[=:]\s{0,4}[^\s\\]{2,60}(?:\s|\\[nr]){1,6}aws_secret_access_key\s{0,4}[=:]\s{0,4}(?<secret>[^\s\\]{2,80})/i,
    maxLength: 320,
    verify: (match) =>
      PLACEHOLDER_REGEXP.test(match.secret) ? "low" : match.secret.length < 16 ? "medium" : "high",
    description: "The content of ~/.aws/credentials, or the same as environment variables.",
    source: "AWS CLI user guide: credential file settings; T1552.001",
    examples: ["[default]\naws_access_key_id = foo\naws_secret_access_key = bar"],
    nonExamples: ["aws_secret_access_key is required", "aws configure set aws_access_key_id X"],
  },
  {
    id: "netrc_content",
    pattern: "dotenv_file",
    type: "EXFIL",
    severity: "medium",
    directions: BOTH,
    anchors: ["machine ", "machine\t"],
    regexp:
      /(?<![\w-])machine[ \t]{1,4}[\w.:-]{1,100}(?:\s|\\[nt]){1,8}login(?:\s|\\[nt]){1,4}[^\s\\]{1,80}(?:\s|\\[nt]){1,8}(?:account\s{1,4}\S{1,60}[^\r\n]{0,80}\s{1,8})?password(?:\s|\\[nt]){1,4}(?<secret>[^\s\\]{1,120})/,
    maxLength: 540,
    verify: (match) =>
      PLACEHOLDER_REGEXP.test(match.secret) ||
        /^(?:pass(?:word)?|secret|string)$/i.test(match.secret)
        ? "low"
        : "medium",
    description: "A log-in of a netrc file.",
    source: "netrc(5), curl manual: netrc",
    examples: [
      "machine ftp.example.org login joe password s3cretValue",
      "machine a.b\n\tlogin joe\n\tpassword hunter22",
    ],
    nonExamples: ["machine learning login password", "the machine has a login"],
  },
  {
    id: "pgpass_content",
    pattern: "dotenv_file",
    type: "EXFIL",
    severity: "medium",
    directions: BOTH,
    anchors: [":5432:", ":5433:", ":6432:", ":*:"],
    regexp:
      /(?<=(?:^|[\r\n"']|\\n)(?!(?:https?|postgres\w{0,20}|jdbc))(?:[A-Za-z][\w.-]{1,80}|\d{1,3}(?:\.\d{1,3}){3}|\*)):(?:5432|5433|6432|\*):(?:[\w-]{1,60}|\*):(?:[\w.-]{1,60}|\*):(?<secret>[^\s:"'\\]{4,80})(?=$|[\r\n"'\\])/,
    maxLength: 340,
    verify: (match) =>
      PLACEHOLDER_REGEXP.test(match.secret) ||
        /^(?:password|database|username)$/i.test(match.secret)
        ? "low"
        : "medium",
    description: "A line of a PostgreSQL password file.",
    source: "PostgreSQL documentation §34.16 The Password File",
    examples: ["db.example.org:5432:app:joe:s3cr3tPw", "*:*:*:postgres:hunter22"],
    nonExamples: ["hostname:port:database:username:password", "postgres:5432:80"],
  },
  {
    id: "htpasswd_line",
    pattern: "password_hash",
    type: "EXFIL",
    severity: "high",
    directions: BOTH,
    anchors: [":$apr1$", ":{sha}", ":{ssha}", ":$2y$"],
    regexp:
      /(?<=(?<![\w.\/-])[A-Za-z_][\w.@-]{0,40}):(?<secret>\$apr1\$[.\/0-9A-Za-z]{1,8}\$[.\/0-9A-Za-z]{22}|\{S{1,2}HA\}[A-Za-z0-9+\/]{27,40}={0,2}|\$2y\$\d\d\$[.\/0-9A-Za-z]{53})/,
    maxLength: 140,
    description: "A line of an htpasswd file.",
    source: "Apache HTTP Server: Password Formats",
    examples: [
      "admin:$apr1$" + "lZL6V/ci$eIMz/iKDkbtys/uU7LEK00",
      "u:{SHA}" + "W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    ],
    nonExamples: ["user:$apr1$short", "a:{SHA}"],
  },
  {
    id: "windows_hash_dump",
    pattern: "password_hash",
    type: "EXFIL",
    severity: "critical",
    directions: BOTH,
    anchors: ["aad3b435b51404ee"],
    regexp:
      /(?<=[\w.$\\ -]:\d{3,5}:)aad3b435b51404eeaad3b435b51404ee:(?<secret>[0-9a-fA-F]{32}):::/,
    maxLength: 160,
    description: "A line of a dump of Windows password hashes.",
    source: "MITRE ATT&CK T1003.002; pwdump format",
    examples: [
      "Administrator:500:aad3b435b51404ee" + "aad3b435b51404ee:31d6cfe0d16ae931b73c59d7e0c089c0:::",
    ],
    nonExamples: ["a:500:b", "port:500:udp"],
  },
  {
    id: "kubeconfig_content",
    pattern: "credential_content",
    type: "EXFIL",
    severity: "high",
    directions: BOTH,
    anchors: ["client-key-data"],
    regexp:
      /\bclient-key-data\\{0,2}"?\s?:\s{0,3}\\{0,2}["']?(?<secret>LS0t[A-Za-z0-9+\/]{40,200})/,
    maxLength: 260,
    description: "The client key of a kubeconfig.",
    source: "Kubernetes: organizing cluster access using kubeconfig files",
    examples: [
      "client-key-data: LS0t" + "LS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcEFJQkFBS0NBUUVB",
    ],
    nonExamples: ["client-key-data: <base64>", "client-key-data: REDACTED"],
  },
  {
    id: "docker_auth_content",
    pattern: "credential_content",
    type: "EXFIL",
    severity: "high",
    directions: BOTH,
    anchors: ['"auths"'],
    regexp:
      /"auths"\s?:\s?\{\s{0,12}"[^"\r\n]{1,120}"\s?:\s?\{[^{}]{0,120}"auth"\s?:\s?"(?<secret>[A-Za-z0-9+\/]{12,200}={0,2})"/,
    maxLength: 500,
    description: "A registry log-in of a Docker configuration.",
    source: "Docker: ~/.docker/config.json, docker login",
    examples: ['{"auths":{"https://index.docker.io/v1/":{"auth":"' + 'am9lOmh1bnRlcjIyMjI="}}}'],
    nonExamples: ['{"auths":{}}'],
  },
];
