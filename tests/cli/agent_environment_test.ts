/** The variables of an agent: which, with what, and that a shell takes them over unchanged. */
import assert from "node:assert/strict";
import {
  agentEnvironment,
  dockerArguments,
  proxyUrl,
  shellExports,
} from "../../src/cli/agent_environment.ts";
import { hasProgram } from "../support/has_program.ts";

const OPTIONS = {
  host: "0.0.0.0",
  port: 8888,
  caFile: "/tmp/it's here/ca.crt",
  caBundle: "/tmp/it's here/ca-bundle.crt",
};

Deno.test("`proxyUrl()` is what a client on this machine connects to", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["127.0.0.1", "http://127.0.0.1:8888"],
    ["0.0.0.0", "http://127.0.0.1:8888"],
    ["::", "http://[::1]:8888"],
    ["::1", "http://[::1]:8888"],
    ["proxy.example", "http://proxy.example:8888"],
  ];
  for (const [host, url] of cases) assert.equal(proxyUrl({ host, port: 8888 }), url);
});

Deno.test("`agentEnvironment()` adds the CA where roots are added and the bundle where they are replaced", () => {
  const values = Object.fromEntries(agentEnvironment(OPTIONS));
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]) {
    assert.equal(values[name], "http://127.0.0.1:8888", name);
  }
  for (const name of ["NO_PROXY", "no_proxy"]) {
    assert.equal(values[name], "localhost,127.0.0.1,::1", name);
  }
  for (const name of ["NODE_EXTRA_CA_CERTS", "DENO_CERT"]) {
    assert.equal(values[name], OPTIONS.caFile, name);
  }
  const replacing = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "npm_config_cafile",
    "CARGO_HTTP_CAINFO",
    "AWS_CA_BUNDLE",
  ];
  for (const name of replacing) assert.equal(values[name], OPTIONS.caBundle, name);
  assert.equal(values.NODE_USE_ENV_PROXY, "1");
});

Deno.test("`shellExports()` writes one command a line", () => {
  const variables = [["A", "it's"], ["B", "1"]] as const;
  assert.equal(shellExports(variables, "sh"), "export A='it'\\''s'\nexport B='1'\n");
  assert.equal(shellExports(variables, "fish"), "set -gx A 'it\\'s'\nset -gx B '1'\n");
  assert.equal(shellExports(variables, "powershell"), "$env:A = 'it''s'\n$env:B = '1'\n");
});

Deno.test({
  name: "`shellExports()` is taken over by sh through eval",
  ignore: !hasProgram("sh"),
  async fn() {
    const variables = agentEnvironment(OPTIONS);
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", 'eval "$1"; env', "sh", shellExports(variables, "sh")],
      clearEnv: true,
    }).output();
    const lines = new TextDecoder().decode(stdout).split("\n");
    for (const [name, value] of variables) assert.ok(lines.includes(`${name}=${value}`), name);
  },
});

Deno.test({
  name: "`dockerArguments()` is read by sh as arguments that mount what they name",
  ignore: !hasProgram("sh"),
  async fn() {
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", 'eval "set -- $1"; printf "%s\\n" "$@"', "sh", dockerArguments(OPTIONS)],
    }).output();
    const words = new TextDecoder().decode(stdout).trimEnd().split("\n");
    assert.deepEqual(words.slice(0, 4), [
      "--add-host=host.docker.internal:host-gateway",
      `--volume=${OPTIONS.caFile}:/run/clawsec/ca.crt:ro`,
      `--volume=${OPTIONS.caBundle}:/run/clawsec/ca-bundle.crt:ro`,
      "--env=HTTP_PROXY=http://host.docker.internal:8888",
    ]);
    assert.ok(words.includes("--env=SSL_CERT_FILE=/run/clawsec/ca-bundle.crt"));
    assert.ok(words.includes("--env=NODE_EXTRA_CA_CERTS=/run/clawsec/ca.crt"));
  },
});
