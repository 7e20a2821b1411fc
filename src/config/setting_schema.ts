/**
 * What each setting is: its values, its default, its meaning; and the same as a JSON Schema.
 *
 * The error text of each check says what is allowed, so that message and check cannot drift apart:
 * it completes "proxy_port is 70000, must be …".
 */
import { isAbsolute } from "node:path";
import { z } from "zod";
import { parseDestinationPattern } from "./destination_pattern.ts";
import { type GatewayEnds, gatewayLoop } from "./gateway_loop.ts";
import { parseUpstreamProxy } from "./upstream_proxy.ts";

/** Leaves room for `/control.sock` in the 104 bytes a Unix socket's path may have on macOS. */
const MAX_LOG_DIR_BYTES = 90;

/** A host name or an IPv4 address. RFC 1123 §2.1; with `_`, which DNS has. */
const HOST_REGEXP =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]+)*$/;
const IPV6_REGEXP = /^(?=.*:.*:)[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9_.-]+)?$/;
/** A name as shells take it. POSIX.1-2024, Base Definitions §8.1, with lower case. */
const VARIABLE_REGEXP = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;
/** As `clawsec threats` shows it. */
const FINGERPRINT_REGEXP = /^[0-9a-f]{16}$/;
/** Visible ASCII: what a client may put into Basic credentials (RFC 7617 §2) without guessing an encoding. */
const TOKEN_REGEXP = /^[\x21-\x7e]{8,256}$/;
/** `host:port`, `[v6]:port`. RFC 3986 §3.2.2. */
const HOST_PORT_REGEXP = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:\]]+)):(?<port>\d{1,5})$/;

const FINGERPRINT_ERROR = "a fingerprint of 16 hexadecimal digits, as clawsec threats shows it";
const TOKEN_ERROR = "a text of 8 to 256 visible ASCII characters";

/** Every setting as it may stand in the file; the description is for the JSON Schema. */
export const SETTINGS = {
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
  suppress: z.array(suppression(), { error: "a list of suppressions" }).default([])
    .describe("Findings that are known to be harmless: counted, neither logged nor stopped"),
  enable_rules: z.array(ruleName(), { error: "a list of rule ids" }).default([])
    .describe("Rules that are off unless named here, by id or pattern"),
  rules_file: absolutePath().optional()
    .describe("JSONC file of your own rules; clawsec rules --schema prints its schema"),
  homes: z.record(z.string(), z.array(hostSuffix(), { error: "a list of hosts" }), {
    error: "an object of pattern to hosts",
  }).default({}).describe(
    "Hosts where a credential belongs, by pattern, in place of the rule's own",
  ),
  known_secrets: knownSecrets().default({ env: [], files: [] })
    .describe("Where values that must never leave are read from at start"),
  on_scan_error: oneOf("block", "allow").default("block")
    .describe("What block mode does with content that cannot be scanned"),
  allow_hosts: z.array(destinationPattern(), { error: "a list of host patterns" }).default([])
    .describe("Where requests may go: host, *.suffix, CIDR, each with or without :port"),
  deny_hosts: z.array(destinationPattern(), { error: "a list of host patterns" }).default([])
    .describe("Where requests may not go; wins over allow_hosts"),
  deny_private: z.boolean({ error: "true or false" }).default(false)
    .describe("Whether origins at loopback, private and link-local addresses are refused"),
  proxy_token: z.string({ error: TOKEN_ERROR }).regex(TOKEN_REGEXP, { error: TOKEN_ERROR })
    .optional()
    .describe("Password that clients must give; their user name becomes the source in threats"),
  sni_port: integer(1, 65_535).default(443)
    .describe("Port of the origins of TLS that comes without CONNECT"),
  enable_ssh_watcher: z.boolean({ error: "true or false" }).default(true)
    .describe("Whether new outbound SSH connections are watched"),
  ssh_poll_interval: decimal(0.1, 3600).default(5)
    .describe("Seconds between two looks at the socket table"),
  ssh_known_hosts: z.array(hostName(), { error: "a list of strings" }).default([])
    .describe("Hosts or addresses that may be reached by SSH"),
  upstream_ca_file: absolutePath().optional()
    .describe("PEM file of extra roots for TLS to origins"),
  upstream_proxy: upstreamProxy().optional()
    .describe("Proxy that leads out: http://[user:password@]host:port or socks5://…"),
  no_proxy: z.array(destinationPattern(), { error: "a list of host patterns" }).default([])
    .describe("Where upstream_proxy is not used: host, *.suffix, CIDR, each with or without :port"),
  enable_http2: z.boolean({ error: "true or false" }).default(true)
    .describe("Whether HTTP/2 is spoken with clients and origins that offer it"),
  mitm_bypass: z.array(hostSuffix(), { error: "a list of strings" }).default([])
    .describe("Hosts and host suffixes tunnelled without decryption"),
  mitm_bypass_auto: z.boolean({ error: "true or false" }).default(false)
    .describe("Whether a host whose clients reject our certificate is tunnelled for 10 minutes"),
  workers: integer(0, 64).default(1).describe("Data workers; 0 is one a core (Linux)"),
  max_connections: integer(1, 1_000_000).default(4096)
    .describe("Client connections served at a time"),
  gateways: z.array(gateway(), { error: "a list of {listen, target}" }).superRefine(refuseLoops)
    .default([])
    .describe("Inspected TCP and WebSocket forwards"),
};

