/** Settings: what wins, what is refused, and the exact words of each refusal. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ConfigError,
  type ConfigSources,
  ENVIRONMENT_NAMES,
  environmentName,
  type FlagSetting,
  resolveConfig,
  SETTING_KEYS,
} from "../src/config.ts";

const DEFAULTS = {
  proxyHost: "127.0.0.1",
  proxyPort: 8888,
  logDir: "/tmp/clawsec",
  logLevel: "INFO",
  maxScanBytes: 65_536,
  enableMitm: true,
  dedupWindowSecs: 60,
  mode: "monitor",
  blockSeverity: "high",
  actions: {},
  suppress: [],
  enableRules: [],
  rulesFile: undefined,
  homes: {},
  knownSecrets: { env: [], files: [] },
  onScanError: "block",
  allowHosts: [],
  denyHosts: [],
  denyPrivate: false,
  proxyToken: undefined,
  sniPort: 443,
  enableSshWatcher: true,
  sshPollInterval: 5,
  sshKnownHosts: [],
  upstreamCaFile: undefined,
  upstreamProxy: undefined,
  noProxy: [],
  enableHttp2: true,
  mitmBypass: [],
  mitmBypassAuto: false,
  workers: 1,
  maxConnections: 4096,
  gateways: [],
};

function file(text: string): ConfigSources {
  return { file: { path: "clawsec.jsonc", text } };
}

function flag(key: FlagSetting["key"], name: string, text: string): ConfigSources {
  return { flags: [{ key, flag: name, text }] };
}

Deno.test("`resolveConfig()` has a default for everything", () => {
  assert.deepEqual(resolveConfig({}), DEFAULTS);
  assert.deepEqual(resolveConfig(file("{}")), DEFAULTS);
});

Deno.test("`resolveConfig()` takes every key from the file", () => {
  const text = `\uFEFF// Comments and trailing commas are allowed.
  {
    "$schema": "./clawsec.schema.json",
    "proxy_host": "::1", "proxy_port": 0, "log_dir": "/var/log/clawsec", "log_level": "DEBUG",
    "max_scan_bytes": 1024, "enable_mitm": false, "dedup_window_secs": 0.5, "mode": "block",
    "block_severity": "critical", "actions": { "ai_api_key": "redact", "low": "block" },
    "on_scan_error": "allow", "allow_hosts": ["*.example.com", "10.0.0.0/8:443"],
    "deny_hosts": ["[::1]:80", "evil.example"], "deny_private": true,
    "enable_ssh_watcher": false, "ssh_poll_interval": 0.1, /* tenths count */
    "ssh_known_hosts": ["github.com", "10.0.0.1", "fe80::1%eth0"],
    "upstream_ca_file": "/etc/ca.pem", "mitm_bypass": [".example.com", "api_1.example.org"],
    "mitm_bypass_auto": true, "enable_http2": false, "workers": 0, "max_connections": 1,
    "suppress": [{ "pattern": "jwt", "dest": "*.example.com:443", "reason": "a test key",
      "location": "header:cookie", "fingerprint": "0123456789abcdef", "until": "2027-01-31" }],
    "enable_rules": ["payment_card"], "rules_file": "/etc/rules.jsonc",
    "homes": { "github_pat": ["api.github.com", ".ghe.example"] },
    "known_secrets": { "env": ["TOKEN"], "files": ["/home/me/.netrc"] },
    "proxy_token": "let-me-in", "sni_port": 8443,
    "upstream_proxy": "http://me:p%40ss@proxy.example:3128", "no_proxy": ["10.0.0.0/8"],
    "gateways": [{ "listen": "127.0.0.1:0", "target": "[::1]:18789" }],
  }`;
  assert.deepEqual(resolveConfig(file(text)), {
    proxyHost: "::1",
    proxyPort: 0,
    logDir: "/var/log/clawsec",
    logLevel: "DEBUG",
    maxScanBytes: 1024,
    enableMitm: false,
    dedupWindowSecs: 0.5,
    mode: "block",
    blockSeverity: "critical",
    actions: { ai_api_key: "redact", low: "block" },
    suppress: [{
      pattern: "jwt",
      dest: "*.example.com:443",
      location: "header:cookie",
      fingerprint: "0123456789abcdef",
      reason: "a test key",
      until: "2027-01-31",
    }],
    enableRules: ["payment_card"],
    rulesFile: "/etc/rules.jsonc",
    homes: { github_pat: ["api.github.com", ".ghe.example"] },
    knownSecrets: { env: ["TOKEN"], files: ["/home/me/.netrc"] },
    onScanError: "allow",
    allowHosts: ["*.example.com", "10.0.0.0/8:443"],
    denyHosts: ["[::1]:80", "evil.example"],
    denyPrivate: true,
    proxyToken: "let-me-in",
    sniPort: 8443,
    enableSshWatcher: false,
    sshPollInterval: 0.1,
    sshKnownHosts: ["github.com", "10.0.0.1", "fe80::1%eth0"],
    upstreamCaFile: "/etc/ca.pem",
    upstreamProxy: {
      kind: "http",
      host: "proxy.example",
      port: 3128,
      credentials: { username: "me", password: "p@ss" },
    },
    noProxy: ["10.0.0.0/8"],
    mitmBypass: [".example.com", "api_1.example.org"],
    mitmBypassAuto: true,
    enableHttp2: false,
    workers: 0,
    maxConnections: 1,
    gateways: [{ listen: "127.0.0.1:0", target: "[::1]:18789" }],
  });
});

Deno.test("`resolveConfig()` reads environment texts as the setting's kind of value", () => {
  const env = {
    CLAWSEC_PROXY_HOST: "0.0.0.0",
    CLAWSEC_HTTP_PROXY_PORT: "9000",
    CLAWSEC_ENABLE_MITM: "0",
    CLAWSEC_ENABLE_SSH_WATCHER: "TRUE",
    CLAWSEC_SSH_POLL_INTERVAL: "2.5",
    CLAWSEC_MITM_BYPASS: "a.example, .b.example,",
    CLAWSEC_SSH_KNOWN_HOSTS: "",
    CLAWSEC_ACTIONS: "ai_api_key=block, medium=log",
    CLAWSEC_GATEWAYS: "127.0.0.1:18790=127.0.0.1:18789, [::1]:1=host:2",
  };
  assert.deepEqual(resolveConfig({ env }), {
    ...DEFAULTS,
    proxyHost: "0.0.0.0",
    proxyPort: 9000,
    enableMitm: false,
    actions: { ai_api_key: "block", medium: "log" },
    sshPollInterval: 2.5,
    mitmBypass: ["a.example", ".b.example"],
    gateways: [
      { listen: "127.0.0.1:18790", target: "127.0.0.1:18789" },
      { listen: "[::1]:1", target: "host:2" },
    ],
  });
});

Deno.test("`resolveConfig()` prefers flag to environment to file to default", () => {
  const fromFile = file('{ "http_proxy_port": 1, "mode": "block" }');
  const env = { CLAWSEC_PROXY_PORT: "2" };
  const { flags } = flag("proxy_port", "--port", "3");
  const ports = [fromFile, { ...fromFile, env }, { ...fromFile, env, flags: flags! }]
    .map((sources) => resolveConfig(sources))
    .map(({ proxyPort, mode }) => [proxyPort, mode]);
  assert.deepEqual(ports, [[1, "block"], [2, "block"], [3, "block"]]);
});

Deno.test("`resolveConfig()` freezes everything", () => {
  const config = resolveConfig(file('{ "gateways": [{ "listen": "a:1", "target": "b:2" }] }'));
  for (const part of [config, config.gateways, config.gateways[0], config.mitmBypass]) {
    assert.ok(Object.isFrozen(part));
  }
});

/** Reason, sources, the message after `Cannot use `. */
const MISTAKES: readonly (readonly [string, ConfigSources, string])[] = [
  ["an empty file", file(""), 'config "clawsec.jsonc:1:1": value expected'],
  ["no end", file('{\n  "mode": "block"'), 'config "clawsec.jsonc:2:18": close brace expected'],
  [
    "a missing comma",
    file('{\r\n  "mode": "block"\r\n  "workers": 1\r\n}'),
    'config "clawsec.jsonc:3:3": comma expected, found a string',
  ],
  [
    "a string without end",
    file('{ "mode": "block }'),
    'config "clawsec.jsonc:1:11": unexpected end of string, found a string',
  ],
  ["a list", file("[]"), 'config "clawsec.jsonc:1:1": found array, must be an object'],
  [
    "a misspelt key",
    file('{\n  "proxy_prot": 1\n}'),
    'config "clawsec.jsonc:2:3": unknown key "proxy_prot", did you mean "proxy_port"',
  ],
  [
    "a key in camelCase",
    file('{ "proxyPort": 1 }'),
    'config "clawsec.jsonc:1:3": unknown key "proxyPort", did you mean "proxy_port"',
  ],
  [
    "a key that resembles none",
    file('{ "color": 1 }'),
    'config "clawsec.jsonc:1:3": unknown key "color", must be one of ' + SETTING_KEYS.join(", "),
  ],
  [
    "a key of Object.prototype",
    file('{ "__proto__": 1, "mode": "x" }'),
    'config "clawsec.jsonc:1:3": unknown key "__proto__", must be one of ' +
    SETTING_KEYS.join(", "),
  ],
  [
    "another key of Object.prototype",
    file('{ "constructor": 1 }'),
    'config "clawsec.jsonc:1:3": unknown key "constructor", must be one of ' +
    SETTING_KEYS.join(", "),
  ],
  [
    "a key set twice",
    file('{\n  "workers": 1,\n  "workers": 1\n}'),
    'config "clawsec.jsonc:3:3": key "workers" is already set above',
  ],
  [
    "a key set twice further down",
    file('{ "gateways": [{ "listen": "a:1", "listen": "a:2", "target": "b:1" }] }'),
    'config "clawsec.jsonc:1:35": key "listen" is already set above',
  ],
  [
    "an old name beside the new",
    file('{ "proxy_port": 1,\n  "http_proxy_port": 1 }'),
    'config "clawsec.jsonc:2:3": proxy_port and its old name http_proxy_port are both set, ' +
    "must be one of them",
  ],
  [
    "a wrong type",
    file('{ "proxy_port": "8888" }'),
    'config "clawsec.jsonc:1:17": proxy_port is "8888", must be an integer from 0 to 65535',
  ],
  [
    "null",
    file('{ "upstream_ca_file": null }'),
    'config "clawsec.jsonc:1:23": upstream_ca_file is null, must be an absolute path',
  ],
  [
    "out of range",
    file('{\n\n\t"proxy_port": 65536 }'),
    'config "clawsec.jsonc:3:16": proxy_port is 65536, must be an integer from 0 to 65535',
  ],
  [
    "not an integer",
    file('{ "max_connections": 1.5 }'),
    'config "clawsec.jsonc:1:22": max_connections is 1.5, must be an integer from 1 to 1000000',
  ],
  [
    "a number too large for a double",
    file('{ "dedup_window_secs": 1e999 }'),
    'config "clawsec.jsonc:1:24": dedup_window_secs is Infinity, must be a number from 0 to 86400',
  ],
  [
    "a wrong word",
    file('{ "log_level": "info" }'),
    'config "clawsec.jsonc:1:16": log_level is "info", must be one of DEBUG, INFO, WARNING, ERROR',
  ],
  [
    "a string for a list",
    file('{ "mitm_bypass": "example.com" }'),
    'config "clawsec.jsonc:1:18": mitm_bypass is "example.com", must be a list of strings',
  ],
  [
    "an item of a wrong type",
    file('{ "mitm_bypass": ["a.example",\n  5] }'),
    'config "clawsec.jsonc:2:3": mitm_bypass[1] is 5, must be a host name, an IP address or a ' +
    "suffix such as .example.com",
  ],
  [
    "a pattern where a suffix belongs",
    file('{ "mitm_bypass": ["*.example.com"] }'),
    'config "clawsec.jsonc:1:19": mitm_bypass[0] is "*.example.com", must be a host name, an IP ' +
    "address or a suffix such as .example.com",
  ],
  [
    "a host with its port",
    file('{ "proxy_host": "127.0.0.1:8888" }'),
    'config "clawsec.jsonc:1:17": proxy_host is "127.0.0.1:8888", must be a host name or an IP ' +
    "address, without port or brackets",
  ],
  [
    "a relative path",
    file('{ "log_dir": "logs" }'),
    'config "clawsec.jsonc:1:14": log_dir is "logs", must be an absolute path',
  ],
  [
    "a path too long for a socket in it",
    file(`{ "log_dir": "/${"x".repeat(90)}" }`),
    `config "clawsec.jsonc:1:14": log_dir is "/${"x".repeat(58)}…, must be an absolute path of ` +
    "at most 90 bytes",
  ],
  [
    "a gateway without a target",
    file('{ "gateways": [{ "listen": "a:1" }] }'),
    'config "clawsec.jsonc:1:16": gateways[0].target is missing, must be host:port with a port ' +
    "from 1 to 65535",
  ],
  [
    "a gateway to port 0",
    file('{ "gateways": [{ "listen": "a:1", "target": "b:0" }] }'),
    'config "clawsec.jsonc:1:45": gateways[0].target is "b:0", must be host:port with a port ' +
    "from 1 to 65535",
  ],
  [
    "a gateway with an IPv6 address without brackets",
    file('{ "gateways": [{ "listen": "::1:80", "target": "b:1" }] }'),
    'config "clawsec.jsonc:1:28": gateways[0].listen is "::1:80", must be host:port with a port ' +
    "from 0 to 65535",
  ],
  [
    "a gateway with a key more",
    file('{ "gateways": [{ "listen": "a:1", "target": "b:1", "tls": true }] }'),
    'config "clawsec.jsonc:1:16": gateways[0] is {"listen":"a:1","target":"b:1","tls":true}, ' +
    "must be an object of listen and target, each host:port",
  ],
  [
    "a mistake that a flag would override",
    { ...file('{ "mode": "off" }'), ...flag("mode", "--mode", "block") },
    'config "clawsec.jsonc:1:11": mode is "off", must be one of monitor, block',
  ],
  [
    "a variable that is no number",
    { env: { CLAWSEC_PROXY_PORT: "http" } },
    'environment variable "CLAWSEC_PROXY_PORT": proxy_port is "http", must be an integer from 0 ' +
    "to 65535",
  ],
  [
    "a variable with a number that is none here",
    { env: { CLAWSEC_PROXY_PORT: "0x10" } },
    'environment variable "CLAWSEC_PROXY_PORT": proxy_port is "0x10", must be an integer from 0 ' +
    "to 65535",
  ],
  [
    "a variable that is neither true nor false",
    { env: { CLAWSEC_ENABLE_MITM: "yes" } },
    'environment variable "CLAWSEC_ENABLE_MITM": enable_mitm is "yes", must be true or false',
  ],
  [
    "an item of a variable's list",
    { env: { CLAWSEC_SSH_KNOWN_HOSTS: "a, b c" } },
    'environment variable "CLAWSEC_SSH_KNOWN_HOSTS": ssh_known_hosts[1] is "b c", must be a host ' +
    "name or an IP address, without port or brackets",
  ],
  [
    "a variable's gateway without a target",
    { env: { CLAWSEC_GATEWAYS: "a:1" } },
    'environment variable "CLAWSEC_GATEWAYS": gateways[0].target is "", must be host:port with a ' +
    "port from 1 to 65535",
  ],
  [
    "a variable's old name beside the new",
    { env: { CLAWSEC_PROXY_PORT: "1", CLAWSEC_HTTP_PROXY_PORT: "1" } },
    'environment variable "CLAWSEC_HTTP_PROXY_PORT": CLAWSEC_PROXY_PORT and its old name ' +
    "CLAWSEC_HTTP_PROXY_PORT are both set, must be one of them",
  ],
  [
    "a flag out of range",
    flag("proxy_port", "--port", "-1"),
    'option "--port": proxy_port is -1, must be an integer from 0 to 65535',
  ],
];

