/**
 * Builds every long-lived part, joins them, and takes them down in order.
 *
 * ```
 * data workers ── threats, records ──▶ dedup ──▶ threats.jsonl, clawsec.log
 * SSH watcher  ── threats ──────────▶ dedup      requests.jsonl
 * ```
 *
 * The monitor has the rights (files, `ss`, `netstat`) and never parses a byte from the network.
 */
import { join } from "node:path";
import { loadOrCreateCa } from "./ca/ca_files.ts";
import type { Config } from "./config.ts";
import type { MonitorStatus } from "./control/control_protocol.ts";
import { VERSION } from "./control/version.ts";
import type { Log } from "./log.ts";
import { resolveHost } from "./net/resolve_host.ts";
import { Coverage } from "./proxy/coverage.ts";
import { WorkerPool } from "./proxy/worker_pool.ts";
import type { EvidenceBatch, KnownSecretPrints, ProxySettings } from "./proxy/worker_messages.ts";
import type { UserRule } from "./rules/user_rule.ts";
import { KnownHosts } from "./ssh/known_hosts.ts";
import { SshWatcher } from "./ssh/ssh_watcher.ts";
import { DedupWindow, type SuppressedCount } from "./threats/dedup_window.ts";
import { loadOrCreateFingerprintKey } from "./threats/fingerprint_key.ts";
import { fingerprint } from "./threats/redact.ts";
import { RequestLog } from "./threats/request_log.ts";
import { suppressionReports } from "./threats/suppression.ts";
import type { Threat } from "./threats/threat.ts";
import { ThreatLog } from "./threats/threat_log.ts";

/** Exchanges in flight may take so long to end when the monitor stops. */
const DRAIN_MS = 10_000;
/** Shown by `status`. */
const LAST_THREATS = 5;
const COVERAGE_HOSTS = 20;

/** What can be changed while a monitor runs. */
export interface MonitorSettings {
  readonly config: Config;
  /** A person's own rules (`rules_file`). @default {[]} */
  readonly userRules?: readonly UserRule[];
  /** Fingerprints of values that must not leave (`known_secrets`). @default none */
  readonly knownSecrets?: KnownSecretPrints | undefined;
}

/** What a monitor is made of. */
export interface MonitorOptions extends MonitorSettings {
  readonly log: Log;
  /** @default that of `WorkerPool` */
  readonly createWorker?: (() => Worker) | undefined;
}

/** Settings that hold until the monitor ends, since a socket or a thread is made of them. */
const FIXED_SETTINGS = [
  "proxyHost",
  "proxyPort",
  "logDir",
  "logLevel",
  "workers",
  "maxConnections",
  "gateways",
  "dedupWindowSecs",
  "enableSshWatcher",
  "sshPollInterval",
  "sshKnownHosts",
] as const satisfies readonly (keyof Config)[];

/**
 * A running monitor. Disposing it stops accepting, lets exchanges end (10 s at most), stops the SSH
 * watcher, writes what is pending and closes the logs, in this order.
 */
export class Monitor implements AsyncDisposable {
  #config: Config;
  readonly #log: Log;
  readonly #startedAt = new Date().toISOString();
  readonly #threatLog: ThreatLog;
  readonly #requestLog: RequestLog;
  readonly #dedup: DedupWindow;
  readonly #lastThreats: Threat[] = [];
  readonly #coverage = new Coverage();
  #pool: WorkerPool | undefined;
  #sshWatcher: SshWatcher | undefined;
  #written = 0;
  #suppressed = 0;

