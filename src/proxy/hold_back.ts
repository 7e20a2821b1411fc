/**
 * Scans a body as it passes, in block mode: what could still become a match waits.
 *
 * Guarantee: no byte of a match that is to be stopped is ever released, wherever the body is cut. A
 * byte waits only while it is part of a live partial match (`MessageScanner.cleared`), so that clean
 * traffic streams; the blanks that a match may begin with don't wait. A secret to be redacted is replaced where it stands; what stands inside a coding
 * that a replacement would break is blocked instead.
 */
import { ByteQueue } from "../http1/byte_queue.ts";
import type { Finding } from "../scan/finding.ts";
import type { MessageScanner } from "../scan/message_scanner.ts";
import type { Direction } from "../scan/rule.ts";
import type { WatchedBody } from "./body_filter.ts";
import type { Exchange, Ruling } from "./exchange.ts";
import type { BodyFilter } from "./pass_body.ts";
import type { Proxy } from "./proxy.ts";

/** Views in which a marker may stand for the whole match: text that is only escaped. */
const REDACTABLE_ENCODING_REGEXP = /^(?:(?:json|percent|html)(?:>|$))+$/;

const JOINED_PART_REGEXP = /^(?:sse|json):/;

/** Tab, line feed, carriage return, space. */
const BLANKS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);

/** A part of the body that is replaced; offsets in the body as it came in. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly marker: Uint8Array;
}

/** Guards one body on behalf of its exchange. */
export class HoldBack implements BodyFilter {
  readonly #proxy: Proxy;
  readonly #exchange: Exchange;
  readonly #direction: Direction;
  readonly #location: string;
  readonly #scanner: MessageScanner;
  readonly #isCoded: boolean;
  readonly #held = new ByteQueue();
  /** Offset of the first byte in `#held`: all before it has been released. */
  #released = 0;
  /** As the scanner last said. What was released beyond it is blank. */
  #cleared = 0;
  #edits: Edit[] = [];
  /** Set once the rest of the body is let through unscanned. */
  #isOpen = false;
  #isUndecodableTold = false;
  #isClosed = false;

  constructor({ proxy, exchange, direction, location, contentEncoding, scanner }: WatchedBody) {
    this.#proxy = proxy;
    this.#exchange = exchange;
    this.#direction = direction;
    this.#location = location;
    this.#isCoded = contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity";
    this.#scanner = scanner;
  }

  /** @throws {BlockedError} */
  push(bytes: Uint8Array): Uint8Array {
    this.#held.append(bytes);
    if (this.#isOpen) return this.#release(Infinity);
    this.#apply(this.#guard(() => this.#scanner.push(bytes)));
    this.#refuseUndecodable();
    return this.#release(this.#isOpen ? Infinity : this.#releasable());
  }

  settle(): void {}

  /** @throws {BlockedError} */
  end(): Uint8Array {
    if (!this.#isOpen) this.#apply(this.#guard(() => this.#scanner.end()));
    this.#refuseUndecodable();
    const rest = this.#release(Infinity);
    this.close();
    return rest;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#exchange.noteScan(this.#scanner);
    this.#scanner.close();
  }

  /**
   * The offset up to which all may go on. Where a match begins with blanks they say nothing, and waiting
   * for what follows would keep each reader of lines or of events one line behind.
   */
  #releasable(): number {
    const { cleared } = this.#scanner;
    this.#cleared = cleared;
    if (this.#isCoded) return cleared;
    const held = this.#held.peek();
    let at = Math.max(cleared - this.#released, 0);
    while (at < held.length && BLANKS.has(held[at]!)) at++;
    return this.#released + at;
  }

  /** Notes what is to be replaced; throws for what is to be stopped. */
  #apply(findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    const place = { direction: this.#direction, location: this.#location };
    for (const ruling of this.#exchange.report(findings, place)) {
      if (ruling.action === "log") continue;
      const edit = ruling.action === "redact" ? this.#editOf(ruling) : undefined;
      if (edit === undefined) {
        const { location, finding } = ruling;
        throw this.#exchange.block({ ...place, location, pattern: finding.rule.pattern });
      }
      this.#edits.push(edit);
    }
    this.#edits.sort((a, b) => a.start - b.start);
  }

  /** Where a secret is replaced; undefined where that would break the body around it. */
  #editOf({ finding }: Ruling): Edit | undefined {
    if (this.#isCoded) return undefined;
    // Joined from several events of a streamed answer: a marker would take the place of them all.
    if (JOINED_PART_REGEXP.test(finding.part ?? "")) return undefined;
    const isPlain = finding.encoding === undefined;
    if (!isPlain && !REDACTABLE_ENCODING_REGEXP.test(finding.encoding)) return undefined;
    const from = finding.start + (isPlain ? finding.secretStart : 0);
    const end = isPlain ? from + finding.secret.length : finding.end;
    const start = from < this.#cleared ? from : Math.max(from, this.#released);
    if (start < this.#released) return undefined;
    return { start, end, marker: new TextEncoder().encode(redactionMarker(finding, this.#proxy)) };
  }

  /** Takes what may go on, up to an offset in the body as it came in. */
  #release(upTo: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    const takeTo = (offset: number) => {
      const count = Math.min(offset - this.#released, this.#held.length);
      if (count <= 0) return;
      // A copy: views of the queue end with the next piece, and these wait for their write.
      pieces.push(this.#held.take(count).slice());
      this.#released += count;
    };
    while (this.#edits.length > 0 && this.#edits[0]!.end <= upTo) {
      const { start, end, marker } = this.#edits.shift()!;
      if (start >= this.#released) {
        takeTo(start);
        pieces.push(marker);
      }
      // Overlapping edits: the first marker stands for both.
      const count = Math.max(0, end - this.#released);
      this.#held.skip(count);
      this.#released += count;
    }
    takeTo(Math.min(upTo, this.#edits[0]?.start ?? upTo));
    return pieces.length === 1 ? pieces[0]! : concat(pieces);
  }

  #guard(scan: () => readonly Finding[]): readonly Finding[] {
    try {
      return scan();
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Scanning itself failed: closed or open as `on_scan_error` says. @throws {BlockedError} */
  #fail(error: unknown): readonly Finding[] {
    const { counters, log } = this.#proxy;
    const reason = error instanceof Error ? error.stack ?? error.message : String(error);
    counters.undecodable++;
    log.error(`Cannot scan a ${this.#location} of request ${this.#exchange.id}: ${reason}`);
    this.#refuseUnscanned();
    this.#isOpen = true;
    return [];
  }

  #refuseUndecodable(): void {
    const { undecodable } = this.#scanner;
    if (undecodable === undefined || this.#isUndecodableTold) return;
    this.#isUndecodableTold = true;
    this.#proxy.log.warning(
      `Cannot decode the whole ${this.#direction} ${this.#location} of request ` +
        `${this.#exchange.id}: ${undecodable}`,
    );
    this.#refuseUnscanned();
  }

  #refuseUnscanned(): void {
    if (this.#proxy.config.onScanError === "allow") return;
    throw this.#exchange.block({
      pattern: "undecodable",
      location: this.#location,
      direction: this.#direction,
    });
  }
}

/** What stands in a secret's place: safe inside JSON, a header and a URL. */
export function redactionMarker({ rule, secret }: Finding, { redactor }: Proxy): string {
  return `[REDACTED:${rule.pattern}:${redactor.fingerprint(secret)}]`;
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
