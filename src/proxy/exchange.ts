/** One request and its answer: what is known of it, its threats and its record. */
import type { PolicyAction } from "../config.ts";
import { formatAuthority } from "../http1/request_target.ts";
import type { Finding } from "../scan/finding.ts";
import { gradeForDestination } from "../scan/homes.ts";
import type { MessageScanner } from "../scan/message_scanner.ts";
import type { Direction, Severity } from "../scan/rule.ts";
import { maskHost } from "../threats/mask_url.ts";
import {
  type Protocol,
  type Threat,
  threatFromFinding,
  threatTimestamp,
} from "../threats/threat.ts";
import { visibleText } from "../threats/visible_text.ts";
import { BlockedError, type BlockReason } from "./blocked_error.ts";
import type { Origin } from "./origin_pool.ts";
import { type Graded, takenAction, wantedAction } from "./policy.ts";
import type { Proxy } from "./proxy.ts";
import { recordedUrl } from "./recorded_url.ts";

/** What is known when the request head has been read. */
export interface ExchangeOptions {
  readonly source: string;
  readonly protocol: Protocol;
  readonly origin: Origin;
  readonly method: string;
  /** The URL as a client would write it, or the authority of a CONNECT; not masked. */
  readonly url: string;
  /** Whether it came out of a decrypted tunnel. */
  readonly isIntercepted: boolean;
}

/** Where findings were made. */
export interface FindingPlace {
  readonly direction: Direction;
  /** `body`, `url`; a finding's own `part` is more exact. */
  readonly location: string;
}

/** What is to be done about a finding. */
export interface Ruling {
  readonly finding: Finding;
  readonly action: PolicyAction;
  /** `header:x-api-key`, `body` … */
  readonly location: string;
}

/** What a tunnel turned out to speak. */
export interface ProtocolReport {
  readonly type: Threat["threat_type"];
  readonly pattern: string;
  readonly severity: Severity;
  /** Shown in the record, masked. */
  readonly evidence: string;
}

const RECORDED_ACTIONS = { log: "logged", block: "blocked", redact: "redacted" } as const;

/** Collects one exchange; `finish()` writes its record. */
export class Exchange {
  readonly id: string;
  readonly origin: Origin;
  /** Bytes of head and body in each direction. */
  bytesOut = 0;
  bytesIn = 0;
  /** Of the answer the client got; 0 while there is none. */
  status = 0;
  /** Changes when a request turns out to be a WebSocket. */
  protocol: Protocol;
  readonly #proxy: Proxy;
  readonly #options: ExchangeOptions;
  readonly #startMs = performance.now();
  readonly #urlSecrets: string[] = [];
  #threats = 0;
  #isFinished = false;

  constructor(proxy: Proxy, options: ExchangeOptions) {
    this.#proxy = proxy;
    this.#options = options;
    this.protocol = options.protocol;
    this.origin = options.origin;
    this.id = proxy.newId();
  }

