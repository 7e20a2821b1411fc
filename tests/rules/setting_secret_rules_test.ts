/** Grades that the rules of settings and command lines give, where more than a look decides. */
import assert from "node:assert/strict";
import { COMMAND_PASSWORD_RULES } from "../../src/rules/command_password_rules.ts";
import { SETTING_SECRET_RULES } from "../../src/rules/setting_secret_rules.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { scanText } from "../support/scan_text.ts";

const RULE_SET = compileRules([...COMMAND_PASSWORD_RULES, ...SETTING_SECRET_RULES]);
const PASSWORD = "t7Qz-x9w4Lk2";

const SECRET = (field: string, value: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n${field}:\n  password: ${value}\n`;

const ROWS: readonly (readonly [reason: string, text: string, found: string[]])[] = [
  ["a Secret's base64 of a password", SECRET("data", btoa(PASSWORD)), [
    "kubernetes_secret_value medium",
  ]],
  ["a Secret's base64 of a stand-in", SECRET("data", btoa("password")), [
    "kubernetes_secret_value info",
  ]],
  ["a Secret's plain password", SECRET("stringData", PASSWORD), ["kubernetes_secret_value medium"]],
  ["another kind that begins alike", SECRET("data", PASSWORD).replace("Secret", "Secrets"), []],
  ["a user's password after -u", `curl -sS -u svc:${PASSWORD} https://ci.corp`, [
    "basic_user_flag medium",
  ]],
  ["a user and a group after -u", "docker run -u www-data:www-data app", []],
  ["a user's and a group's number after -u", "docker run -u 1000:100000 app", []],
  ["a password of documentation after -u", "curl -u username:password https://x", [
    "basic_user_flag info",
  ]],
  ["a database's name after -p", "mysql -u root -p shop_2024_main", []],
  ["a password right after -p", `mysql -uroot -p'${PASSWORD}'`, ["mysql_password_flag medium"]],
  ["a flag of the next command", `sshpass -e ssh h; tool -p ${PASSWORD}`, []],
  ["a variable's password", `export PGPASSWORD='${PASSWORD}'`, ["program_secret_setting medium"]],
  ["a variable's variable", "PGPASSWORD=$DB_PASSWORD psql", ["program_secret_setting info"]],
  ["an Ansible password", `ansible_become_pass: ${PASSWORD}`, ["program_secret_setting medium"]],
  ["an Ansible lookup", "ansible_password: {{vault_password}}", ["program_secret_setting info"]],
  ["a phrase about identities", "Users are identified by 'email' and 'name'", [
    "sql_password low",
  ]],
];

for (const [reason, text, expected] of ROWS) {
  Deno.test(`settings and commands: ${reason}`, () => {
    const found = scanText(RULE_SET, text, { direction: "outbound" });
    assert.deepEqual(found.map(({ rule, severity }) => `${rule.id} ${severity}`), expected);
  });
}
