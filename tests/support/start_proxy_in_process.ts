/**
 * A data worker's proxy in this thread, with few rules and limits of the test's choice, and a client
 * that speaks bytes: what a test says is what goes over the wire.
 */
import { resolveConfig } from "../../src/config.ts";
import type { Counters } from "../../src/proxy/counters.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/proxy/limits.ts";
import { startProxy } from "../../src/proxy/start_proxy.ts";
import type { FromWorker } from "../../src/proxy/worker_messages.ts";
import type { Rule } from "../../src/scan/rule.ts";
import { compileRules, type RuleSet } from "../../src/scan/rule_set.ts";
import type { RequestRecord } from "../../src/threats/request_log.ts";
import type { Threat } from "../../src/threats/threat.ts";
import { testAuthority } from "../ca/test_authority.ts";
import { RawClient } from "./raw_client.ts";
import { temporaryDirectory } from "./temporary_directory.ts";
import { makeTestCertificates, type TestIdentity } from "./test_certificates.ts";

/** Compiling all rules takes a second: these are enough to be found, and to be blocked. */
const RULE_PATTERNS = new Set(["ai_api_key", "pipe_to_shell", "destructive_rm"]);

/** What a proxy is started with. */
export interface StartProxyInProcessOptions {
  /** As in the configuration file; `proxy_port` is 0. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly limits?: Partial<Limits>;
  /** Whether the root of `testCertificates()` is trusted. @default "trusted" */
  readonly origins?: "trusted" | "untrusted";
}

/** A proxy that runs; drained when disposed of. */
export interface InProcessProxy extends AsyncDisposable {
  readonly port: number;
  /** Of the gateways, in the order of the settings. */
  readonly gatewayPorts: readonly number[];
  /** The root that the proxy's leaves are issued by. */
  readonly caPem: string;
  readonly threats: readonly Threat[];
  readonly records: readonly RequestRecord[];
  /** `LEVEL message`, in order. */
  readonly log: readonly string[];
  /** As of the last message to the monitor, a second ago at most. */
  readonly counters: Readonly<Counters> | undefined;
  /** Connects a client; closed with the proxy. */
  connect(): Promise<RawClient>;
  /** Connects, opens a tunnel and speaks TLS in it. */
  connectTls(authority: string, options?: { readonly serverName?: string }): Promise<RawClient>;
  /** Ends the exchanges under way within `withinMs`. */
  drain(withinMs: number): Promise<void>;
}

const authority = testAuthority();
let compiled: RuleSet | undefined;
let certificates: Promise<OriginCertificates> | undefined;

/** Certificates for TLS origins, and the root that issued the right ones. */
export interface OriginCertificates {
  readonly caPem: string;
  readonly trusted: TestIdentity;
  readonly expired: TestIdentity;
  readonly wrongHost: TestIdentity;
  readonly selfSigned: TestIdentity;
  readonly unknownIssuer: TestIdentity;
}

/** Makes them at the first call. */
export function testCertificates(): Promise<OriginCertificates> {
  return certificates ??= (async () => {
    await using directory = await temporaryDirectory();
    const { caFile, ...identities } = await makeTestCertificates(directory.path);
    return { ...identities, caPem: await Deno.readTextFile(caFile) };
  })();
}

/** Starts a proxy. */
export async function startProxyInProcess(
  { config = {}, limits = {}, origins = "trusted" }: StartProxyInProcessOptions = {},
): Promise<InProcessProxy> {
  const { certDer, certPem, privateKey } = await authority;
  const { caPem } = await testCertificates();
  const text = JSON.stringify({ proxy_port: 0, log_level: "DEBUG", ...config });
  const resolved = resolveConfig({ file: { path: "test.jsonc", text } });
  const threats: Threat[] = [];
  const records: RequestRecord[] = [];
  const log: string[] = [];
  let counters: Counters | undefined;
  const post = (message: FromWorker) => {
    if (message.kind === "log") log.push(`${message.level} ${message.message}`);
    if (message.kind !== "evidence") return;
    threats.push(...message.threats);
    records.push(...message.records);
    counters = message.counters;
    running.taken();
  };
  const running = startProxy(
    {
      config: resolved,
      userRules: [],
      knownSecrets: undefined,
      extraRoots: origins === "trusted" ? [caPem] : [],
      port: 0,
      sharesPort: false,
      maxConnections: resolved.maxConnections,
      caCertDer: certDer,
      caPrivateKey: privateKey,
      fingerprintKey: new Uint8Array(32).fill(7),
    },
    post,
    { limits: { ...DEFAULT_LIMITS, lingerMs: 300, ...limits }, compile: compileFew },
  );
  const clients: RawClient[] = [];
  const connect = async () => {
    const client = await RawClient.connect(running.port);
    clients.push(client);
    return client;
  };
  let draining: Promise<void> | undefined;
  const drain = (withinMs: number) => draining ??= running.drain(withinMs);
  return {
    port: running.port,
    gatewayPorts: running.gatewayPorts,
    caPem: certPem,
    threats,
    records,
    log,
    get counters() {
      return counters;
    },
    connect,
    async connectTls(authority, { serverName = authority.replace(/:\d+$/, "") } = {}) {
      const client = await connect();
      await client.openTunnel(authority);
      await client.startTls(serverName, certPem);
      return client;
    },
    drain,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await drain(0);
    },
  };
}

function compileFew(rules: readonly Rule[]): RuleSet {
  return compiled ??= compileRules(rules.filter(({ pattern }) => RULE_PATTERNS.has(pattern)));
}
