/**
 * Scans a body as it passes, in monitor mode: never alters, delays or reorders a byte.
 *
 * The bytes are on their way before they are scanned. A body is read on only when the scanner has
 * kept up, so that nothing piles up. If scanning fails, traffic goes on and the failure is logged.
 */
import type { MessageScanner } from "../scan/message_scanner.ts";
import type { Finding } from "../scan/finding.ts";
import type { Direction } from "../scan/rule.ts";
import type { WatchedBody } from "./body_filter.ts";
import type { Exchange } from "./exchange.ts";
import type { BodyFilter } from "./pass_body.ts";
import type { Proxy } from "./proxy.ts";

/** Watches one body on behalf of its exchange. */
export class Tap implements BodyFilter {
  readonly #proxy: Proxy;
  readonly #exchange: Exchange;
  readonly #direction: Direction;
  readonly #location: string;
  readonly #scanner: MessageScanner;
  #unscanned: Uint8Array[] = [];
  #hasFailed = false;
  #isComplete = false;
  #isFinished = false;

  constructor({ proxy, exchange, direction, location, scanner }: WatchedBody) {
    this.#proxy = proxy;
    this.#exchange = exchange;
    this.#direction = direction;
    this.#location = location;
    this.#scanner = scanner;
  }

  push(bytes: Uint8Array): Uint8Array {
    this.#unscanned.push(bytes);
    return bytes;
  }

  settle(): void {
    const pieces = this.#unscanned;
    this.#unscanned = [];
    const last = this.#isComplete ? pieces.pop() : undefined;
    for (const piece of pieces) this.#scan(() => this.#scanner.push(piece));
    if (this.#isComplete) this.#finish(last);
  }

  /** What is left is scanned when it has been sent, in `settle()`. */
  end(): void {
    this.#isComplete = true;
  }

  /** What has gone is judged, although no more will come. */
  close(): void {
    this.#finish();
  }

  #finish(last?: Uint8Array): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#scan(() => this.#scanner.end(last));
    this.#exchange.noteScan(this.#scanner);
    if (this.#scanner.undecodable !== undefined) {
      this.#proxy.log.warning(
        `Cannot decode the whole ${this.#direction} ${this.#location} of request ${this.#exchange.id}: ` +
          this.#scanner.undecodable,
      );
    }
    this.#scanner.close();
  }

  #scan(scan: () => readonly Finding[]): void {
    if (this.#hasFailed) return;
    try {
      this.#report(scan());
    } catch (error) {
      this.#fail(error);
    }
  }

  #report(findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    const place = { direction: this.#direction, location: this.#location };
    this.#exchange.report(findings, place);
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    this.#proxy.counters.undecodable++;
    const reason = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#proxy.log.error(
      `Cannot scan a ${this.#location} of request ${this.#exchange.id}: ${reason}`,
    );
  }
}