/** A setting's name as written in the file: `proxy_port`. */
export type SettingKey = keyof typeof SETTINGS;

/** Settings whose values no message may quote: they hold secrets, or a secret pasted by mistake. */
export const HIDDEN_SETTINGS: ReadonlySet<SettingKey> = new Set([
  "known_secrets",
  "proxy_token",
  "upstream_proxy",
]);

/** The name of every setting, in the order of the documentation. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** Describes the configuration file as a JSON Schema (draft 2020-12), for editors. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.strictObject({ $schema: z.string().optional(), ...SETTINGS });
  return { ...z.toJSONSchema(schema, { io: "input" }) };
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

function refuseLoops(gateways: readonly GatewayEnds[], context: z.RefinementCtx): void {
  const index = gatewayLoop(gateways);
  if (index === undefined) return;
  context.addIssue({
    code: "custom",
    path: [index, "target"],
    message: "an address that does not lead back to the gateway's own listen",
  });
}

function destinationPattern(): z.ZodString {
  const error = "a host, *.suffix or CIDR such as 10.0.0.0/8, each with or without :port";
  return z.string({ error }).refine(
    (text) => parseDestinationPattern(text) !== undefined,
    { error },
  );
}

function ruleName(): z.ZodString {
  const error = "a rule's id or pattern, such as payment_card";
  return z.string({ error }).regex(/^[a-z][a-z0-9_]*$/, { error });
}

function suppression() {
  const error = "an object of reason and at least one of pattern, dest, location, fingerprint; " +
    "and until, if it is to end";
  const text = (error: string) => z.string({ error }).min(1, { error });
  return z.strictObject({
    pattern: text("a pattern, such as ai_api_key").optional(),
    dest: destinationPattern().optional(),
    location: text("a location, such as body or header:cookie").optional(),
    fingerprint: z.string({ error: FINGERPRINT_ERROR })
      .regex(FINGERPRINT_REGEXP, { error: FINGERPRINT_ERROR }).optional(),
    reason: text("a sentence on why this is harmless"),
    until: z.iso.date({ error: "a date, such as 2027-01-31" }).optional(),
  }, { error }).refine(
    ({ pattern, dest, location, fingerprint }) =>
      [pattern, dest, location, fingerprint].some((given) => given !== undefined),
    { error },
  );
}

function knownSecrets() {
  const error = "an object of env (a list of variables) and files (a list of paths)";
  const name = "the name of an environment variable, not its value";
  return z.strictObject({
    env: z.array(z.string({ error: name }).regex(VARIABLE_REGEXP, { error: name }), {
      error: "a list of variables",
    }).default([]),
    files: z.array(absolutePath(), { error: "a list of absolute paths" }).default([]),
  }, { error });
}

function upstreamProxy() {
  const error = "a URL such as http://user:password@proxy.example:3128 or socks5://…";
  return z.string({ error }).transform((text, context) => {
    const proxy = parseUpstreamProxy(text);
    if (proxy !== undefined) return proxy;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  });
}

function isHost(text: string): boolean {
  return HOST_REGEXP.test(text) || IPV6_REGEXP.test(text);
}
