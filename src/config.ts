/**
 * Every setting: meaning, unit, default; and how flags, environment and file become one frozen
 * `Config`. Limits are in `config/setting_schema.ts`.
 *
 * Turns the text of a JSONC file, the `CLAWSEC_*` variables and the flags into checked values, in
 * the order flag, environment, file, default. Reads nothing itself: `cli/load_config.ts` does.
 * Fails closed: an unknown key, a wrong type, a value out of range or a key written twice is a
 * `ConfigError` that says where it stands, what was found and what is allowed. The sentence on
 * what is allowed is the schema's own message, so that check and message cannot drift apart.
 */
import { levenshteinDistance } from "@optique/core/suggestion";
import { z } from "zod";
import { ConfigError, quoteText } from "./config/config_error.ts";
import { type ConfigFile, readConfigFile } from "./config/config_file.ts";
import {
  HIDDEN_SETTINGS,
  SETTING_KEYS,
  type SettingKey,
  SETTINGS,
} from "./config/setting_schema.ts";
import { settingValue } from "./config/setting_text.ts";
import type { UpstreamProxy } from "./config/upstream_proxy.ts";
import type { Severity } from "./scan/rule.ts";

export { ConfigError };
export { configJsonSchema, SETTING_KEYS, type SettingKey } from "./config/setting_schema.ts";

/** Where `proxy_port` was called so, it still may be. */
const OLD_NAMES: ReadonlyMap<string, SettingKey> = new Map([["http_proxy_port", "proxy_port"]]);

/** Resolved and frozen settings. Keys in the file are the same names in snake_case. */
export interface Config {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly proxyHost: string;
  /** 0 takes a free port. @default {8888} */
  readonly proxyPort: number;
  /** Absolute directory for the CA, the logs and the control socket. @default {"/tmp/clawsec"} */
  readonly logDir: string;
  /** @default {"INFO"} */
  readonly logLevel: "DEBUG" | "INFO" | "WARNING" | "ERROR";
  /** Bytes of one message held at a time while scanning. @default {65536} */
  readonly maxScanBytes: number;
  /** Whether TLS inside CONNECT is decrypted. @default {true} */
  readonly enableMitm: boolean;
  /** Seconds in which the same threat is written once. @default {60} */
  readonly dedupWindowSecs: number;
  /** @default {"monitor"} */
  readonly mode: "monitor" | "block";
  /** In block mode, findings of this severity and worse are stopped. @default {"high"} */
  readonly blockSeverity: Exclude<Severity, "info">;
  /** What block mode does, by pattern label or severity; the label wins. @default {{}} */
  readonly actions: Readonly<Record<string, PolicyAction>>;
  /** Findings that are known to be harmless. @default {[]} */
  readonly suppress: readonly SuppressionConfig[];
  /** Ids or patterns of optional rules that are to be on. @default {[]} */
  readonly enableRules: readonly string[];
  /** Absolute path of a JSONC file of the user's own rules; undefined: there are none. */
  readonly rulesFile: string | undefined;
  /**
   * Hosts where a credential belongs, by pattern or rule id, in place of the rule's own; with a
   * leading dot every host below it.
   * @default {{}}
   */
  readonly homes: Readonly<Record<string, readonly string[]>>;
  /** Where values that must never leave are read from at start. @default {{ env: [], files: [] }} */
  readonly knownSecrets: KnownSecretsConfig;
  /** What block mode does with content that cannot be scanned. @default {"block"} */
  readonly onScanError: "block" | "allow";
  /** Where requests may go: exact, `*.suffix`, CIDR, each also with `:port`; empty: anywhere. @default {[]} */
  readonly allowHosts: readonly string[];
  /** Where they may not; wins over `allowHosts`. @default {[]} */
  readonly denyHosts: readonly string[];
  /** Whether origins at loopback, private, link-local and metadata addresses are refused. @default {false} */
  readonly denyPrivate: boolean;
  /**
   * Password that clients must give (`Proxy-Authorization`, SOCKS5); any user name will do and
   * becomes the `source` of threats. Undefined: none is asked for.
   */
  readonly proxyToken: string | undefined;
  /** Port of the origins of TLS that comes straight to our port, without CONNECT. @default {443} */
  readonly sniPort: number;
  /** @default {true} */
  readonly enableSshWatcher: boolean;
  /** Seconds. @default {5} */
  readonly sshPollInterval: number;
  /** Hosts or addresses that may be reached by SSH. @default {[]} */
  readonly sshKnownHosts: readonly string[];
  /** Absolute path of a PEM file of extra roots for TLS to origins; undefined: system roots only. */
  readonly upstreamCaFile: string | undefined;
  /** The proxy that leads out; undefined: origins are dialled directly. */
  readonly upstreamProxy: UpstreamProxy | undefined;
  /** Where `upstreamProxy` is not used; patterns as in `allowHosts`. @default {[]} */
  readonly noProxy: readonly string[];
  /** Whether HTTP/2 is spoken with clients and origins that offer it. @default {true} */
  readonly enableHttp2: boolean;
  /** Host suffixes tunnelled without decryption. @default {[]} */
  readonly mitmBypass: readonly string[];
  /** Whether a host whose clients reject our leaf is tunnelled for 10 minutes. @default {false} */
  readonly mitmBypassAuto: boolean;
  /** Data workers; 0: one a core (Linux). @default {1} */
  readonly workers: number;
  /** Client connections served at a time. @default {4096} */
  readonly maxConnections: number;
  /** Inspected TCP/WebSocket forwards. @default {[]} */
  readonly gateways: readonly GatewayConfig[];
}