  private constructor({ config, log }: MonitorOptions) {
    this.#config = config;
    this.#log = log;
    const onFailure = (error: Error) => log.error(error.message);
    this.#threatLog = new ThreatLog(join(config.logDir, "threats.jsonl"), {
      onFailure,
      onRecovery: (lost) => log.warning(`threats.jsonl can be written again; ${lost} threats lost`),
    });
    this.#requestLog = new RequestLog(join(config.logDir, "requests.jsonl"), { onFailure });
    this.#dedup = new DedupWindow({
      windowMs: config.dedupWindowSecs * 1_000,
      onEvicted: (count) => this.#logSuppressed(count),
    });
  }

  /**
   * Starts everything; resolves when clients are accepted.
   *
   * @throws {CaError} if `log_dir` or the CA in it can't be used
   * @throws {Error} if the port is taken or `upstream_ca_file` can't be read
   */
  static async start(options: MonitorOptions): Promise<Monitor> {
    const { config, log } = options;
    const ca = await loadOrCreateCa(config.logDir);
    if (ca.created) log.info(`Made a new CA: ${join(config.logDir, "ca.crt")}`);
    warnOfOpenDoor(options);
    const fingerprintKey = loadOrCreateFingerprintKey(config.logDir);
    const monitor = new Monitor(options);
    monitor.#pool = await WorkerPool.start({
      count: config.workers === 0 ? navigator.hardwareConcurrency : config.workers,
      setup: {
        ...await proxySettings(options),
        caCertDer: ca.certDer,
        caPrivateKey: ca.privateKey,
        fingerprintKey,
      },
      onEvidence: (batch) => monitor.#take(batch),
      log,
      createWorker: options.createWorker,
    });
    if (config.enableSshWatcher) {
      monitor.#sshWatcher = new SshWatcher({
        pollIntervalMs: config.sshPollInterval * 1_000,
        knownHosts: new KnownHosts(config.sshKnownHosts, {
          resolve: resolveHost,
          now: () => performance.now(),
          onUnresolved: (name) => log.warning(`Cannot resolve "${name}" of ssh_known_hosts`),
        }),
        log,
        onThreat: (threat) => monitor.#admit(threat),
        fingerprint: (text) => fingerprint(text, fingerprintKey),
      });
      monitor.#sshWatcher.start();
    }
    return monitor;
  }

  /**
   * Takes over other settings for all exchanges that begin from now on. All or nothing.
   *
   * @returns the settings that differ and hold only from the next start on, by their names
   * @throws {Error} if they cannot be used: what was there goes on
   */
  async reload(settings: MonitorSettings): Promise<readonly string[]> {
    const { config } = settings;
    const before = this.#config;
    const differs = (key: keyof Config) =>
      JSON.stringify(config[key]) !== JSON.stringify(before[key]);
    const ignored = FIXED_SETTINGS.filter(differs);
    const kept = Object.fromEntries(FIXED_SETTINGS.map((key) => [key, before[key]]));
    const merged: Config = { ...config, ...kept };
    await this.#pool!.reload(await proxySettings({ ...settings, config: merged }));
    this.#config = merged;
    this.#log.info("Loaded the configuration anew");
    return ignored.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  }

  /** Where clients are accepted. */
  get address(): { readonly host: string; readonly port: number } {
    return { host: this.#config.proxyHost, port: this.#pool?.port ?? this.#config.proxyPort };
  }

  /** What `status` shows. */
  status(): MonitorStatus {
    return {
      running: true,
      pid: Deno.pid,
      version: VERSION,
      startedAt: this.#startedAt,
      address: this.address,
      mode: this.#config.mode,
      mitm: this.#config.enableMitm,
      counters: {
        ...this.#pool!.counters(),
        threats: this.#written,
        suppressed: this.#suppressed,
        workerRestarts: this.#pool!.restarts,
      },
      lastThreats: [...this.#lastThreats],
      coverage: this.#coverage.largest(COVERAGE_HOSTS).map(([host, counts]) => ({
        host,
        ...counts,
      })),
      suppressions: suppressionReports(
        this.#config.suppress,
        this.#pool!.suppressionHits(),
        Date.now(),
      ),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool?.drain(DRAIN_MS);
    await this.#sshWatcher?.[Symbol.asyncDispose]();
    for (const count of this.#dedup.drain()) this.#logSuppressed(count);
    this.#threatLog[Symbol.dispose]();
    this.#requestLog[Symbol.dispose]();
  }

  #take({ threats, records, coverage }: EvidenceBatch): void {
    for (const [host, counts] of coverage) this.#coverage.add(host, counts);
    for (const threat of threats) this.#admit(threat);
    for (const record of records) this.#requestLog.add(record);
  }

  #admit(threat: Threat): void {
    const admitted = this.#dedup.admit(threat, performance.now());
    if (admitted === undefined) {
      this.#suppressed++;
      return;
    }
    this.#written++;
    this.#threatLog.append([admitted]);
    this.#lastThreats.unshift(admitted);
    this.#lastThreats.length = Math.min(this.#lastThreats.length, LAST_THREATS);
    this.#log.warning(
      `${admitted.threat_type} ${admitted.pattern} ${admitted.direction} ${admitted.dest} ` +
        `[${admitted.severity}, ${admitted.action}] ${admitted.location}: ${admitted.snippet}`,
    );
  }

  #logSuppressed({ pattern, dest, direction, suppressed }: SuppressedCount): void {
    this.#log.info(`Not written as duplicates: ${suppressed} × ${pattern} ${direction} ${dest}`);
  }
}

/** What a worker is told of the settings. */
async function proxySettings(
  { config, userRules = [], knownSecrets }: MonitorSettings,
): Promise<ProxySettings> {
  return { config, userRules, knownSecrets, extraRoots: await extraRoots(config) };
}

/** A proxy that others can reach serves whoever comes. */
function warnOfOpenDoor({ config, log }: MonitorOptions): void {
  const { proxyHost, proxyToken } = config;
  const isLoopback = proxyHost === "localhost" || proxyHost === "::1" ||
    proxyHost.startsWith("127.");
  if (isLoopback || proxyToken !== undefined) return;
  log.warning(
    `Whoever reaches "${proxyHost}" can use this proxy and read what its log says of others: ` +
      "set proxy_token, or listen on 127.0.0.1",
  );
}

/** Reads `upstream_ca_file`: one PEM text for each certificate in it. */
async function extraRoots({ upstreamCaFile }: Config): Promise<string[]> {
  if (upstreamCaFile === undefined) return [];
  const text = await Deno.readTextFile(upstreamCaFile);
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g);
  if (certificates === null) {
    throw new Error(`Cannot use upstream_ca_file "${upstreamCaFile}": it holds no PEM certificate`);
  }
  return certificates;
}
