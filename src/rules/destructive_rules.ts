/**
 * Rules for commands that destroy data or the system: `rm -rf /` in its spellings, fork bombs, and
 * their Windows and scripting kin. Disks have rules of their own, in disk_rules.
 *
 * What matters is the target: `rm -rf ./build`, `node_modules`, a temporary or cache directory are
 * no findings. A command that is only printed, searched for or committed as text is graded `low`.
 */
import type { Direction, Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { QUOTE } from "./shell_grammar.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];

/** Spaces, quotes and commas between the words of a command line or of an argument list. */
const RM_GAP = String.raw`[\s"'+,\\[]{0,5}`;

const RM_TARGET = String
  .raw`(?<target>(?:${QUOTE}){0,2}(?:\/|~|\$\{?HOME\b|\$\{?\w{1,30}[^\s"';|&]{0,40}\/\.\.|${"`"}pwd${"`"}|%USERPROFILE%|[A-Za-z]:\\)[^\s;|&)<>]{0,80}|(?:\.\/)?\*(?![\w.*\/])|\.{1,2}\/?(?![\w.*\/])|\.\*(?!\w))`;

/** Directories that are made to be emptied. */
const DISPOSABLE_REGEXP =
  /^(?:\/(?:private\/)?(?:var\/)?tmp(?:\/|$)|\/var\/(?:cache|lib\/apt|lib\/dpkg|log|lib\/docker|lib\/containerd|www)\/|\/dev\/shm|\/run\/|\/usr\/(?:local\/(?:go|bin|lib|share|include|src)|share|src|lib)\/|\/usr\/local\/go$|\/opt\/|\/app\/|\/build|\/dist|\/workspace|\/workdir|\/code|\/src\/|\/github\/|\/__w\/|\/root\/\.(?:cache|npm|cargo|rustup|m2|gradle|config)|\/Applications\/\w|\/mnt\/|\/data\/|\/srv\/|\/out|\/output|\/target|\/node_modules|\/testbed|\/repo|\/nix\/|\/home\/linuxbrew|\/Library\/|\/etc\/[\w.-]+\/|~\/\.[\w.-]+|~\/(?:Library|Downloads|tmp|go\/pkg|node_modules)\/|\$\{?HOME\}?\/\.[\w.-]+|\$\{?HOME\}?\/(?:Library|Downloads|tmp|go\/pkg)\/)/;

/** The root, a home, or a directory without which the system does not live. */
const CATASTROPHIC_REGEXP =
  /^(?:\/+(?:\.{0,2}\/*)*\.?\*?\.?|~[\w-]*\/?\*?|\$\{?HOME\}?\/?\*?|%USERPROFILE%\\?\*?|[A-Za-z]:\\(?:\*|Windows\S*|Users\S*)?|\/(?:bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|proc|root|sbin|srv|sys|usr|var|Users|System|Library|Applications|c|mnt\/c)\/?\*?|\/(?:home|Users)\/[\w.$-]+\/?\*?|\/usr\/(?:bin|lib|local|sbin|share)\/?\*?|\/var\/(?:lib|log|www|mail)\/?\*?)$/;

/** What prints, searches or records a command instead of running it. */
const QUOTING_REGEXP =
  /(?:^|[\s;&|`(])(?:echo|printf|print|grep|egrep|rg|ag|sed|awk|commit\s(?:-\w+\s)*-\w*m|--message=?|--title|--body|note|#)\s?[^;&|\n$`]*$|<<<\s*["'][^"'\n]*$|\b(?:cat|sort|head|tail|wc|base64|sed|grep|tr|less)\b[^\n|>]*<<-?\s*["'\\]?\w+["']?\n(?:[^\n]*\n){0,2}$/;

/** A sentence that forbids or describes. */
const WARNING_REGEXP =
  /\b(?:never|not|don't|avoid|forbid\w*|block(?:s|ed)?|prevent\w*|such as|like|e\.g\.|example|dangerous|destructive|deny|denied|disallow\w*)\b[^\n;|&]{0,50}$/i;

/** Every rule about destruction. */
export const DESTRUCTIVE_RULES: readonly Rule[] = [
  {
    id: "destructive_rm",
    pattern: "destructive_rm",
    type: "INJECTION",
    severity: "critical",
    directions: BOTH,
    anchors: [
      "r\\m -",
      "r''m -",
      'r""m -',
      "rm', ['-",
      "rm',['-",
      'rm", ["-',
      'rm",["-',
      "rm -",
      "rm  -",
      "rm\t-",
      "rm' -",
      'rm" -',
      "rm','-",
      "rm', '-",
      'rm","-',
      'rm", "-',
      'rm\\",\\"-',
      'rm\\", \\"-',
      "rm${ifs}",
      "rm$ifs",
      "rm+-",
      "rm /",
      'rm\\" -',
      "rm ~",
      "rm $",
    ],
    regexp: new RegExp(
      String.raw`(?<![\w.-])r(?:\\{1,2}|''|"")?m(?:${QUOTE})?(?:\$\{?IFS\}?|[\s+,])${RM_GAP}` +
        String.raw`(?=[^\r\n;|&]{0,60}?(?:-[a-zA-Z]{0,6}[rR]|--recursive|--no-preserve-root))` +
        String
          .raw`(?:-(?:-?[a-zA-Z-]{1,20})?(?:${QUOTE})?(?:\$\{?IFS\}?|[\s+,])${RM_GAP}){0,4}(?:[\w.][\w.\/-]{0,30}\s){0,2}${RM_TARGET}`,
    ),
    maxLength: 400,
    verify: gradeRm,
    description: "A recursive delete of the root, a home, or a system directory.",
    source: "rm(1), GNU coreutils manual §11.3 --no-preserve-root; MITRE ATT&CK T1485, T1070.004",
    examples: [
      "rm -rf /",
      "sudo rm -rf --no-preserve-root /",
      "rm -r -f /*",
      "rm -fr ~",
      'rm -rf "$HOME"',
      "rm -rf / --no-preserve-root",
      "rm --recursive --force /etc",
      "subprocess.call(['rm', '-rf', '/'])",
      "rm -rf /home/user",
      "rm${IFS}-rf${IFS}/",
    ],
    nonExamples: [
      "rm -rf ./build",
      "rm -rf node_modules",
      "rm -v file.txt",
      "rm -f /tmp/f",
      "box-shadow.css",
      "remove /",
      "firm -rf stance",
      "rm -rf dist build",
    ],
  },
  {
    id: "find_delete",
    pattern: "destructive_find",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["find /", "find ~", "find $home"],
    regexp:
      /\bfind (?:\/(?:home|etc|usr|var)?|~|\$HOME)\/?\s[^\r\n;|&]{0,80}?(?:-delete\b|-exec (?:\/bin\/)?(?:rm|shred|unlink)\b)/i,
    maxLength: 180,
    description: "A find over a system or home directory that deletes what it finds.",
    source: "find(1) -delete, -exec; MITRE ATT&CK T1485",
    examples: ["find / -type f -delete", "find ~ -name '*' -exec rm -rf {} ;"],
    nonExamples: ["find . -name '*.pyc' -delete", "find / -name id_rsa"],
  },
  {
    id: "fork_bomb",
    pattern: "fork_bomb",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["(){", "() {", "os.fork()", "fork while", "fork until", "%0|%0"],
    regexp:
      /(?<fn>[:.\w]{1,12}) ?\(\) ?\{\s{0,3}\k<fn>\s?\|\s?\k<fn>\s{0,2}&\s{0,2};?\s{0,3}\}\s{0,2};?\s{0,3}\k<fn>|while (?:True|1) ?:\s{0,8}os\.fork\(\)|\bfork (?:while|until) (?:fork|1|true)|(?<![|%\d])%0\|%0(?![|%\d])/,
    maxLength: 120,
    description: "A process that multiplies until the machine stops.",
    source: "MITRE ATT&CK T1499.001; Bash manual §3.3 Shell Functions",
    examples: [
      ":(){ :|:& };:",
      "bomb() { bomb | bomb & }; bomb",
      "while True: os.fork()",
      "perl -e 'fork while fork'",
      "%0|%0",
    ],
    nonExamples: ["foo() { bar | baz & }; foo", "pid = os.fork()"],
  },
  {
    id: "chmod_root",
    pattern: "destructive_chmod",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["chmod", "chown", "chgrp", "chflags"].map((command) => `${command} -`).concat(
      ["777", "000", "a+rwx", "ugo+rwx"].map((mode) => `chmod ${mode} -`),
      "chmod 0777 -",
      "chmod 0000 -",
    ),
    regexp:
      /\b(?:chmod (?:0?777|0?000|a\+rwx|ugo\+rwx)|chmod|chown|chgrp|chflags) -[\w-]{1,14} (?:-[\w-]{1,14} )?(?:[\w+=,.:-]{1,30} )?(?:\/(?:\s|$|["'*;&|\\])|~\/?(?:\s|$)|\/(?:etc|bin|usr|lib|boot|var|home|root)\/?\*?(?:\s|$|["';&|\\]))/,
    maxLength: 120,
    verify: (match) => {
      if (!/\s-\w*R|--recursive/.test(match.text)) return "low";
      return QUOTING_REGEXP.test(match.before) ? "low" : "high";
    },
    description: "Rights or owner of the whole system changed.",
    source: "chmod(1) -R, chown(1) -R; MITRE ATT&CK T1222.002",
    examples: ["chmod -R 777 /", "chown -R nobody /etc", "sudo chmod -R 000 /usr"],
    nonExamples: ["chmod -R 755 ./dist", "chown -R www-data /var/www/html", "chmod +x run.sh"],
  },
  {
    id: "windows_wipe",
    pattern: "destructive_windows",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "wmic shadowcopy",
      "diskpart /s",
      "ri -recurse",
      "rm -recurse",
      "format c:",
      "format d:",
      "del /",
      "erase /",
      "rd /s",
      "rmdir /s",
      "remove-item ",
      "vssadmin",
      "wbadmin delete",
      "bcdedit",
      "cipher /w",
      "format-volume ",
      "clear-disk ",
      "diskutil erasedisk",
    ],
    regexp:
      /\bformat [cd]:(?: ?\/| ?$|["';&|])|\b(?:del|erase) (?:\/[a-z] ?){1,5}["']?[a-z]:\\(?:\*|windows|users)|\br(?:mdir|d) \/s ?(?:\/q ?)?["']?(?:[a-z]:\\?(?:["'\s*]|$|windows|users)|%(?:systemroot|userprofile|windir)%)|\bwmic shadowcopy delete|\bdiskpart \/s |\b(?:Remove-Item (?=[^\r\n]{0,80}?-Recurse)|(?:ri|rm) -Recurse )[^\r\n]{0,60}?(?:[a-z]:\\(?:["'\s*]|$|windows|users)|\s\/(?:\s|$|\*)|\s~[\\\/]?(?:\s|$)|\$env:(?:USERPROFILE|SystemRoot))|\bvssadmin(?:\.exe)? (?:delete|resize) shadow|\bwbadmin delete (?:catalog|systemstatebackup|backup)|\bbcdedit(?:\.exe)? [^\r\n]{0,40}?(?:recoveryenabled no|ignoreallfailures)|\bcipher \/w:[a-z]|\b(?:Format-Volume|Clear-Disk) [^\r\n]{0,60}?(?:-DriveLetter|-Number|-RemoveData)|\bdiskutil erasedisk [^\r\n]{1,60}/i,
    maxLength: 200,
    description: "A Windows or macOS command that wipes a drive, a profile or its backups.",
    source: "MITRE ATT&CK T1485, T1490, T1561; Microsoft: del, rd, vssadmin, bcdedit, Remove-Item",
    examples: [
      "format c: /q /y",
      "del /f /s /q C:\\*",
      "rd /s /q C:\\",
      "Remove-Item -Recurse -Force C:\\",
      "vssadmin delete shadows /all /quiet",
    ],
    nonExamples: [
      "Remove-Item -Recurse -Force .\\dist",
      "rd /s /q build",
      "del /q *.obj",
      "format code",
    ],
  },
  {
    id: "script_wipe",
    pattern: "destructive_script",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "rmtree(",
      "rmsync(",
      "rm_rf(",
      "rm_rf ",
      "removeall(",
      "remove_dir_all(",
      "rimraf(",
      "rimraf.sync(",
      "fs.rm(",
    ],
    regexp:
      /\b(?:rmtree\(|rmSync\(|rm_rf[ (]|RemoveAll\(|remove_dir_all\(|rimraf(?:\.sync)?\(|fs\.rm\()(?:(?:os\.path\.expanduser|Path)\()?\\{0,3}["'](?:\/|~\/?|\/(?:home|etc|usr|var|root|boot)\/?|[cC]:\\{1,2})\*?\\{0,3}["']/,
    maxLength: 120,
    description: "A recursive delete of the root or a home from program text.",
    source: "Python shutil.rmtree, Node fs.rmSync, Go os.RemoveAll; MITRE ATT&CK T1485",
    examples: [
      "shutil.rmtree('/')",
      'fs.rmSync("/", { recursive: true })',
      'os.RemoveAll("/home")',
    ],
    nonExamples: ["shutil.rmtree('/tmp/x')", 'rimraf("dist")', "fs.rmSync(dir)"],
  },
  {
    id: "data_to_void",
    pattern: "destructive_rm",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["mv ~", "mv /", "mv $home", "mv -f "],
    regexp: /(?<![\w-])mv (?:-f )?(?:~|\$HOME|\/(?:home|etc|usr)?)[\w\/.*-]{0,40} \/dev\/null\b/,
    maxLength: 100,
    description: "Data moved into the null device.",
    source: "mv(1), null(4); MITRE ATT&CK T1485",
    examples: ["mv ~ /dev/null", "mv /home/user/* /dev/null"],
    nonExamples: ["mv ~/a ~/b", "mv x > /dev/null"],
  },
  {
    id: "rm_from_root",
    pattern: "destructive_rm",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "cd / ",
      "cd /;",
      "cd /&",
      "cd ~ ",
      "cd ~;",
      "cd ~&",
      "cd $home ",
      "cd $home;",
      "cd $home&",
    ],
    regexp:
      /\bcd (?:\/|~|\$HOME) ?(?:;|&&) ?(?:sudo )?rm (?:-\w{1,6} ){0,2}-\w{0,5}[rR]\w{0,5} (?:-- )?["']?(?:\*|\.)/,
    maxLength: 80,
    description: "A recursive delete of everything, after a change to the root or the home.",
    source: "rm(1); MITRE ATT&CK T1485",
    examples: ["cd / && rm -rf *", "cd ~; sudo rm -rf ."],
    nonExamples: ["cd build && rm -rf *", "cd / && rm -f x"],
  },
  {
    id: "account_file_wipe",
    pattern: "destructive_file",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "rm /etc/",
      "> /etc/passwd",
      ">/etc/passwd",
      "> /etc/shadow",
      ">/etc/shadow",
      "> /etc/sudoers",
      ">/etc/sudoers",
      "> /etc/fstab",
      ">/etc/fstab",
      "truncate -s",
      "rm -f /etc/",
      "rm /etc/passwd",
      "rm /etc/shadow",
    ],
    regexp:
      /(?<=(?:\b(?:echo|printf|cat|cp)\b[^\r\n|;&>]{0,80}|[;&|:]) ?)> ?\/etc\/(?:passwd|shadow|sudoers|fstab)\b|\btruncate -s ?0 \/etc\/(?:passwd|shadow|sudoers|fstab)\b|(?<![\w-])rm (?:-f )?\/etc\/(?:passwd|shadow|sudoers|fstab)\b/,
    maxLength: 140,
    description: "The files of accounts, or the table of file systems, emptied or removed.",
    source: "passwd(5), shadow(5), fstab(5); MITRE ATT&CK T1485, T1531",
    examples: [
      "echo > /etc/passwd",
      ": > /etc/shadow",
      "truncate -s 0 /etc/passwd",
      "rm -f /etc/shadow",
    ],
    nonExamples: [
      "<code>/etc/passwd</code>",
      "echo 'x' >> /etc/passwd",
      "cat /etc/passwd > /tmp/x",
    ],
  },
  {
    id: "kernel_crash",
    pattern: "destructive_system",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["/proc/sysrq-trigger", "kill -9 -1", "kill -kill -1", "killall5 -9"],
    regexp:
      /\becho \\{0,2}["']?[bco]\\{0,2}["']? ?(?:> ?|\| ?(?:sudo )?tee )\/proc\/sysrq-trigger|\bkill -(?:9|KILL) -1\b|\bkillall5 -9/i,
    maxLength: 80,
    description: "The machine crashed, or every process killed.",
    source: "Linux Documentation/admin-guide/sysrq.rst, kill(1); MITRE ATT&CK T1529",
    examples: [
      "echo c > /proc/sysrq-trigger",
      "echo b | sudo tee /proc/sysrq-trigger",
      "kill -9 -1",
    ],
    nonExamples: ["kill -9 1234", "cat /proc/sysrq-trigger"],
  },
];

function gradeRm(match: RuleMatch): Verdict {
  const target = (match.groups["target"] ?? "").replace(
    /["'`\\]+/g,
    (run) => run.includes(":") ? run : run.replace(/["'`]/g, ""),
  ).replace(/[\\,\])}]+$/, "");
  const quoted = QUOTING_REGEXP.test(match.before) && !/^["'\s]{0,3}(?:\||>)/.test(match.after);
  const mild = quoted || WARNING_REGEXP.test(match.before);
  if (/^(?:\.\/)?[.*]+\/?$/.test(target)) return mild ? "low" : "medium";
  if (CATASTROPHIC_REGEXP.test(target)) return mild ? "low" : "critical";
  if (target.includes("/..") || target.includes("`pwd")) return mild ? "low" : "medium";
  if (DISPOSABLE_REGEXP.test(target)) return "drop";
  const forced = /\s["']?-\w*f|--force/.test(match.text);
  return mild || !forced || target.split("/").length > 4 ? "low" : "medium";
}