/** What block mode does about a finding; `redact` replaces the secret and lets the rest go on. */
export type PolicyAction = "log" | "block" | "redact";

/** One inspected forward: `listen` and `target` are `host:port`. */
export interface GatewayConfig {
  readonly listen: string;
  readonly target: string;
}

/**
 * One entry of `suppress`: a finding that agrees with every given field is harmless. At least one of
 * the first four is given.
 */
export interface SuppressionConfig {
  /** A pattern label or a rule's id. */
  readonly pattern?: string | undefined;
  /** As in `allow_hosts`: host, `*.suffix`, address or CIDR, each also with `:port`. */
  readonly dest?: string | undefined;
  /** `body`, `header:cookie`; with a `*` at its end, whatever begins so. */
  readonly location?: string | undefined;
  /** 16 hexadecimal digits, as in the threat record. */
  readonly fingerprint?: string | undefined;
  readonly reason: string;
  /** `2027-01-31`: the last day (UTC) it holds. Undefined: it has no end. */
  readonly until?: string | undefined;
}

/** Sources of known secrets. */
export interface KnownSecretsConfig {
  /** Names of variables; `CLAWSEC_SECRET_<name>` is looked at first, which needs no further right. */
  readonly env: readonly string[];
  /** Absolute paths: `.env`, `.netrc`, `.npmrc`, `.aws/credentials`, private keys. */
  readonly files: readonly string[];
}

/** A setting given on the command line, as text. */
export interface FlagSetting {
  readonly key: SettingKey;
  /** As typed, for messages: `--port`. */
  readonly flag: string;
  readonly text: string;
}

/** Where `resolveConfig()` takes values from, strongest first: flags, env, file. */
export interface ConfigSources {
  readonly flags?: readonly FlagSetting[];
  /** `CLAWSEC_PROXY_PORT` → text; an empty text counts as not set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** JSONC text, and the path that messages name. */
  readonly file?: ConfigFile;
}

/** Every environment variable that `resolveConfig()` looks at. */
export const ENVIRONMENT_NAMES: readonly string[] = [...SETTING_KEYS, ...OLD_NAMES.keys()]
  .map(environmentName);

/** A value found in one source, before it is checked. */
interface FoundValue {
  readonly value: unknown;
  /** Begins the message, with the place of the value or of the item at `path` in it. */
  readonly where: (path: (string | number)[]) => string;
}

/** The values of one source, by setting. */
type Layer = Partial<Record<SettingKey, FoundValue>>;

/**
 * Resolves every setting from its strongest source and checks it.
 *
 * @throws {ConfigError} at the first mistake, in the order file, environment, flags.
 *
 * @example
 * ```ts
 * const config = resolveConfig({
 *   env: { CLAWSEC_PROXY_PORT: "9000" },
 *   file: { path: "clawsec.jsonc", text: '{ "proxy_port": 8000, "mode": "block" }' },
 * });
 * console.assert(config.proxyPort === 9000 && config.mode === "block");
 * ```
 */
