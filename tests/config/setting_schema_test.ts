/** The schema of the settings, as checks and as a JSON Schema. */
import assert from "node:assert/strict";
import { z } from "zod";
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
