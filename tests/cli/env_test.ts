/** `clawsec env`: the running proxy's address first, the configured one else. */
import assert from "node:assert/strict";
import { env } from "../../src/cli/env.ts";
import {
  CapturedTerminal,
  type CommandDirectory,
  commandDirectory,
  SAMPLE_STATUS,
  serveControl,
} from "./command_fixture.ts";

async function run(
  directory: CommandDirectory,
  ...options: readonly string[]
): Promise<CapturedTerminal> {
  const terminal = new CapturedTerminal();
  await env(directory.command("env", ...options), terminal);
  return terminal;
}

Deno.test("`env()` points at the configured address while nothing runs, and says so", async () => {
  await using directory = await commandDirectory({ proxy_port: 8123 });
  const { printed, errors } = await run(directory);
  assert.match(printed, /^export HTTPS_PROXY='http:\/\/127\.0\.0\.1:8123'$/m);
  assert.equal(errors, "The proxy does not run: deno task start\n");
});

Deno.test("`env()` cannot tell a port that is not taken yet", async () => {
  await using directory = await commandDirectory();
  await assert.rejects(run(directory), {
    name: "CommandError",
    message: "Cannot tell the proxy's port: proxy_port is 0 and no proxy runs, deno task start",
  });
});

Deno.test("`env()` points at the running proxy in each form", async () => {
  await using directory = await commandDirectory();
  await using _server = await serveControl(directory.logDir);
  const url = "http://127.0.0.1:9999";
  const forms: readonly (readonly [readonly string[], string])[] = [
    [[], `export HTTP_PROXY='${url}'\n`],
    [["--shell", "fish"], `set -gx HTTP_PROXY '${url}'\n`],
    [["--shell", "powershell"], `$env:HTTP_PROXY = '${url}'\n`],
  ];
  for (const [options, first] of forms) {
    const { printed, errors } = await run(directory, ...options);
    assert.ok(printed.startsWith(first), printed);
    assert.equal(errors, "");
  }
  const { printed } = await run(directory, "--json");
  const values = JSON.parse(printed);
  assert.equal(values.https_proxy, url);
  assert.equal(values.NODE_EXTRA_CA_CERTS, `${directory.logDir}/ca.crt`);
  assert.equal(values.SSL_CERT_FILE, `${directory.logDir}/ca-bundle.crt`);
});

Deno.test("`env()` warns where a container cannot reach the proxy", async () => {
  for (const [host, warns] of [["127.0.0.1", true], ["0.0.0.0", false]] as const) {
    await using directory = await commandDirectory();
    const status = { ...SAMPLE_STATUS, address: { host, port: 9999 } };
    await using _server = await serveControl(directory.logDir, status);
    const { printed, errors } = await run(directory, "--docker");
    assert.match(printed, /'--env=HTTPS_PROXY=http:\/\/host\.docker\.internal:9999'/);
    assert.equal(errors !== "", warns, host);
  }
});

Deno.test("`env()` gives the agent a name and the token, where one is asked for", async () => {
  await using directory = await commandDirectory({ proxy_token: "let/me@in", proxy_port: 8888 });
  const terminal = new CapturedTerminal();
  await env(directory.command("env", "--json", "--agent", "coder 1"), terminal);
  const { HTTPS_PROXY } = JSON.parse(terminal.printed) as Readonly<Record<string, string>>;
  assert.equal(HTTPS_PROXY, "http://coder%201:let%2Fme%40in@127.0.0.1:8888");
});
