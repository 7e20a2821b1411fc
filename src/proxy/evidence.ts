/**
 * Threats and request records on their way from a data worker to the monitor.
 *
 * Threats go at once and are never dropped. Records wait a moment to go together; when the monitor
 * is behind by `MAX_UNTAKEN_BATCHES`, records are dropped and counted, so that a slow disk costs
 * neither memory nor traffic.
 */
import type { RequestRecord } from "../threats/request_log.ts";
import type { Threat } from "../threats/threat.ts";
import type { Counters } from "./counters.ts";
import type { EvidenceBatch } from "./worker_messages.ts";

/** Long enough to share a message between many requests, short enough for a person who watches. */
const BATCH_DELAY_MS = 50;
/** Records that go without waiting for the delay. */
const MAX_BATCH_RECORDS = 512;
/** Batches sent and not yet taken: about 16,000 records of 300 bytes. */
const MAX_UNTAKEN_BATCHES = 32;

/** What is collected here of a batch. */
export type CollectedEvidence = Omit<EvidenceBatch, "suppressionHits" | "coverage">;

/** Collects and posts. */
export class Evidence implements Disposable {
  readonly #counters: Counters;
  readonly #post: (batch: CollectedEvidence) => void;
  #threats: Threat[] = [];
  #records: RequestRecord[] = [];
  #untaken = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isThreatPosted = false;

  constructor(counters: Counters, post: (batch: CollectedEvidence) => void) {
    this.#counters = counters;
    this.#post = post;
  }

  /** Posts a threat before the current turn of the event loop ends. */
  addThreat(threat: Threat): void {
    this.#threats.push(threat);
    if (this.#isThreatPosted) return;
    this.#isThreatPosted = true;
    queueMicrotask(() => this.flush());
  }

  /** Posts a request record soon, or drops and counts it. */
  addRecord(record: RequestRecord): void {
    if (this.#isBehind && this.#records.length >= MAX_BATCH_RECORDS) {
      this.#counters.droppedRequestRecords++;
      return;
    }
    this.#records.push(record);
    if (this.#records.length >= MAX_BATCH_RECORDS) this.flush();
    else this.#postSoon();
  }

  /** Notes that the monitor has dealt with a batch. */
  taken(): void {
    this.#untaken--;
    if (this.#records.length > 0) this.#postSoon();
  }

  /** Posts what there is, counters included; threats alone while the monitor is behind. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isThreatPosted = false;
    if (!this.#isBehind) this.#postAll();
    else if (this.#threats.length > 0) this.#postBatch([]);
  }

  /** Posts the rest, whatever waits already. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#postAll();
  }

  get #isBehind(): boolean {
    return this.#untaken >= MAX_UNTAKEN_BATCHES;
  }

  #postSoon(): void {
    if (this.#isBehind) return;
    this.#timer ??= setTimeout(() => this.flush(), BATCH_DELAY_MS);
  }

  #postAll(): void {
    const records = this.#records;
    this.#records = [];
    this.#postBatch(records);
  }

  #postBatch(records: readonly RequestRecord[]): void {
    const threats = this.#threats;
    this.#threats = [];
    this.#untaken++;
    this.#post({ threats, records, counters: { ...this.#counters } });
  }
}
