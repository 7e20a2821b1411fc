/**
 * Rules for requests that climb out of a served directory, or that hand a server a stream wrapper.
 *
 * `../../components/button` of source code is no finding: what is climbed to has to be a file of the
 * system. Files of accounts and credentials have rules of their own, which grade them higher.
 */
import type { Direction, Rule } from "../scan/rule.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];

/** Files that are asked for to see whether a traversal works; lower case, with slashes. */
const PROBED_FILES = [
  "etc/group",
  "etc/hosts",
  "etc/issue",
  "etc/motd",
  "etc/hostname",
  "etc/fstab",
  "etc/crontab",
  "etc/resolv.conf",
  "etc/mysql/my.cnf",
  "etc/apache2/apache2.conf",
  "etc/httpd/conf/httpd.conf",
  "etc/nginx/nginx.conf",
  "etc/ssh/sshd_config",
  "proc/version",
  "proc/cpuinfo",
  "proc/mounts",
  "proc/self/cmdline",
  "proc/self/status",
  "proc/self/maps",
  "proc/self/fd/",
  "var/log/",
  "windows/win.ini",
  "windows/system.ini",
  "windows/system32/drivers/etc/hosts",
  "winnt/win.ini",
  "boot.ini",
  "web.config",
  "web-inf/web.xml",
];

/** Where the probed files begin. */
const PROBED_ROOTS = [...new Set(PROBED_FILES.map((file) => file.split("/")[0]!))];

/** What stands right before the file: the end of a climb. */
const CLIMB_ENDS = [".", "\xae"].flatMap((dot) =>
  ["/", "\\", "//", "\\\\", ";/", ";//", "\xc0\xaf"].map((separator) => dot + separator)
);

function source(text: string): string {
  return text.replace(/[\\\/.]/g, "\\$&");
}

/** Every rule about paths that climb. */
export const PATH_TRAVERSAL_RULES: readonly Rule[] = [
  {
    id: "path_traversal",
    pattern: "path_traversal",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: CLIMB_ENDS.flatMap((end) => PROBED_ROOTS.map((root) => end + root)),
    regexp: new RegExp(
      String.raw`(?:(?:\.{2,4}|(?:\xc0\xae){2})(?:;?\/{1,2}|\\{1,2}|\xc0\xaf)){1,20}(?:${
        PROBED_FILES.map((file) => source(file).replaceAll("\\/", String.raw`[\/\\]`)).join("|")
      })`,
    ),
    maxLength: 180,
    description: "A path that climbs out of its directory to a file of the system.",
    source: "OWASP Path Traversal; CWE-22; OWASP CRS 930100, 930110; MITRE ATT&CK T1083",
    examples: [
      "GET /view?page=../../../../etc/group HTTP/1.1",
      "..\\..\\..\\windows\\win.ini",
      "....//....//....//etc/hosts",
      "/..;/..;/proc/version",
    ],
    nonExamples: ["import x from '../../etc/thing'", "../../components/boot", "/etc/hosts"],
  },
  {
    id: "stream_wrapper",
    pattern: "path_traversal",
    type: "INJECTION",
    severity: "medium",
    directions: BOTH,
    anchors: ["php://filter/", "php://input", "expect://", "phar://", "data://text/plain;base64"],
    regexp:
      /=\s?\\{0,2}["']?(?:php:\/\/(?:filter\/[\w.\/=|-]{4,120}|input\b)|expect:\/\/[\w%+ ]{1,60}|phar:\/\/[\w.\/-]{1,100}|data:\/\/text\/plain;base64,[\w+\/=]{4,200})|php:\/\/filter\/(?:read=)?convert\.base64-encode\/resource=[\w.\/\\-]{1,120}/i,
    maxLength: 260,
    description: "A stream wrapper in the place of a file name, by which PHP reads or runs code.",
    source: "PHP manual: php://, expect://, phar://; OWASP CRS 931, 933; CWE-98",
    examples: [
      "?page=php://filter/convert.base64-encode/resource=index.php",
      "?page=expect://id",
    ],
    nonExamples: ["file_get_contents('php://input')", "the php://filter wrapper"],
  },
];
