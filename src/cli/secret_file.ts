/**
 * The text of a file that secrets are kept in → the secrets, each with a name. Pure.
 *
 * Knows `.netrc`, `.npmrc`, `.aws/credentials`, `.env` and whatever else assigns values to names, PEM private
 * keys, and files that hold one value and nothing else. Of assignments, those count whose name speaks
 * of a secret: a file of settings holds many words that every message holds too.
 */
import { basename } from "node:path";
import type { Home } from "../scan/rule.ts";

/** One secret. Lives as long as it takes to compute its fingerprints. */
export interface FoundSecret {
  /** Speaks of the file by its last name only: `API_KEY in .env`. */
  readonly name: string;
  readonly value: string;
  /** Where the file says that it belongs. */
  readonly homes?: readonly Home[];
}

/** A file as it was read. */
export interface SecretFile {
  readonly path: string;
  readonly text: string;
}

const PEM_REGEXP =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----([^]*?)-----END [A-Z0-9 ]*PRIVATE KEY/g;
/** Of a key's body so many lines are looked for: its text wherever lines are joined or indented. */
const MAX_KEY_LINES = 6;
const MIN_KEY_LINE_CHARS = 16;

/** `export NAME = value`, quoted or not; a quoted value may have several lines. */
const ASSIGNMENT_REGEXP =
  /^[ \t]*(?:export[ \t]+)?([\w.:/@-]+)[ \t]*=[ \t]*(?:"((?:\\[^]|[^"\\])*)"|'([^']*)'|([^\n]*))/gm;
const SECTION_REGEXP = /^\s*\[([^\]\n]+)\]/gm;

const SECRET_NAME_REGEXP =
  /key|token|secret|passw|passphrase|pwd|passwd|_pass$|^pass$|cred|auth|private|dsn|cookie|webhook|(?:database|db|redis|mongo\w*|amqp|postgres\w*|mysql|connection)_?(?:url|uri|string)/i;
/** What such names also end in when the value is none. */
const HARMLESS_NAME_REGEXP =
  /(?:_id|_name|_user|_username|_host|_port|_path|_file|_dir|_type|_ttl|_size|_algorithm|public_?key|publishable_?key|key_?id)$/i;
/** A value that stands for another: `${NPM_TOKEN}`. */
const REFERENCE_REGEXP = /^\$\{?[A-Za-z_]\w*\}?$/;

/** Lists what the file keeps. */
export function secretsInFile({ path, text }: SecretFile): readonly FoundSecret[] {
  const file = basename(path);
  const plain = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const keys = keyLines(plain).map((value) => ({ name: file, value }));
  if (keys.length > 0) return keys;
  if (/^[._]netrc$/.test(file)) return netrcSecrets(plain, file);
  const assigned = assignments(plain);
  if (assigned.length > 0) return assigned.flatMap((each) => assignedSecret(each, file));
  const value = plain.trim();
  return value === "" || /\s/.test(value) ? [] : [{ name: file, value }];
}

/**
 * Lines of the body, which stand in every copy however it is indented or joined. All of them if they are few,
 * else some of the second half: the first holds the public part.
 */
function keyLines(text: string): readonly string[] {
  return Array.from(text.matchAll(PEM_REGEXP)).flatMap(([, body = ""]) => {
    const lines = body.replaceAll("\\n", "\n").split("\n").map((line) => line.trim())
      .filter((line) => line.length >= MIN_KEY_LINE_CHARS && !line.includes(":"));
    if (lines.length <= MAX_KEY_LINES) return lines;
    const half = lines.slice(Math.floor(lines.length / 2), -1);
    return half.slice(0, MAX_KEY_LINES);
  });
}

/** `machine HOST login USER password PASSWORD`, in any number of lines (GNU inetutils, "The .netrc file"). */
function netrcSecrets(text: string, file: string): readonly FoundSecret[] {
  const words = text.replace(/^\s*#.*$/gm, "").replace(/\bmacdef\b[^]*?(?:\n\n|$)/g, " ")
    .match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  const found: FoundSecret[] = [];
  let host: string | undefined;
  for (let at = 0; at < words.length; at++) {
    if (words[at] === "default") host = undefined;
    if (words[at] === "machine") host = words[++at]?.toLowerCase();
    else if (words[at] === "password") {
      const value = unquoted(words[++at] ?? "");
      found.push({ name: `${host ?? "default"} in ${file}`, value, ...homesAt(host) });
    }
  }
  return found;
}

/** One `name = value` and the section it stands in. */
interface Assignment {
  readonly section: string | undefined;
  readonly name: string;
  readonly value: string;
}

function assignments(text: string): readonly Assignment[] {
  const sections = Array.from(text.matchAll(SECTION_REGEXP));
  return Array.from(text.matchAll(ASSIGNMENT_REGEXP), (match) => {
    const [, name = "", double, single, bare] = match;
    const value = double !== undefined
      ? unquoted(`"${double}"`)
      : single ?? (bare ?? "").replace(/\s#.*$/, "").trim();
    const section = sections.findLast(({ index }) => index < match.index)?.[1];
    return { section, name, value };
  });
}

function assignedSecret(
  { section, name, value }: Assignment,
  file: string,
): readonly FoundSecret[] {
  if (REFERENCE_REGEXP.test(value)) return [];
  const where = section === undefined ? "" : `[${section}] `;
  // npm: //npm.example.com/:_authToken=…
  const registry = /^\/\/([^/:]+)[^]*:(_\w+)$/.exec(name);
  const label = `${where}${
    registry === null ? name : `${registry[2]} of ${registry[1]}`
  } in ${file}`;
  const homes = homesAt(registry?.[1]?.toLowerCase());
  const lines = keyLines(value);
  if (lines.length > 0) return lines.map((line) => ({ name: label, value: line }));
  const password = passwordOfUrl(value);
  if (password !== undefined) return [{ name: label, value: password }];
  const isSecret = SECRET_NAME_REGEXP.test(name) && !HARMLESS_NAME_REGEXP.test(name);
  return isSecret && value !== "" ? [{ name: label, value, ...homes }] : [];
}

/** The password in `postgres://user:password@host/`; undefined: it has none, or is no URL. */
function passwordOfUrl(value: string): string | undefined {
  const password = URL.parse(value)?.password ?? "";
  if (password === "") return undefined;
  try {
    return decodeURIComponent(password);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return password;
  }
}

function homesAt(host: string | undefined): { readonly homes?: readonly Home[] } {
  return host === undefined ? {} : { homes: [{ host, headers: ["authorization"] }] };
}

/** Undoes double quotes, with the escapes that dotenv and netrc know. */
function unquoted(word: string): string {
  if (!word.startsWith('"')) return word;
  return word.slice(1, -1).replace(
    /\\([^])/g,
    (_, letter: string) => letter === "n" ? "\n" : letter,
  );
}
