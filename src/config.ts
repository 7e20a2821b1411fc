/**
 * Every setting: meaning, unit, default, limits; and how flags, environment and file become one
 * frozen `Config`.
 *
 * Turns the text of a JSONC file, the `CLAWSEC_*` variables and the flags into checked values, in
 * the order flag, environment, file, default. Reads nothing itself: `cli/load_config.ts` does.
 * Fails closed: an unknown key, a wrong type, a value out of range or a key written twice is a
 * `ConfigError` that says where it stands, what was found and what is allowed. The sentence on
 * what is allowed is the schema's own message, so that check and message cannot drift apart.
 */
import { isAbsolute } from "node:path";
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { levenshteinDistance } from "@optique/core/suggestion";
import { z } from "zod";
import { parseDestinationPattern } from "./net/destination_pattern.ts";
import type { Severity } from "./scan/rule.ts";

/** Leaves room for `/control.sock` in the 104 bytes a Unix socket's path may have on macOS. */
const MAX_LOG_DIR_BYTES = 90;
/** A found value is quoted in messages up to this many characters. */
const MAX_QUOTED_CHARS = 60;
/** Where `proxy_port` was called so, it still may be. */
const OLD_NAMES: Readonly<Record<string, SettingKey>> = { http_proxy_port: "proxy_port" };

/** A host name or an IPv4 address. RFC 1123 §2.1; with `_`, which DNS has. */
const HOST_REGEXP =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]+)*$/;
const IPV6_REGEXP = /^(?=.*:.*:)[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9_.-]+)?$/;
/** `host:port`, `[v6]:port`. RFC 3986 §3.2.2. */
const HOST_PORT_REGEXP = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:\]]+)):(?<port>\d{1,5})$/;

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

/** A person's mistake in a flag, a variable or the file. The program ends with exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** A setting's name as written in the file: `proxy_port`. */
export type SettingKey = keyof typeof SETTINGS;

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
  readonly file?: { readonly path: string; readonly text: string };
}

/** Every setting as it may stand in the file; the description is for the JSON Schema. */
const SETTINGS = {
  proxy_host: hostName().default("127.0.0.1")
    .describe("Address to listen on; 0.0.0.0 serves other machines too"),
  proxy_port: integer(0, 65_535).default(8888).describe("Port to listen on; 0 takes a free one"),
  log_dir: absolutePath()
    .refine((path) => new TextEncoder().encode(path).length <= MAX_LOG_DIR_BYTES, {
      error: `an absolute path of at most ${MAX_LOG_DIR_BYTES} bytes`,
    })
    .default("/tmp/clawsec")
    .describe("Directory of the CA, the logs, the PID file and the control socket"),
  log_level: oneOf("DEBUG", "INFO", "WARNING", "ERROR").default("INFO")
    .describe("Mildest level written to stderr and clawsec.log"),
  max_scan_bytes: integer(1024, 16_777_216).default(65_536)
    .describe("Bytes of one message held at a time while scanning"),
  enable_mitm: z.boolean({ error: "true or false" }).default(true).describe(
    "Whether TLS inside CONNECT is decrypted",
  ),
  dedup_window_secs: decimal(0, 86_400).default(60)
    .describe("Seconds in which the same threat is written once; 0 writes each"),
  mode: oneOf("monitor", "block").default("monitor")
    .describe("monitor logs threats, block also stops them"),
  block_severity: oneOf("low", "medium", "high", "critical").default("high")
    .describe("In block mode, findings of this severity and worse are stopped"),
  actions: z.record(z.string(), oneOf("log", "block", "redact"), {
    error: "an object of pattern or severity to log, block or redact",
  }).default({}).describe("What block mode does, by pattern or severity: log, block or redact"),
  on_scan_error: oneOf("block", "allow").default("block")
    .describe("What block mode does with content that cannot be scanned"),
  allow_hosts: z.array(destinationPattern(), { error: "a list of host patterns" }).default([])
    .describe("Where requests may go: host, *.suffix, CIDR, each with or without :port"),
  deny_hosts: z.array(destinationPattern(), { error: "a list of host patterns" }).default([])
    .describe("Where requests may not go; wins over allow_hosts"),
  deny_private: z.boolean({ error: "true or false" }).default(false)
    .describe("Whether origins at loopback, private and link-local addresses are refused"),
  enable_ssh_watcher: z.boolean({ error: "true or false" }).default(true)
    .describe("Whether new outbound SSH connections are watched"),
  ssh_poll_interval: decimal(0.1, 3600).default(5)
    .describe("Seconds between two looks at the socket table"),
  ssh_known_hosts: z.array(hostName(), { error: "a list of strings" }).default([])
    .describe("Hosts or addresses that may be reached by SSH"),
  upstream_ca_file: absolutePath().optional()
    .describe("PEM file of extra roots for TLS to origins"),
  mitm_bypass: z.array(hostSuffix(), { error: "a list of strings" }).default([])
    .describe("Hosts and host suffixes tunnelled without decryption"),
  workers: integer(0, 64).default(1).describe("Data workers; 0 is one a core (Linux)"),
  max_connections: integer(1, 1_000_000).default(4096)
    .describe("Client connections served at a time"),
  gateways: z.array(gateway(), { error: "a list of {listen, target}" }).default([])
    .describe("Inspected TCP and WebSocket forwards"),
};

