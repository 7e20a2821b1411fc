/** What is typed for a setting, as the kind of value it has. */
import assert from "node:assert/strict";
import type { SettingKey } from "../../src/config/setting_schema.ts";
import { settingValue } from "../../src/config/setting_text.ts";

const CASES: readonly (readonly [string, SettingKey, string, unknown])[] = [
  ["text", "proxy_host", "::1", "::1"],
  ["text that looks like a list", "log_dir", "[/x]", "[/x]"],
  ["a number", "ssh_poll_interval", "2.5", 2.5],
  ["a hexadecimal number, which is none here", "proxy_port", "0x10", "0x10"],
  ["true in capitals", "enable_mitm", "TRUE", true],
  ["false as a digit", "enable_mitm", "0", false],
  ["neither", "enable_mitm", "yes", "yes"],
  ["a list", "mitm_bypass", "a.example, .b.example,", ["a.example", ".b.example"]],
  ["a list as JSON", "deny_hosts", ' ["a", "b"]', ["a", "b"]],
  ["a list as broken JSON", "deny_hosts", '["a"', '["a"'],
  ["actions", "actions", "jwt=log, low=block=x", { jwt: "log", low: "block=x" }],
  ["an action without a value", "actions", "jwt", { jwt: undefined }],
  ["gateways", "gateways", "a:1=b:2,c:3", [
    { listen: "a:1", target: "b:2" },
    { listen: "c:3", target: "" },
  ]],
  ["variables and files", "known_secrets", "TOKEN,/home/me/.netrc,KEY", {
    env: ["TOKEN", "KEY"],
    files: ["/home/me/.netrc"],
  }],
  ["homes", "homes", '{"jwt":["a.example"]}', { jwt: ["a.example"] }],
  ["homes that are not JSON", "homes", "jwt=a.example", "jwt=a.example"],
  ["suppressions", "suppress", '[{"pattern":"jwt","reason":"x"}]', [
    { pattern: "jwt", reason: "x" },
  ]],
];

Deno.test("`settingValue()` reads text as the setting's kind of value", async (t) => {
  for (const [reason, key, text, expected] of CASES) {
    await t.step(reason, () => assert.deepEqual(settingValue(key, text), expected));
  }
});
