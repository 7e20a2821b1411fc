/** The configuration with what it points to. Mistakes in files are tested with `start()`. */
import assert from "node:assert/strict";
import { loadSettings, unknownNames } from "../../src/cli/load_settings.ts";
import { commandDirectory } from "./command_fixture.ts";

Deno.test("`unknownNames()` tells of names that no rule has", async () => {
  await using directory = await commandDirectory({
    actions: { ai_api_key: "log", ai_api_keys: "log", high: "block", known_secret: "redact" },
    homes: { known_secret_token: ["a.example"], githubpat: ["b.example"] },
    suppress: [{ pattern: "jtw", reason: "x" }, { dest: "a.example", reason: "y" }],
  });
  assert.deepEqual(await unknownNames(await loadSettings({ path: directory.configFile })), [
    'actions names "ai_api_keys", which no rule is called: it does nothing',
    'homes names "githubpat", which no rule is called: it does nothing',
    'suppress names "jtw", which no rule is called: it does nothing',
  ]);
});
