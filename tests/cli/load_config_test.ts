/** The configuration file and the environment as they are found on a machine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../src/cli/load_config.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Sets variables for the time of a test. */
function withEnvironment(variables: Readonly<Record<string, string>>): Disposable {
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(variables)) Deno.env.delete(name);
    },
  };
}

Deno.test("`loadConfig()` reads the file of `--config`, else that of CLAWSEC_CONFIG, else none", async () => {
  await using directory = await temporaryDirectory();
  const [flagged, named] = ["flagged", "named"].map((name) => join(directory.path, name)) as [
    string,
    string,
  ];
  await Deno.writeTextFile(flagged, '{ "proxy_port": 1 }');
  await Deno.writeTextFile(named, '{ "proxy_port": 2 }');
  assert.equal((await loadConfig()).proxyPort, 8888);
  using _environment = withEnvironment({ CLAWSEC_CONFIG: named });
  assert.equal((await loadConfig()).proxyPort, 2);
  assert.equal((await loadConfig({ path: flagged })).proxyPort, 1);
});

Deno.test("`loadConfig()` reads the environment, over which flags win", async () => {
  using _environment = withEnvironment({ CLAWSEC_PROXY_PORT: "3", CLAWSEC_MODE: "block" });
  const flags = [{ key: "proxy_port", flag: "--port", text: "4" }] as const;
  const { proxyPort, mode } = await loadConfig({ flags });
  assert.deepEqual({ proxyPort, mode }, { proxyPort: 4, mode: "block" });
});

Deno.test("`loadConfig()` takes an empty CLAWSEC_CONFIG for none", async () => {
  using _environment = withEnvironment({ CLAWSEC_CONFIG: "" });
  assert.equal((await loadConfig()).proxyPort, 8888);
});

Deno.test("`loadConfig()` says why a file cannot be read", async (t) => {
  await using directory = await temporaryDirectory();
  const path = (name: string) => join(directory.path, name);
  await Deno.mkdir(path("directory"));
  await Deno.writeFile(path("latin1"), Uint8Array.of(0x7b, 0xe9, 0x7d));
  await Deno.writeTextFile(path("large"), " ".repeat(1_048_577));
  await Deno.writeTextFile(path("wrong"), '{\n  "mode": 1\n}');
  const cases: readonly (readonly [string, string])[] = [
    ["missing", `Cannot read config file "${path("missing")}": no such file`],
    [
      "directory",
      `Cannot read config file "${path("directory")}": it is a directory, must be a file`,
    ],
    ["latin1", `Cannot read config file "${path("latin1")}": it is not UTF-8 text`],
    [
      "large",
      `Cannot read config file "${path("large")}": it has 1048577 bytes, must have at most 1048576`,
    ],
    [
      "wrong",
      `Cannot use config "${path("wrong")}:2:11": mode is 1, must be one of monitor, block`,
    ],
  ];
  for (const [name, message] of cases) {
    await t.step(
      name,
      () => assert.rejects(loadConfig({ path: path(name) }), { name: "ConfigError", message }),
    );
  }
});