export function resolveConfig(sources: ConfigSources): Config {
  const layers = [
    sources.file === undefined ? {} : readFile(sources.file),
    readEnvironment(sources.env ?? {}),
    ...(sources.flags ?? []).map(({ key, flag, text }): Layer => ({
      [key]: { value: settingValue(key, text), where: () => `Cannot use option "${flag}"` },
    })),
  ];
  for (const layer of layers) {
    for (const [key, found] of Object.entries(layer)) check(key as SettingKey, found);
  }
  const strongest: Layer = Object.assign({}, ...layers);
  const values = z.object(SETTINGS).parse(
    Object.fromEntries(Object.entries(strongest).map(([key, found]) => [key, found.value])),
  );
  return deepFreeze({
    proxyHost: values.proxy_host,
    proxyPort: values.proxy_port,
    logDir: values.log_dir,
    logLevel: values.log_level,
    maxScanBytes: values.max_scan_bytes,
    enableMitm: values.enable_mitm,
    dedupWindowSecs: values.dedup_window_secs,
    mode: values.mode,
    blockSeverity: values.block_severity,
    actions: values.actions,
    suppress: values.suppress,
    enableRules: values.enable_rules,
    rulesFile: values.rules_file,
    homes: values.homes,
    knownSecrets: values.known_secrets,
    onScanError: values.on_scan_error,
    allowHosts: values.allow_hosts,
    denyHosts: values.deny_hosts,
    denyPrivate: values.deny_private,
    proxyToken: values.proxy_token,
    sniPort: values.sni_port,
    enableSshWatcher: values.enable_ssh_watcher,
    sshPollInterval: values.ssh_poll_interval,
    sshKnownHosts: values.ssh_known_hosts,
    upstreamCaFile: values.upstream_ca_file,
    upstreamProxy: values.upstream_proxy,
    noProxy: values.no_proxy,
    enableHttp2: values.enable_http2,
    mitmBypass: values.mitm_bypass,
    mitmBypassAuto: values.mitm_bypass_auto,
    workers: values.workers,
    maxConnections: values.max_connections,
    gateways: values.gateways,
  });
}

/** Names the environment variable of a setting: `proxy_port` → `CLAWSEC_PROXY_PORT`. */
export function environmentName(key: string): string {
  return `CLAWSEC_${key.toUpperCase()}`;
}

function readFile(file: ConfigFile): Layer {
  const layer: Layer = {};
  for (const { name, value, nameAt, valueAt } of readConfigFile(file)) {
    if (name === "$schema") continue;
    const key = settingKey(name, nameAt);
    if (layer[key] !== undefined) throw bothNames(nameAt, key, String);
    layer[key] = { value, where: valueAt };
  }
  return layer;
}

function readEnvironment(env: Readonly<Record<string, string | undefined>>): Layer {
  const layer: Layer = {};
  for (const key of [...SETTING_KEYS, ...OLD_NAMES.keys()]) {
    const name = environmentName(key);
    const text = env[name];
    if (text === undefined || text === "") continue;
    const where = `Cannot use environment variable "${name}"`;
    const newKey = settingKey(key, where);
    if (layer[newKey] !== undefined) throw bothNames(where, newKey, environmentName);
    layer[newKey] = { value: settingValue(newKey, text), where: () => where };
  }
  return layer;
}

/** Checks one value against its setting alone, so that the message can name its source. */
function check(key: SettingKey, { value, where }: FoundValue): void {
  const [issue] = SETTINGS[key].safeParse(value).error?.issues ?? [];
  if (issue === undefined) return;
  const path = issue.path as (string | number)[];
  const item = path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("");
  if (HIDDEN_SETTINGS.has(key)) {
    throw new ConfigError(`${where(path)}: ${key}${item} must be ${issue.message}`);
  }
  let found = value;
  for (const step of path) found = (found as Record<string | number, unknown>)[step];
  // JSON has no Infinity, which 1e999 is read as.
  const quoted = typeof found === "number" ? String(found) : JSON.stringify(found) ?? "missing";
  throw new ConfigError(
    `${where(path)}: ${key}${item} is ${quoteText(quoted)}, must be ${issue.message}`,
  );
}

/** @throws {ConfigError} for a name that is no setting, with the nearest one that is. */
function settingKey(name: string, where: string): SettingKey {
  const key = OLD_NAMES.get(name) ?? SETTING_KEYS.find((known) => known === name);
  if (key !== undefined) return key;
  const typed = name.toLowerCase();
  const distances = SETTING_KEYS.map((known) =>
    [levenshteinDistance(typed, known), known] as const
  );
  const [distance, nearest] = distances.sort(([a], [b]) => a - b)[0]!;
  // A third of the letters: closer is a slip of the finger, farther is another word.
  const hint = distance * 3 <= nearest.length
    ? `did you mean "${nearest}"`
    : `must be one of ${SETTING_KEYS.join(", ")}`;
  throw new ConfigError(`${where}: unknown key ${quoteText(JSON.stringify(name))}, ${hint}`);
}

function bothNames(where: string, key: SettingKey, spell: (key: string) => string): ConfigError {
  const [oldName = key] = [...OLD_NAMES.keys()].filter((name) => OLD_NAMES.get(name) === key);
  return new ConfigError(
    `${where}: ${spell(key)} and its old name ${spell(oldName)} are both set, must be one of them`,
  );
}

function deepFreeze<T extends object>(value: T): Readonly<T> {
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