/** The name of every setting, in the order of the documentation. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** Every environment variable that `resolveConfig()` looks at. */
export const ENVIRONMENT_NAMES: readonly string[] = [...SETTING_KEYS, ...Object.keys(OLD_NAMES)]
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

/** Describes the configuration file as a JSON Schema (draft 2020-12), for editors. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.strictObject({ $schema: z.string().optional(), ...SETTINGS });
  return { ...z.toJSONSchema(schema, { io: "input" }) };
}

/** Names the environment variable of a setting: `proxy_port` → `CLAWSEC_PROXY_PORT`. */
export function environmentName(key: string): string {
  return `CLAWSEC_${key.toUpperCase()}`;
}

function readFile({ path, text }: NonNullable<ConfigSources["file"]>): Layer {
  // A byte order mark is no JSON (RFC 8259 §8.1), yet some editors write one. The space that
  // replaces it keeps every offset.
  const json = text.replace(/^\uFEFF/, " ");
  const at = (offset: number) => `Cannot use config "${path}:${lineAndColumn(json, offset)}"`;
  const quote = ({ offset, length }: { readonly offset: number; readonly length: number }) =>
    quoteText(json.slice(offset, offset + length));

  const errors: ParseError[] = [];
  const root = parseTree(json, errors, { allowTrailingComma: true });
  const [syntaxError] = errors;
  if (syntaxError !== undefined) {
    // `UnexpectedEndOfString` → "unexpected end of string".
    const reason = printParseErrorCode(syntaxError.error).replace(/\B[A-Z]/g, " $&").toLowerCase();
    const found = syntaxError.length === 0 ? "" : `, found ${quote(syntaxError)}`;
    throw new ConfigError(`${at(syntaxError.offset)}: ${reason}${found}`);
  }
  if (root?.type !== "object") {
    throw new ConfigError(`${at(root?.offset ?? 0)}: found ${root?.type}, must be an object`);
  }
  const again = findDuplicate(root);
  if (again) throw new ConfigError(`${at(again.offset)}: key ${quote(again)} is already set above`);
  const layer: Layer = {};
  for (const { children } of root.children ?? []) {
    const [name, node] = children ?? [];
    if (name === undefined || node === undefined || name.value === "$schema") continue;
    const key = settingKey(String(name.value), at(name.offset));
    if (layer[key] !== undefined) throw bothNames(at(name.offset), key, String);
    layer[key] = {
      value: getNodeValue(node),
      where: (itemPath) => at(nearestNode(node, itemPath).offset),
    };
  }
  return layer;
}

