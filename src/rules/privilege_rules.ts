/**
 * Rules for commands that widen rights or blind the guards: sudoers, set-uid shells, new accounts,
 * ways out of a container, protection and history switched off.
 */
import type { Direction, Rule } from "../scan/rule.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];

/** Every rule about rights. */
export const PRIVILEGE_RULES: readonly Rule[] = [
  {
    id: "sudoers_write",
    pattern: "privilege_escalation",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["/etc/sudoers", "nopasswd:"],
    regexp:
      /(?:ALL=\(ALL(?::ALL)?\)\s?(?:NOPASSWD:\s?)?ALL\\{0,3}["']?\s{0,3}(?:>{1,2}|\|\s?(?:sudo\s)?tee\s(?:-a\s)?)|(?:>{1,2}|\btee\s(?:-a\s)?))\s{0,3}\\{0,2}["']?\/etc\/sudoers(?:\.d\/[\w.-]{1,30})?/,
    maxLength: 160,
    description: "A sudo rule added from a command line.",
    source: "sudoers(5); MITRE ATT&CK T1548.003",
    examples: [
      "echo 'x ALL=(ALL) NOPASSWD:ALL' >> /etc/sudoers",
      "printf y | sudo tee /etc/sudoers.d/x",
    ],
    nonExamples: ["visudo -c -f /etc/sudoers", "x ALL=(ALL) NOPASSWD: /usr/bin/apt"],
  },
  {
    id: "account_backdoor",
    pattern: "privilege_escalation",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "chmod u+s",
      "chmod +s",
      "chmod 4755",
      "chmod 4777",
      "chmod 6755",
      "chmod 6777",
      "/etc/ld.so.preload",
      "useradd ",
      "chpasswd",
      "net user ",
      "net localgroup administrators",
      ">> /etc/passwd",
      ">>/etc/passwd",
      ">> /etc/shadow",
      ">>/etc/shadow",
    ],
    regexp:
      /\bchmod (?:u\+s|\+s|[46]7(?:55|77)) \S{0,40}?\/(?:bash|sh|dash|zsh|python[\d.]{0,4}|find|vim|nmap|cp)\b|(?:>{1,2} ?|\btee (?:-a )?)\/etc\/ld\.so\.preload\b|>> ?\/etc\/(?:passwd|shadow)\b|\buseradd [^\r\n;|&]{0,60}?(?:-o [^\r\n;|&]{0,20}?-u ?0|-ou ?0)\b|:[^\s"':]{1,40}["']? ?\| ?(?:sudo )?chpasswd\b|\bnet user \S{1,30} \S{1,40} \/add|\bnet localgroup administrators \S{1,30} \/add/i,
    maxLength: 200,
    description: "A set-uid shell, a preloaded library, or a new account with root's rights.",
    source: "MITRE ATT&CK T1548.001, T1574.006, T1136.001; useradd(8) -o, ld.so(8)",
    examples: [
      "chmod u+s /bin/bash",
      "echo /tmp/x.so > /etc/ld.so.preload",
      "useradd -o -u 0 -g 0 r",
      "net user eve P4ss /add",
      "echo 'r::0:0::/root:/bin/sh' >> /etc/passwd",
    ],
    nonExamples: ["chmod +x run.sh", "useradd -m app", "cat /etc/passwd", "net user"],
  },
];
