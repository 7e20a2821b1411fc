/**
 * Rules for code that is decoded, evaluated or smuggled into an interpreter: `base64 -d | sh`,
 * `eval "$(…)"`, `powershell -enc`, Shellshock, web shells.
 *
 * An `eval(` in ordinary JavaScript is no finding: what is evaluated has to be decoded, fetched,
 * or taken from a request. Well-known set-up lines (`eval "$(ssh-agent)"`) are graded `info`.
 */
import type { Direction, Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { LINE_BYTE, PIPE_INTO_SHELL, QUOTE } from "./shell_grammar.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];

/** Programs whose manuals tell people to `eval` their output. */
const SETUP_COMMAND_REGEXP =
  /\(\s*(?:\S*\/)?(?:ssh-agent|keychain|brew|pyenv|rbenv|nodenv|goenv|jenv|direnv|starship|zoxide|fnm|mise|asdf|conda|micromamba|opam|thefuck|dircolors|lesspipe|resize|docker-machine|minikube|luarocks|perl|gh|op|atuin|mcfly|hub|register-python-argcomplete|_[A-Z_]+COMPLETE=\S+|tmux|grog|dbus-launch|gpg-agent|keychain|sheldon|navi|pip|npm|poetry|vault|aws|gcloud|kubectl|helm)\b/;

/** Every rule about running what was decoded or passed in. */
export const SHELL_EXEC_RULES: readonly Rule[] = [
  {
    id: "decode_to_shell",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "base64 -",
      "base32 -",
      "openssl enc",
      "openssl base64",
      "xxd -",
      "uudecode",
      "gunzip",
      "zcat",
      "gzip -d",
      "b64decode",
      "| rev",
      "|rev",
      "rev <<<",
      "rev<<<",
      "echo -e",
      "echo -ne",
      "echo -en",
      "printf ",
      "tr a-z",
      "tr 'a-z",
      'tr "a-z',
    ],
    regexp: new RegExp(
      String
        .raw`(?:\b(?:base(?:64|32) -(?:[dDi]|-decode)|openssl enc\b|openssl base64\b|xxd -[rp]|uudecode\b|gunzip\b|zcat\b|gzip -d|b64decode\b|rev ?<<<|\btr ["']?a-z[^|\r\n]{0,20}n-z[^|\r\n]{0,20}|(?:echo -n?en?|printf(?: ["']?%b["']?)?) \\{0,3}["']?(?:\\{1,4}x[0-9a-f]{2}){2})|\| ?rev(?= ?\|))${LINE_BYTE}{0,120}?${PIPE_INTO_SHELL}`,
      "i",
    ),
    maxLength: 480,
    verify: gradeDecode,
    description: "Decoded text piped into a shell or interpreter.",
    source: "MITRE ATT&CK T1027.010, T1140; base64(1), openssl-enc(1), xxd(1)",
    examples: [
      "echo payload | base64 -d | sh",
      "echo Y3VybA== | base64 --decode | sudo bash",
      "printf x | base64 -D | bash",
      "xxd -r -p a.hex | sh",
      "echo hs | rev | bash",
      "echo -e '\\x69\\x64' | sh",
    ],
    nonExamples: [
      "base64 -d < input.txt > output.bin",
      "command | base64 [-d|--decode]",
      "gunzip < dump.sql.gz | psql db",
    ],
  },
  {
    id: "eval_of_decoded",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "atob(",
      "base64_decode(",
      "gzinflate(",
      "str_rot13(",
      "hex2bin(",
      "b64decode(",
      "frombase64string",
      "marshal.loads",
      "zlib.decompress",
      "codecs.decode(",
      "bytes.fromhex",
      "base64 -d",
      "base64 --d",
      "{base64,-d}",
      "xxd -r",
      "xxd -p",
      "xxd -ps",
    ],
    regexp: new RegExp(
      String
        .raw`(?<=\b(?:eval|exec|assert|iex|Function|setTimeout|(?:ba|z|da|k)?sh -c)\b[^;\r\n]{0,80}?)` +
        String
          .raw`(?:\batob\(|base64_decode\(|gzinflate\(|str_rot13\(|hex2bin\(|b64decode\(|FromBase64String|marshal\.loads|zlib\.decompress|codecs\.decode\(|bytes\.fromhex|base64 (?:-d|--d)|xxd -[rp])[^\r\n]{0,60}|\{base64,-d\} ?\|[^\r\n]{0,60}`,
      "i",
    ),
    maxLength: 360,
    description: "Decoded text handed to eval, exec or a shell's -c.",
    source: "MITRE ATT&CK T1027.010, T1059; PHP eval(), Python exec(), Bash eval builtin",
    examples: [
      "eval $(echo cm0gLXJm | base64 -d)",
      'bash -c "$(echo aWQ= | base64 -d)"',
      "exec(base64.b64decode('aW1wb3J0'))",
      "<?php eval(base64_decode('c3lzdGVt')); ?>",
      'eval(atob("YWxlcnQoMSk="))',
      "eval(gzinflate(str_rot13(base64_decode($x))))",
      "{echo,YmFzaCAtaQ==}|{base64,-d}|{bash,-i}",
    ],
    nonExamples: [
      "eval('1+1')",
      "const m = regexp.exec(text)",
      "executor.exec(task)",
      'eval "$(ssh-agent -s)"',
    ],
  },
  {
    id: "shell_eval",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: ["eval $", 'eval "', "eval '", "eval `", "eval \\"],
    regexp: /(?<![\w.$-])eval (?:["']|\\{0,3}[$`]|\\")[^\r\n;|&]{1,160}/,
    maxLength: 200,
    verify: gradeShellEval,
    description: "A shell eval of a variable or of another command's output.",
    source: "POSIX.1-2024 eval; MITRE ATT&CK T1059.004",
    examples: ["x; eval $(printf '\\x69\\x64')", 'eval "$PAYLOAD"', "; eval `cat /tmp/x`"],
    nonExamples: ["medieval 'history'", "eval(foo)", "we eval this"],
  },
  {
    id: "powershell_encoded",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["powershell", "pwsh"],
    regexp:
      /\b(?:powershell|pwsh)(?:\.exe)?\s(?:[^\r\n;|&]{0,100}\s)?[-/]e(?:c|n|nc|ncode|ncoded|ncodedcommand)?\s{1,4}\\{0,3}["']?[A-Za-z0-9+/]{20,200}={0,2}/i,
    maxLength: 360,
    description: "PowerShell started with a base64-encoded command.",
    source: "Microsoft: about_PowerShell_exe -EncodedCommand; MITRE ATT&CK T1059.001, T1027.010",
    examples: [
      "powershell -enc SQBFAFgAKABOAGUAdwAtAE8AYgBqAGUAYwB0AA==",
      "powershell.exe -nop -w hidden -EncodedCommand JABjAGwAaQBlAG4AdAAgAD0AIABOAGUAdw==",
    ],
    nonExamples: ["powershell -ExecutionPolicy Bypass -File x.ps1", "pwsh -e UTF8"],
  },
  {
    id: "shell_command_string",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: [
      "sh -c",
      "sh -lc",
      "sh -ic",
      'sh","-c',
      'sh", "-c',
      "sh','-c",
      "sh', '-c",
      'sh","-lc',
      'sh", "-lc',
    ],
    regexp: new RegExp(
      String
        .raw`\b(?:ba|z|da|k)?sh(?: -[li]?c ?|"(?:,"|, ")-l?c",? ?|'(?:,'|, ')-c',? ?)(?:${QUOTE})?[^\r\n]{0,120}?(?:\brm -[a-zA-Z]{0,4}r|\bdd if=|\bmkfs\b|\bchmod (?:-R )?[0-7]?777\b|\/etc\/(?:passwd|shadow)\b|\bnc -|\/dev\/(?:tcp|udp)\/|\bchpasswd\b|\buseradd\b|\biptables -F)[^\r\n"']{0,80}`,
      "i",
    ),
    maxLength: 300,
    description: "A dangerous command handed to a shell as a string.",
    source: "POSIX sh(1) -c; MITRE ATT&CK T1059.004",
    examples: [
      "bash -c 'rm -rf /tmp/data'",
      'sh -c "cat /etc/shadow"',
      '["sh","-c","dd if=/dev/zero of=x"]',
    ],
    nonExamples: [
      "Use bash -c to run a single command",
      "bash -c 'echo \"hello world\"'",
      'sh -c "command"',
    ],
  },
  {
    id: "shellshock",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["() {"],
    regexp: /\(\) \{ ?(?::|_|[a-z]{1,8}) ?;? ?\} ?;[^\r\n]{1,160}/,
    maxLength: 220,
    verify: (match) =>
      /\/bin\/|\becho\b|curl|wget|\bnc\b|\bping\b|\bcat\b|\bid\b/.test(match.text) ? "high" : "low",
    description: "A Shellshock function definition with a command after it.",
    source: "CVE-2014-6271; MITRE ATT&CK T1190",
    examples: ["() { :; }; /bin/bash -c 'id'", "() { :;}; echo vulnerable"],
    nonExamples: ["function foo() { return 1; }", "const f = () => { x; };", "main() { run; }"],
  },
  {
    id: "web_shell",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "eval request",
      "execute request",
      "eval(request",
      "execute(request",
      "$_get[",
      "$_post[",
      "$_request[",
      "$_cookie[",
      "getparameter(",
      "request.form",
      "request.querystring",
      "request.args",
    ],
    regexp:
      /<\?(?:php |=) ?`\$_(?:GET|POST|REQUEST|COOKIE)\[[^\r\n]{1,40}|<% ?(?:eval|execute)[ (]request[ .(][^\r\n]{1,40}|\b(?:eval|assert|system|exec|shell_exec|passthru|popen|proc_open|create_function|Execute) ?\( ?@?(?:\$_(?:GET|POST|REQUEST|COOKIE)\[|request\.(?:getParameter\(|form|querystring|args))[^\r\n]{1,80}/i,
    maxLength: 160,
    description: "A web shell: a request parameter handed to an interpreter.",
    source: "MITRE ATT&CK T1505.003; PHP manual: system(), $_REQUEST",
    examples: [
      "<?php system($_GET['cmd']); ?>",
      '@eval($_POST["x"]);',
      'Runtime.getRuntime().exec(request.getParameter("c"))',
    ],
    nonExamples: ["echo htmlspecialchars($_GET['q']);", "const x = request.args.get('q')"],
  },
  {
    id: "escaped_command",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["$'\\", "$(printf '\\", '$(printf "\\'],
    regexp:
      /(?:\b(?:ba|z|k)?sh -c \$'|(?<![\w)])\$'|\$\(printf ["'])(?:\\{1,2}(?:x[0-9a-fA-F]{2}|[0-7]{3})){4,60}/,
    maxLength: 340,
    description: "A command spelled in escapes, so that no one reads it.",
    source: "Bash manual §3.1.2.4 ANSI-C Quoting; MITRE ATT&CK T1027.010",
    examples: ["bash -c $'\\x63\\x75\\x72\\x6c'", "$(printf '\\143\\165\\162\\154')"],
    nonExamples: ["IFS=$'\\n\\t'", "$'\\033[0m'"],
  },
  {
    id: "python_hidden_import",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: ["os", "subprocess", "pty", "base64", "marshal", "zlib"].flatMap((name) => [
      `__import__('${name}')`,
      `__import__("${name}")`,
      `__import__(\\"${name}\\")`,
    ]),
    regexp:
      /__import__\((?:'(?:os|subprocess|pty|base64|marshal|zlib)'|"(?:os|subprocess|pty|base64|marshal|zlib)"|\\"(?:os|subprocess|pty|base64|marshal|zlib)\\")\)\.(?:system|popen|exec\w{0,3}|spawn\w{0,3}|call|run|Popen|check_output|b64decode|loads|decompress)\(/,
    maxLength: 80,
    description: "Python that imports and runs in one expression, as template injections do.",
    source: "OWASP Server-Side Template Injection; MITRE ATT&CK T1059.006",
    examples: ["__import__('os').system('id')", '__import__("subprocess").check_output("id")'],
    nonExamples: ["__import__('pkg_resources').declare_namespace(__name__)", "import os"],
  },
  {
    id: "interpreter_spawns_shell",
    pattern: "shell_exec",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: [
      "pty.spawn(",
      ...["exec", "system", "execl", "execute"].flatMap((call) =>
        ["(", " "].flatMap((gap) => [`${call}${gap}"/bin/`, `${call}${gap}'/bin/`])
      ),
    ],
    regexp:
      /\bpty\.spawn\(\\{0,3}["'](?:\/[\w\/]{1,12}\/)?(?:ba|z|da)?sh\\{0,3}["']|(?<=\b(?:perl|ruby|python[23]?|lua|php|[gmn]?awk|vim?|gdb|irb) [^\r\n]{0,60}?)(?:exec|system|execl|execute)[ (]["']\/bin\/(?:ba|z|da)?sh/,
    maxLength: 120,
    description: "An interpreter told to do nothing but start a shell.",
    source: "GTFOBins: shell; MITRE ATT&CK T1059.004, T1548",
    examples: [
      "python3 -c 'import pty; pty.spawn(\"/bin/bash\")'",
      "perl -e 'exec \"/bin/sh\";'",
      "awk 'BEGIN {system(\"/bin/sh\")}'",
    ],
    nonExamples: ["pty.spawn(shell, read)", "exec /bin/sh script.sh"],
  },
];

function gradeDecode(match: RuleMatch): Verdict {
  // A compressed dump into an interpreter's standard input is ordinary; decoded text is not.
  return /^(?:gunzip|zcat|gzip|tr|rev)\b/i.test(match.text) &&
      !/\b(?:ba|z|da)?sh\b/.test(match.text)
    ? "low"
    : "high";
}

function gradeShellEval(match: RuleMatch): Verdict {
  if (SETUP_COMMAND_REGEXP.test(match.text)) return "info";
  if (
    /\b(?:curl|wget|base64|printf|xxd|\/dev\/tcp|nc|\/tmp\/)\b|\\x[0-9a-f]{2}/i.test(match.text)
  ) {
    return "high";
  }
  return /(?:^|[;|&"'=]\s*)$/.test(match.before) && /[$`]/.test(match.text.slice(4, 9))
    ? "medium"
    : "low";
}
