/** The schema of the settings, as checks and as a JSON Schema. */
import assert from "node:assert/strict";
import { z } from "zod";
import { ConfigError, resolveConfig } from "../../src/config.ts";
import { configJsonSchema, SETTING_KEYS, SETTINGS } from "../../src/config/setting_schema.ts";

Deno.test("`configJsonSchema()` describes every key, its default and its limits", () => {
  const { properties, additionalProperties } = configJsonSchema() as {
    readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly additionalProperties: boolean;
  };
  assert.equal(additionalProperties, false);
  assert.deepEqual(Object.keys(properties), ["$schema", ...SETTING_KEYS]);
  for (const key of SETTING_KEYS) assert.ok(properties[key]?.description, key);
  assert.deepEqual(properties.proxy_port, {
    description: "Port to listen on; 0 takes a free one",
    default: 8888,
    type: "integer",
    minimum: 0,
    maximum: 65_535,
  });
});

Deno.test("`SETTINGS` have defaults that pass their own checks", () => {
  for (const key of SETTING_KEYS) {
    const schema = SETTINGS[key];
    const value = schema.parse(undefined);
    assert.deepEqual(schema.parse(value), value, key);
  }
});

Deno.test("`SETTINGS` say what is allowed in words that complete a sentence", () => {
  for (const key of SETTING_KEYS) {
    const [issue] = z.object({ [key]: SETTINGS[key] }).safeParse({ [key]: Symbol() }).error!.issues;
    assert.match(issue!.message, /^(?:an? |one of |true or false$|host:port )/, key);
  }
});

const SUPPRESSION = "an object of reason and at least one of pattern, dest, location, " +
  "fingerprint; and until, if it is to end";

/** Reason, a key and its value as JSON, and the end of the message. */
const MISTAKES: readonly (readonly [string, string, string])[] = [
  [
    "a suppression of everything",
    '"suppress": [{ "reason": "x" }]',
    `suppress[0] is {"reason":"x"}, must be ${SUPPRESSION}`,
  ],
  [
    "a suppression without a reason",
    '"suppress": [{ "pattern": "jwt" }]',
    "suppress[0].reason is missing, must be a sentence on why this is harmless",
  ],
  [
    "a suppression with an unknown field",
    '"suppress": [{ "pattern": "jwt", "reason": "x", "host": "a" }]',
    'suppress[0] is {"pattern":"jwt","reason":"x","host":"a"}, must be ' + SUPPRESSION,
  ],
  [
    "a day that does not exist",
    '"suppress": [{ "pattern": "jwt", "reason": "x", "until": "2027-02-30" }]',
    'suppress[0].until is "2027-02-30", must be a date, such as 2027-01-31',
  ],
  [
    "a fingerprint that was cut",
    '"suppress": [{ "fingerprint": "0123", "reason": "x" }]',
    'suppress[0].fingerprint is "0123", must be a fingerprint of 16 hexadecimal digits, as ' +
    "clawsec threats shows it",
  ],
  [
    "a destination that is a URL",
    '"suppress": [{ "dest": "https://a/", "reason": "x" }]',
    'suppress[0].dest is "https://a/", must be a host, *.suffix or CIDR such as 10.0.0.0/8, ' +
    "each with or without :port",
  ],
  [
    "a home with a port",
    '"homes": { "jwt": ["a.example:443"] }',
    'homes.jwt[0] is "a.example:443", must be a host name, an IP address or a suffix such as ' +
    ".example.com",
  ],
  [
    "a home that is no list",
    '"homes": { "jwt": "a" }',
    'homes.jwt is "a", must be a list of hosts',
  ],
  [
    "a rule's name with a space",
    '"enable_rules": ["payment card"]',
    'enable_rules[0] is "payment card", must be a rule\'s id or pattern, such as payment_card',
  ],
  [
    "a value in place of its variable's name",
    '"known_secrets": { "env": ["s3cr3t-value"] }',
    "known_secrets.env[0] must be the name of an environment variable, not its value",
  ],
  [
    "a home directory's sign, which only shells read",
    '"known_secrets": { "files": ["~/.netrc"] }',
    "known_secrets.files[0] must be an absolute path",
  ],
  [
    "a list of known secrets",
    '"known_secrets": ["TOKEN"]',
    "known_secrets must be an object of env (a list of variables) and files (a list of paths)",
  ],
  [
    "a token that is short",
    '"proxy_token": "s3cr3t"',
    "proxy_token must be a text of 8 to 256 visible ASCII characters",
  ],
  [
    "a proxy that is spoken to over TLS",
    '"upstream_proxy": "https://me:s3cr3t@proxy.example"',
    "upstream_proxy must be a URL such as http://user:password@proxy.example:3128 or socks5://…",
  ],
];

Deno.test("`SETTINGS` refuse with the words of the mistake, and without what may be secret", async (t) => {
  for (const [reason, setting, message] of MISTAKES) {
    await t.step(reason, () => {
      assert.throws(
        () => resolveConfig({ file: { path: "f", text: `{ ${setting} }` } }),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.equal(error.message.replace(/^Cannot use config "f:1:\d+": /, ""), message);
          return true;
        },
      );
    });
  }
});

Deno.test("`SETTINGS` that are hidden do not show in a message of broken JSON either", () => {
  for (
    const text of ['{ "proxy_token": "s3cr3t-value }', '{ "proxy_token": "a" "s3cr3t-value" }']
  ) {
    assert.throws(
      () => resolveConfig({ file: { path: "f", text } }),
      (error: Error) => error instanceof ConfigError && !error.message.includes("s3cr3t"),
    );
  }
});
