/** One request and its answer: what is known of it, its threats and its record. */
import { formatAuthority } from "../http1/request_target.ts";
import type { Finding } from "../scan/finding.ts";
import { gradeForDestination } from "../scan/homes.ts";
import type { Direction } from "../scan/rule.ts";
import { maskUrl } from "../threats/mask_url.ts";
import { type Protocol, threatFromFinding, threatTimestamp } from "../threats/threat.ts";
import type { Origin } from "./origin_pool.ts";
import type { Proxy } from "./proxy.ts";

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

  /** Turns findings into threats and posts them. */
  report(findings: readonly Finding[], place: FindingPlace): void {
    for (const finding of findings) this.#reportOne(finding, place);
  }

  #reportOne(finding: Finding, { direction, location }: FindingPlace): void {
    const { host } = this.origin;
    const isInUrl = (finding.part ?? location) === "url";
    if (isInUrl) this.#urlSecrets.push(finding.secret);
    const severity = direction === "outbound"
      ? gradeForDestination(finding, { host, location: finding.part ?? location })
      : finding.severity;
    this.#threats++;
    this.#proxy.evidence.addThreat(threatFromFinding(finding, {
      direction,
      protocol: this.protocol,
      source: this.#options.source,
      dest: formatAuthority(this.origin),
      location,
      requestId: this.id,
      timestamp: threatTimestamp(performance.timeOrigin + performance.now()),
      severity,
      action: "logged",
    }, this.#proxy.redactor));
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
      url: maskUrl(this.#options.url, this.#urlSecrets),
      host: maskUrl(formatAuthority(this.origin), this.#urlSecrets),
      status: this.status,
      bytes_out: this.bytesOut,
      bytes_in: this.bytesIn,
      ms: Math.round(elapsedMs * 1_000) / 1_000,
      intercepted: this.#options.isIntercepted,
      threats: this.#threats,
    });
  }
}