  /**
   * Turns findings into threats, posts them, and says what is to be done about each.
   *
   * @returns in monitor mode `log` for all of them
   */
  report(findings: readonly Finding[], place: FindingPlace): readonly Ruling[] {
    return findings.map((finding) => this.#reportOne(finding, place));
  }

  /**
   * As `report()`, for what cannot be changed on its way: redacting is blocking there.
   *
   * @throws {BlockedError} if something has to be stopped
   */
  reportOrBlock(findings: readonly Finding[], place: FindingPlace): void {
    for (const { action, location, finding } of this.report(findings, place)) {
      if (action !== "log") throw this.block({ ...place, pattern: finding.rule.pattern, location });
    }
  }

  /** Counts how much of a body was scanned. */
  noteScan({ scannedBytes, unscannedBytes, undecodable }: MessageScanner): void {
    const { counters, coverage } = this.#proxy;
    const flaws = undecodable === undefined ? 0 : 1;
    counters.scannedBytes += scannedBytes;
    counters.unscannedBytes += unscannedBytes;
    counters.undecodable += flaws;
    coverage.add(this.origin.host, { scannedBytes, unscannedBytes, undecodable: flaws });
  }

  /** Makes the error that stops this exchange, and counts it. */
  block(reason: BlockReason): BlockedError {
    this.#proxy.counters.blocked++;
    return new BlockedError(reason);
  }

  /**
   * Posts a threat about what a tunnel speaks, and says what is to be done about it.
   *
   * @returns in monitor mode `log`
   */
  reportProtocol({ type, pattern, severity, evidence }: ProtocolReport): "log" | "block" {
    const { redactor } = this.#proxy;
    const dest = formatAuthority(this.origin);
    const { action, record } = this.#judge({ pattern, severity });
    this.#threats++;
    if (action !== "log") this.#proxy.counters.blocked++;
    this.#proxy.evidence.addThreat({
      direction: "outbound",
      protocol: type === "SSH_CONNECT" ? "ssh" : this.protocol,
      threat_type: type,
      pattern,
      snippet: redactor.maskText(visibleText(evidence)),
      source: this.#options.source,
      dest: maskHost(dest),
      timestamp: threatTimestamp(performance.timeOrigin + performance.now()),
      severity,
      location: "connect",
      fingerprint: redactor.fingerprint(dest),
      request_id: this.id,
      ...record,
    });
    return action === "log" ? "log" : "block";
  }

  #reportOne(finding: Finding, { direction, location: place }: FindingPlace): Ruling {
    const { config, counters, evidence, redactor, suppressions } = this.#proxy;
    const { host } = this.origin;
    const { rule, secret } = finding;
    const location = finding.part ?? place;
    if (location === "url") this.#urlSecrets.push(secret);
    const isSuppressed = suppressions.match({
      pattern: rule.pattern,
      rule: rule.id,
      dest: this.origin,
      location,
      fingerprint: () => redactor.fingerprint(secret),
    }, Date.now());
    if (isSuppressed !== undefined) {
      counters.suppressedFindings++;
      return { finding, action: "log", location };
    }
    const severity = direction === "outbound"
      ? gradeForDestination(finding, { host, location, homes: config.homes })
      : finding.severity;
    const { action, record } = this.#judge({ pattern: rule.pattern, severity });
    this.#threats++;
    evidence.addThreat(threatFromFinding(finding, {
      direction,
      protocol: this.protocol,
      source: this.#options.source,
      dest: formatAuthority(this.origin),
      location,
      requestId: this.id,
      timestamp: threatTimestamp(performance.timeOrigin + performance.now()),
      severity,
      ...record,
    }, redactor));
    return { finding, action, location };
  }

  /** What is done about a finding, and how the record says it. */
  #judge(graded: Graded): {
    readonly action: PolicyAction;
    readonly record: Pick<Threat, "action" | "would">;
  } {
    const { config } = this.#proxy;
    const action = takenAction(graded, config);
    const wanted = RECORDED_ACTIONS[wantedAction(graded, config)];
    const would = action === "log" && wanted !== "logged" ? { would: wanted } : {};
    return { action, record: { action: RECORDED_ACTIONS[action], ...would } };
  }

  /** Writes the record and the counters; a second call does nothing. */
  finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    const { counters, evidence } = this.#proxy;
    counters.requests++;
    counters.bytesOut += this.bytesOut;
    counters.bytesIn += this.bytesIn;
    const elapsedMs = performance.now() - this.#startMs;
    evidence.addRecord({
      time: threatTimestamp(performance.timeOrigin + this.#startMs),
      id: this.id,
      client: this.#options.source,
      protocol: this.protocol,
      method: this.#options.method,
      url: recordedUrl(this.#options.url, this.#urlSecrets),
      host: recordedUrl(formatAuthority(this.origin), this.#urlSecrets),
      status: this.status,
      bytes_out: this.bytesOut,
      bytes_in: this.bytesIn,
      ms: Math.round(elapsedMs * 1_000) / 1_000,
      intercepted: this.#options.isIntercepted,
      threats: this.#threats,
    });
  }
}
