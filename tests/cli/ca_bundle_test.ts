/** The bundle of the system's roots and ours. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { caBundlePath, writeCaBundle } from "../../src/cli/ca_bundle.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

Deno.test("`writeCaBundle()` puts our CA behind the first file of roots there is", async (t) => {
  await using directory = await temporaryDirectory();
  const caFile = join(directory.path, "ca.crt");
  await Deno.writeTextFile(caFile, pem("ours"));
  const [roots, unterminated, empty, missing] = ["roots", "unterminated", "empty", "missing"]
    .map((name) => join(directory.path, name)) as [string, string, string, string];
  await Deno.writeTextFile(roots, pem("system"));
  await Deno.writeTextFile(unterminated, pem("system").trimEnd());
  await Deno.writeTextFile(empty, "");
  const cases: readonly (readonly [string, readonly string[], string | undefined, string])[] = [
    ["the first", [roots, unterminated], roots, pem("system") + pem("ours")],
    ["the next where the first is missing", [missing, roots], roots, pem("system") + pem("ours")],
    ["not one without certificates", [empty, roots], roots, pem("system") + pem("ours")],
    ["one without a last line feed", [unterminated], unterminated, pem("system") + pem("ours")],
    ["ours alone where there is none", [missing], undefined, pem("ours")],
  ];
  for (const [reason, systemRoots, found, text] of cases) {
    await t.step(reason, async () => {
      const bundle = await writeCaBundle(caFile, { systemRoots });
      assert.deepEqual(bundle, { path: caBundlePath(directory.path), systemRoots: found });
      assert.equal(await Deno.readTextFile(bundle.path), text);
    });
  }
});

Deno.test("`writeCaBundle()` rejects where there is no CA", async () => {
  await using directory = await temporaryDirectory();
  await assert.rejects(writeCaBundle(join(directory.path, "ca.crt")), Deno.errors.NotFound);
});
