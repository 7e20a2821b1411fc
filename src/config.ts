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
import { SETTING_KEYS, type SettingKey, SETTINGS } from "./config/setting_schema.ts";
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
  /** What block mode does with content that cannot be scanned. @default {"block"} */
  readonly onScanError: "block" | "allow";
  /** Where requests may go: exact, `*.suffix`, CIDR, each also with `:port`; empty: anywhere. @default {[]} */
  readonly allowHosts: readonly string[];
  /** Where they may not; wins over `allowHosts`. @default {[]} */
  readonly denyHosts: readonly string[];
  /** Whether origins at loopback, private, link-local and metadata addresses are refused. @default {false} */
  readonly denyPrivate: boolean;
  /** @default {true} */
  readonly enableSshWatcher: boolean;
  /** Seconds. @default {5} */
  readonly sshPollInterval: number;
  /** Hosts or addresses that may be reached by SSH. @default {[]} */
  readonly sshKnownHosts: readonly string[];
  /** Absolute path of a PEM file of extra roots for TLS to origins; undefined: system roots only. */
  readonly upstreamCaFile: string | undefined;
  /** Host suffixes tunnelled without decryption. @default {[]} */
  readonly mitmBypass: readonly string[];
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
      [key]: { value: valueOfText(key, text), where: () => `Cannot use option "${flag}"` },
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
    onScanError: values.on_scan_error,
    allowHosts: values.allow_hosts,
    denyHosts: values.deny_hosts,
    denyPrivate: values.deny_private,
    enableSshWatcher: values.enable_ssh_watcher,
    sshPollInterval: values.ssh_poll_interval,
    sshKnownHosts: values.ssh_known_hosts,
    upstreamCaFile: values.upstream_ca_file,
    mitmBypass: values.mitm_bypass,
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
    layer[newKey] = { value: valueOfText(newKey, text), where: () => where };
  }
  return layer;
}

/** Checks one value against its setting alone, so that the message can name its source. */
function check(key: SettingKey, { value, where }: FoundValue): void {
  const [issue] = SETTINGS[key].safeParse(value).error?.issues ?? [];
  if (issue === undefined) return;
  const path = issue.path as (string | number)[];
  const item = path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("");
  let found = value;
  for (const step of path) found = (found as Record<string | number, unknown>)[step];
  // JSON has no Infinity, which 1e999 is read as.
  const quoted = typeof found === "number" ? String(found) : JSON.stringify(found) ?? "missing";
  throw new ConfigError(
    `${where(path)}: ${key}${item} is ${quoteText(quoted)}, must be ${issue.message}`,
  );
}

/** Reads what a person typed as the kind of value the setting has; what does not fit stays text. */
function valueOfText(key: SettingKey, text: string): unknown {
  const schema = SETTINGS[key].unwrap();
  if (schema instanceof z.ZodBoolean) {
    return { true: true, 1: true, false: false, 0: false }[text.toLowerCase()] ?? text;
  }
  if (schema instanceof z.ZodNumber) return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
  const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  if (schema instanceof z.ZodRecord) {
    return Object.fromEntries(items.map((item) => item.split(/=(.*)/s, 2)));
  }
  if (!(schema instanceof z.ZodArray)) return text;
  if (key !== "gateways") return items;
  return items.map((item) => {
    const [listen, ...target] = item.split("=");
    return { listen, target: target.join("=") };
  });
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