function readEnvironment(env: Readonly<Record<string, string | undefined>>): Layer {
  const layer: Layer = {};
  for (const key of [...SETTING_KEYS, ...Object.keys(OLD_NAMES)]) {
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
  const key = OLD_NAMES[name] ?? SETTING_KEYS.find((known) => known === name);
  if (key !== undefined) return key;
  const camel = name.toLowerCase().replaceAll("-", "_");
  const distances = SETTING_KEYS.map((known) =>
    [levenshteinDistance(camel, known), known] as const
  );
  const [distance, nearest] = distances.sort(([a], [b]) => a - b)[0]!;
  // A third of the letters: closer is a slip of the finger, farther is another word.
  const hint = distance * 3 <= nearest.length
    ? `did you mean "${nearest}"`
    : `must be one of ${SETTING_KEYS.join(", ")}`;
  throw new ConfigError(`${where}: unknown key ${quoteText(JSON.stringify(name))}, ${hint}`);
}

function bothNames(where: string, key: SettingKey, spell: (key: string) => string): ConfigError {
  const oldName = Object.keys(OLD_NAMES).find((name) => OLD_NAMES[name] === key) ?? key;
  return new ConfigError(
    `${where}: ${spell(key)} and its old name ${spell(oldName)} are both set, must be one of them`,
  );
}

/** The name node of the first key that stands twice in one object, at any depth. */
function findDuplicate(node: Node): Node | undefined {
  const seen = new Set<unknown>();
  for (const child of node.children ?? []) {
    const name = child.type === "property" ? child.children?.[0] : undefined;
    if (name !== undefined && seen.has(name.value)) return name;
    if (name !== undefined) seen.add(name.value);
    const deeper = findDuplicate(child);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/** The node at `path` below `node`; where that is missing, the one it is missing from. */
function nearestNode(node: Node, path: (string | number)[]): Node {
  return findNodeAtLocation(node, path) ?? nearestNode(node, path.slice(0, -1));
}

/** Both count from 1, as editors do. */
function lineAndColumn(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return `${lines.length}:${lines.at(-1)!.length + 1}`;
}

function quoteText(text: string): string {
  const oneLine = text.replace(/\s+/g, " ");
  return oneLine.length <= MAX_QUOTED_CHARS ? oneLine : `${oneLine.slice(0, MAX_QUOTED_CHARS)}…`;
}

function deepFreeze<T extends object>(value: T): Readonly<T> {
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}

function integer(min: number, max: number): z.ZodInt {
  const error = `an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

function decimal(min: number, max: number): z.ZodNumber {
  const error = `a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

function oneOf<const T extends string>(...values: readonly T[]) {
  return z.enum(values, { error: `one of ${values.join(", ")}` });
}

function absolutePath(): z.ZodString {
  const error = "an absolute path";
  return z.string({ error }).refine((path) => isAbsolute(path) && !path.includes("\0"), { error });
}

function hostName(): z.ZodString {
  const error = "a host name or an IP address, without port or brackets";
  return z.string({ error }).refine(isHost, { error });
}

function hostSuffix(): z.ZodString {
  const error = "a host name, an IP address or a suffix such as .example.com";
  return z.string({ error }).refine((suffix) => isHost(suffix.replace(/^\./, "")), { error });
}

function gateway() {
  const error = "an object of listen and target, each host:port";
  return z.strictObject({ listen: hostPort(0), target: hostPort(1) }, { error });
}

function hostPort(minPort: number): z.ZodString {
  const error = `host:port with a port from ${minPort} to 65535`;
  return z.string({ error }).refine((text) => {
    const { v6, host, port } = HOST_PORT_REGEXP.exec(text)?.groups ?? {};
    const isPort = Number(port) >= minPort && Number(port) <= 65_535;
    return isPort && (v6 === undefined ? isHost(host ?? "") : IPV6_REGEXP.test(v6));
  }, { error });
}

function destinationPattern(): z.ZodString {
  const error = "a host, *.suffix or CIDR such as 10.0.0.0/8, each with or without :port";
  return z.string({ error }).refine(
    (text) => parseDestinationPattern(text) !== undefined,
    { error },
  );
}

function isHost(text: string): boolean {
  return HOST_REGEXP.test(text) || IPV6_REGEXP.test(text);
}
