/** Files that secrets are kept in: what is taken for one and what is not. */
import assert from "node:assert/strict";
import { secretsInFile } from "../../src/cli/secret_file.ts";

function found(path: string, text: string): readonly (readonly [string, string])[] {
  return secretsInFile({ path, text }).map(({ name, value }) => [name, value] as const);
}

Deno.test("`secretsInFile()` takes from .env what is named as a secret", () => {
  const text = `# Settings
NODE_ENV=production
export API_KEY=abc123def456 # ours
AWS_ACCESS_KEY_ID=not-the-secret
db_password = 'with # and "quotes"'
SECRET_TEXT="two\\nlines \\"x\\""
GITHUB_TOKEN=\${OTHER}
DATABASE_URL=postgres://app:p%40ss@db.example/app
HOME_URL=https://example.com/token
`;
  assert.deepEqual(found("/app/.env", text), [
    ["API_KEY in .env", "abc123def456"],
    ["db_password in .env", 'with # and "quotes"'],
    ["SECRET_TEXT in .env", 'two\nlines "x"'],
    ["DATABASE_URL in .env", "p@ss"],
  ]);
});

Deno.test("`secretsInFile()` takes passwords from .netrc and says where they belong", () => {
  const text = `machine API.example.com login me
  password s3cr3t-one
# machine old password gone
macdef init
password not-one

default login x password "s3 two"
`;
  const secrets = secretsInFile({ path: "/home/me/.netrc", text });
  assert.deepEqual(secrets, [
    {
      name: "api.example.com in .netrc",
      value: "s3cr3t-one",
      homes: [{ host: "api.example.com", headers: ["authorization"] }],
    },
    { name: "default in .netrc", value: "s3 two" },
  ]);
});

Deno.test("`secretsInFile()` takes tokens from .npmrc and says where they belong", () => {
  const text = "registry=https://registry.example/\n//registry.example/:_authToken=tok-12345678\n";
  assert.deepEqual(secretsInFile({ path: "/home/me/.npmrc", text }), [{
    name: "_authToken of registry.example in .npmrc",
    value: "tok-12345678",
    homes: [{ host: "registry.example", headers: ["authorization"] }],
  }]);
});

Deno.test("`secretsInFile()` takes secret keys from .aws/credentials, by profile", () => {
  const text =
    "[default]\r\naws_access_key_id = AAAA\r\naws_secret_access_key = one+two/three\r\n" +
    "[work]\r\naws_session_token=four\r\n";
  assert.deepEqual(found("/home/me/.aws/credentials", text), [
    ["[default] aws_secret_access_key in credentials", "one+two/three"],
    ["[work] aws_session_token in credentials", "four"],
  ]);
});

Deno.test("`secretsInFile()` takes lines of a private key", () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line${index}`.padEnd(64, "A"));
  const pem = (body: readonly string[]) =>
    ["-----BEGIN " + "PRIVATE KEY-----", ...body, "-----END " + "PRIVATE KEY-----"].join("\n");
  assert.deepEqual(
    found("/k/id_ed25519", pem(lines.slice(0, 3))),
    lines.slice(0, 3).map((line) => ["id_ed25519", line]),
  );
  assert.deepEqual(
    found("/k/id_rsa", pem(lines)),
    lines.slice(10, 16).map((line) => ["id_rsa", line]),
    "of a long one, some of the second half",
  );
  assert.deepEqual(
    found("/k/.env", `KEY="${pem(lines.slice(0, 1)).replaceAll("\n", "\\n")}"`),
    [[".env", lines[0]]],
    "in a variable",
  );
});

Deno.test("`secretsInFile()` takes a file of one value whole, and no prose", () => {
  assert.deepEqual(found("/run/secrets/token", "s3cr3t-value\n"), [["token", "s3cr3t-value"]]);
  assert.deepEqual(found("/notes", "just some words\nand more\n"), []);
  assert.deepEqual(found("/empty", "\n"), []);
});