Deno.test("`resolveConfig()` names the place, the key, what was found and what is allowed", async (t) => {
  for (const [reason, sources, message] of MISTAKES) {
    await t.step(reason, () => {
      assert.throws(() => resolveConfig(sources), {
        name: ConfigError.name,
        message: `Cannot use ${message}`,
      });
    });
  }
});

// Invariant: any text is a configuration or a `ConfigError`, never another error.
Deno.test("`resolveConfig()` survives any file and any variable", () => {
  const json = fc.json({ maxDepth: 4 });
  const object = fc.dictionary(fc.constantFrom(...SETTING_KEYS), fc.jsonValue());
  const text = fc.oneof(fc.string(), json, object.map((value) => JSON.stringify(value)));
  fc.assert(fc.property(text, fc.constantFrom(...ENVIRONMENT_NAMES), (text, name) => {
    for (const sources of [file(text), { env: { [name]: text } }]) {
      try {
        resolveConfig(sources);
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        assert.match(error.message, /^Cannot use (?:config|environment variable) "[^\n]*$/);
      }
    }
  }));
});

Deno.test("`environmentName()` names each variable that is read", () => {
  assert.equal(environmentName("proxy_port"), "CLAWSEC_PROXY_PORT");
  assert.deepEqual(ENVIRONMENT_NAMES, [
    ...SETTING_KEYS.map(environmentName),
    "CLAWSEC_HTTP_PROXY_PORT",
  ]);
});
