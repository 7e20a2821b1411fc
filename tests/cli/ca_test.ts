/** `clawsec ca` before and after there is one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadOrCreateCa } from "../../src/ca/ca_files.ts";
import { ca } from "../../src/cli/ca.ts";
import { hasProgram } from "../support/has_program.ts";
import { CapturedTerminal, commandDirectory } from "./command_fixture.ts";

Deno.test("`ca()` says that there is no CA yet", async () => {
  await using directory = await commandDirectory();
  const path = join(directory.logDir, "ca.crt");
  for (const options of [[], ["--path"], ["--trust"]]) {
    const terminal = new CapturedTerminal();
    await assert.rejects(ca(directory.command("ca", ...options), terminal), {
      name: "CommandError",
      message: `Cannot find CA "${path}": it is made by the first deno task start`,
    });
    assert.equal(terminal.printed, "");
  }
});

Deno.test("`ca()` says that the CA is damaged", async () => {
  await using directory = await commandDirectory();
  const path = join(directory.logDir, "ca.crt");
  await Deno.writeTextFile(path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  await assert.rejects(ca(directory.command("ca"), new CapturedTerminal()), {
    name: "CommandError",
    message: `Cannot read CA "${path}": it is damaged, restore it`,
  });
});

Deno.test("`ca()` prints a summary, the path alone, or the instructions", async () => {
  await using directory = await commandDirectory();
  const { notAfter } = await loadOrCreateCa(directory.logDir);
  const path = join(directory.logDir, "ca.crt");
  const print = async (...options: readonly string[]) => {
    const terminal = new CapturedTerminal();
    await ca(directory.command("ca", ...options), terminal);
    return terminal.printed;
  };
  assert.equal(await print("--path"), `${path}\n`);
  assert.match(await print("--trust"), /^Debian, Ubuntu, Alpine:$/m);
  const [certificate, digest, validUntil, hint] = (await print()).split("\n");
  assert.equal(certificate, `certificate: ${path}`);
  assert.match(digest!, /^SHA-256: (?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.equal(validUntil, `valid until: ${notAfter.toISOString()}`);
  assert.equal(hint, "how to trust it: deno task ca --trust");
});

Deno.test({
  name: "`ca()` prints the fingerprint that openssl prints",
  ignore: !hasProgram("openssl"),
  async fn() {
    await using directory = await commandDirectory();
    await loadOrCreateCa(directory.logDir);
    const { stdout } = await new Deno.Command("openssl", {
      args: ["x509", "-noout", "-fingerprint", "-sha256", "-in", `${directory.logDir}/ca.crt`],
    }).output();
    const terminal = new CapturedTerminal();
    await ca(directory.command("ca"), terminal);
    const fingerprint = new TextDecoder().decode(stdout).trim().split("=")[1]!;
    assert.ok(terminal.printed.includes(`SHA-256: ${fingerprint}\n`));
  },
});
