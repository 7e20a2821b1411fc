/** A JSONC file's entries and where they stand. Its refusals are in `config_test.ts`. */
import assert from "node:assert/strict";
import { readConfigFile } from "../../src/config/config_file.ts";

Deno.test("`readConfigFile()` gives each entry with its place", () => {
  const text = '{\n  // A comment.\n  "a": [1,\r\n    { "b": 2 }],\n  "$schema": "x",\n}';
  const places = readConfigFile({ path: "a.jsonc", text })
    .map(({ name, value, nameAt, valueAt }) => [name, JSON.stringify(value), nameAt, valueAt([])]);
  const at = (place: string) => `Cannot use config "a.jsonc:${place}"`;
  assert.deepEqual(places, [
    ["a", '[1,{"b":2}]', at("3:3"), at("3:8")],
    ["$schema", '"x"', at("5:3"), at("5:14")],
  ]);
});

Deno.test("`readConfigFile()` finds items within a value, else what they are missing from", () => {
  const text = '{ "a": [1, { "b": 2 }] }';
  const [entry] = readConfigFile({ path: "f", text });
  const cases: readonly (readonly [(string | number)[], string])[] = [
    [[], "1:8"],
    [[0], "1:9"],
    [[1, "b"], "1:19"],
    [[1, "missing"], "1:12"],
    [[9, "missing"], "1:8"],
  ];
  for (const [path, place] of cases) {
    assert.equal(entry!.valueAt(path), `Cannot use config "f:${place}"`, path.join("."));
  }
});

Deno.test("`readConfigFile()` counts columns behind a byte order mark as editors do", () => {
  const [entry] = readConfigFile({ path: "f", text: '\uFEFF{\n"a": 1}' });
  assert.equal(entry!.nameAt, 'Cannot use config "f:2:1"');
});
