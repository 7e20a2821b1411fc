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
  #isClosed = false;

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

  settle(): void | Promise<void> {
    const pieces = this.#unscanned;
    this.#unscanned = [];
    for (let index = 0; index < pieces.length; index++) {
      const findings = this.#scan(pieces[index]!);
      if (findings instanceof Promise) return this.#settleRest(findings, pieces, index + 1);
      this.#report(findings);
    }
  }

  async end(): Promise<void> {
    // The end may come with the last bytes, before they were settled.
    await this.settle();
    try {
      if (!this.#hasFailed) this.#report(await this.#scanner.end());
    } catch (error) {
      this.#fail(error);
    }
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#exchange.noteScan(this.#scanner);
    if (this.#scanner.undecodable !== undefined) {
      this.#proxy.log.warning(
        `Cannot decode the whole ${this.#direction} ${this.#location} of request ${this.#exchange.id}: ` +
          this.#scanner.undecodable,
      );
    }
    this.#scanner.close();
  }

  #scan(bytes: Uint8Array): readonly Finding[] | Promise<readonly Finding[]> {
    if (this.#hasFailed) return [];
    try {
      return this.#scanner.push(bytes);
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  async #settleRest(
    first: Promise<readonly Finding[]>,
    pieces: readonly Uint8Array[],
    from: number,
  ): Promise<void> {
    try {
      this.#report(await first);
      for (let index = from; index < pieces.length; index++) {
        this.#report(await this.#scan(pieces[index]!));
      }
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
