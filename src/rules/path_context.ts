/**
 * Tells a sensitive path that is being used from one that is only mentioned.
 *
 * `cat /etc/shadow`, `../../etc/passwd%00`, `{"path": "/root/.ssh/id_rsa"}` and `-d @.env` use it;
 * "users are listed in /etc/passwd" mentions it. What decides is the text right before and after:
 * a rule's `verify` sees 64 bytes of each. No sentence is parsed.
 *
 * The text before a match is read as two parts: the directories the match stands in, which a rule
 * need not match itself, and what leads to them.
 */
import type { RuleMatch, Severity } from "../scan/rule.ts";

/** How {@link gradePath} answers for the two cases. */
export interface PathGrades {
  /** The path stands where a program would read it. */
  readonly used: Severity;
  /** It stands in a sentence, a listing, or where nothing tells. */
  readonly mentioned: Severity;
}

/** Grades a matched path, or its last part, by what stands around it. */
export function gradePath(match: RuleMatch, grades: PathGrades): Severity {
  return isUsed(match) ? grades.used : grades.mentioned;
}

/** The directories before the match; an `@` may stand at their start, as in `-d @/etc/passwd`. */
const DIRECTORY_REGEXP =
  /(?:Application\\? (?:Support|$)|User (?:Data|$)|[\w.~$%{}:;*+\\-]|\/@?|\xc0[\xae\xaf])*$/;

/** Commands that read, copy or send the files named by their arguments; no English words. */
const READER_REGEXP =
  /(?:^|[^\w.-])(?:cat|tac|zcat|bat|head|tail|nl|od|xxd|hexdump|strings|base64|base32|gzip|bzip2|7z|scp|rsync|tar|zip|curl|wget|ncat|dd|e?grep|zgrep|awk|sed|vim?|nano|emacs|gc|xclip|pbcopy|testcat|gpg|sftp|ftp|aws s3 cp|docker cp|kubectl cp|robocopy|xargs|john|hashcat|(?:read|view|fetch|get|load)_?(?:text_)?file|get-content|copy-item|cp|mv|ln|rm|rar|shred|sqlite3)(?:\.exe)?\s+(?:[^\s;|&"'`]{1,40}\s+){0,3}\\{0,3}["'`]?$/i;

/** Words that are also English: only at the start of a command. */
const AMBIGUOUS_READER_REGEXP =
  /(?:^|[\n;|&`(=]\s*|\$ |["'] ?|\bsudo )(?:less|more|open|type|find|sort|source|cut|view|ls|stat|test|read|copy|move|nano|edit|file|print|start|tee|strings|\.)\s+(?:-\S+\s+){0,3}\\{0,3}["']?$/;

/** Functions that open the file named by their first argument. */
const OPEN_CALL_REGEXP =
  /\b(?:f?open|readFile(?:Sync)?|createReadStream|file_get_contents|readfile|file|include(?:_once)?|require(?:_once)?|show_source|highlight_file|ReadAll(?:Text|Lines)|read_text|read_to_string|Path|load_file|slurp|system|popen|exec|passthru|shell_exec|File(?:Reader|InputStream)|pg_read_file|document|doc|readlines|expanduser|copyFile|upload_file|unlink|delete|remove|sendFile|send_file|File\.(?:read|open)|os\.ReadFile)\(\s*\\{0,3}["'`]?$/i;

/** A field of a request, a tool call or a form whose whole value is the path. */
const FIELD_REGEXP =
  /\b(?:paths?|files?|file_?path|file_?name|absolute_path|target_file|relative_path|uri|url|src|source|dest|destination|location|cmd|command|args?|arguments|input|include|page|template|document|read|load|query|content|probe|resource|key_?file|identity_?file|attachment)\\{0,3}["']?\s*[:=]\s*\[?\s*\\{0,3}["']?$/i;

/** A documentation's way to name the file that a listing shows. */
const LISTING_REGEXP = /\b(?:filename|file|title|text|name|path)=\{?\\{0,3}["']$/;

/** `?file=`, `-d @`, `<`: places where text is taken as a path. */
const SLOT_REGEXP =
  /(?:[?&;][\w.\[\]-]{1,40}=|(?:^|\s)\w{1,20}=\\{0,2}["']?|[\s="'<]@|^@|(?:^|[^<])<\s?|\$\(<\s?)$/;

/** A request whose target, or a header of it whose value, is the path. */
const REQUEST_REGEXP =
  /(?:(?:^|[\n"'=])(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS)\s[^\s]{0,60}|(?:^|\n)(?:User-Agent|Referer|Cookie|X-[\w-]{1,30}|Accept[\w-]{0,20}|Authorization): ?)$/i;

/** Directories that no sentence has: a scheme, or a climb out of the served directory. */
const SCHEME_REGEXP = /^(?:file|php|expect|phar|jar|netdoc|gopher|ftp|https?):/i;
const TRAVERSAL_REGEXP = /(?:\.\.;?|\.\\|%2e%2e|\xc0\xae\xc0\xae|\?\?)[\\\/\xc0%.]/i;

/** An end of string smuggled in behind the path, escaped; the byte itself is looked for apart. */
const NUL_REGEXP = /^[^\s"']{0,8}(?:%00|\\x00|\\0|\\u0000|%2500)/;

/** Words on both sides, as a sentence has them. */
const PROSE_BEFORE_REGEXP = /[A-Za-z]{2,}[,:]?\s+["'`(]?$/;
const PROSE_AFTER_REGEXP =
  /^[\w.\/-]{0,20}[`"')\]]{0,2}[,.;:]?\s+(?:[a-z]{1,12}[,.]?\s+){1,3}[a-z`]/;

function isUsed({ before, after, text }: RuleMatch): boolean {
  const directory = DIRECTORY_REGEXP.exec(before)?.[0] ?? "";
  const lead = before.slice(0, before.length - directory.length);
  if (NUL_REGEXP.test(after) || after.startsWith("\0") || lead.endsWith("\0")) return true;
  if (READER_REGEXP.test(lead) || AMBIGUOUS_READER_REGEXP.test(lead)) return true;
  if (LISTING_REGEXP.test(lead)) return false;
  if (OPEN_CALL_REGEXP.test(lead)) return true;
  const isSentence = PROSE_BEFORE_REGEXP.test(lead) && PROSE_AFTER_REGEXP.test(after);
  if (isSentence) return false;
  const path = directory + text;
  if (SCHEME_REGEXP.test(path) || TRAVERSAL_REGEXP.test(path)) return true;
  if (FIELD_REGEXP.test(lead) || SLOT_REGEXP.test(lead) || REQUEST_REGEXP.test(lead)) return true;
  return lead.trim() === "" && /^[\w.~-]{0,20}\s*$/.test(after);
}
