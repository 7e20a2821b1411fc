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
      "setcap cap_set",
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
      /\bsetcap cap_set[ug]id[+=]\w{0,3}|\bchmod (?:u\+s|\+s|[46]7(?:55|77)) (?:\/(?:tmp|dev\/shm|var\/tmp)\/\S|\S{0,40}?\/(?:bash|sh|dash|zsh|python[\d.]{0,4}|find|vim|nmap|cp)\b)|(?<=(?:>{1,2} ?|\btee (?:-a )?))\/etc\/ld\.so\.preload\b|>> ?\/etc\/(?:passwd|shadow)\b|\buseradd [^\r\n;|&]{0,60}?(?:-o [^\r\n;|&]{0,20}?-u ?0|-ou ?0)\b|(?<=:[^\s"':]{1,40}["']? ?\| ?(?:sudo )?)chpasswd\b|\bnet user \S{1,30} \S{1,40} \/add|\bnet localgroup administrators \S{1,30} \/add/i,
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
  {
    id: "container_escape",
    pattern: "privilege_escalation",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: [
      "docker run",
      "podman run",
      "nerdctl run",
      "nsenter -t 1",
      "nsenter --target 1",
      "nsenter --target=1",
    ],
    regexp:
      /\b(?:docker|podman|nerdctl) run\b[^\r\n;|&]{0,120}?(?:-v \/:\/\w{1,20}|source=\/,target=)[^\r\n;|&]{0,80}|\bnsenter (?:-t 1|--target[ =]1)\b[^\r\n;|&]{0,80}/,
    maxLength: 340,
    description: "A container that is given the whole disk, or a process that enters the host.",
    source: "docker-run(1), nsenter(1); GTFOBins docker; MITRE ATT&CK T1611",
    examples: [
      "docker run -v /:/mnt --rm -it alpine chroot /mnt sh",
      "nsenter --target 1 --mount --uts --ipc --net --pid -- bash",
    ],
    nonExamples: ["docker run -v /data:/data app", "nsenter -t 4242 -n ip a"],
  },
  {
    id: "defense_evasion",
    pattern: "defense_evasion",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: [
      "set-mppreference -disable",
      "allprofiles state off",
      "unset histfile",
      "histfile=/dev/null",
      "history -c",
      "auditctl -e 0",
      "wevtutil cl ",
      "clear-eventlog",
      "spctl --master-disable",
    ],
    regexp:
      /\bSet-MpPreference -Disable\w{4,40} (?:\$true|1)|\bnetsh advfirewall set allprofiles state off|\bunset HISTFILE\b|\bHISTFILE=\/dev\/null|\bhistory -c(?: |$|["';&|])|\bauditctl -e 0|\bwevtutil cl \w{2,40}|\bClear-EventLog\b|\bspctl --master-disable/i,
    maxLength: 120,
    description: "A guard switched off, or a trace of commands removed.",
    source: "MITRE ATT&CK T1562.001, T1562.003, T1562.004, T1070.001, T1070.003",
    examples: ["Set-MpPreference -DisableRealtimeMonitoring $true", "unset HISTFILE", "history -c"],
    nonExamples: ["Get-MpPreference", "export HISTFILE=~/.bash_history", "git history -count"],
  },
];
