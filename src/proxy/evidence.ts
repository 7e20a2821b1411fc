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
    if (this.#untaken >= MAX_UNTAKEN_BATCHES && this.#records.length >= MAX_BATCH_RECORDS) {
      this.#counters.droppedRequestRecords++;
      return;
    }
    this.#records.push(record);
    if (this.#records.length >= MAX_BATCH_RECORDS && this.#untaken < MAX_UNTAKEN_BATCHES) {
      this.flush();
    } else {
      this.#timer ??= setTimeout(() => this.flush(), BATCH_DELAY_MS);
    }
  }

  /** Notes that the monitor has dealt with a batch. */
  taken(): void {
    this.#untaken--;
  }

  /** Posts what there is, counters included. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isThreatPosted = false;
    this.#untaken++;
    this.#post({
      threats: this.#threats,
      records: this.#records,
      counters: { ...this.#counters },
    });
    this.#threats = [];
    this.#records = [];
  }

  [Symbol.dispose](): void {
    this.flush();
  }
}
