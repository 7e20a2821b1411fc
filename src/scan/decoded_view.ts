/**
 * What one kind of decoding makes of a message → findings in the message's own offsets.
 *
 * Pieces decoded from different places stand in one stream, parted by a NUL that no match crosses,
 * so that one scanner serves all of them. Decodes nothing itself.
 *
 * Invariant: every finding of the view covers the bytes it was decoded from.
 */
import { ByteSink } from "./byte_sink.ts";
import type { Finding } from "./finding.ts";
import { IDENTITY, OffsetMap, type UnitRatio } from "./offset_map.ts";

/** Scans a stream of bytes: a scanner, or a scanner with views of its own. */
export interface StreamScanner {
  /** Findings that no further byte can change. */
  push(bytes: Uint8Array): Finding[];
  /**
   * Says that the stream is over, with its last bytes if there are any left: findings that were still
   * undecided. A message that comes in one piece costs least that way.
   */
  end(lastBytes?: Uint8Array): Finding[];
  /** Offset below which no byte is part of a finding that is yet to come. */
  readonly cleared: number;
}

/** Bytes that all views of one message may still decode; shared by them, so that nesting is bounded. */
export interface ViewBudget {
  bytesLeft: number;
  /** Bytes that were left out because nothing was left. */
  bytesRefused: number;
}

const SEPARATOR = 0x00;

/** One decoded stream beside the message. */
export class DecodedView {
  /** Filled by whoever decodes. */
  readonly sink = new ByteSink();
  readonly #open: () => StreamScanner;
  readonly #budget: ViewBudget;
  #scanner: StreamScanner | undefined;
  #map: OffsetMap | undefined;
  /** Bytes the scanner has been given. */
  #pushed = 0;
  #isInPiece = false;
  /** What was found before a trial began. */
  readonly #found: Finding[] = [];

  /** `open` makes the scanner, at the first byte and again after the view was settled. */
  constructor(open: () => StreamScanner, budget: ViewBudget) {
    this.#open = open;
    this.#budget = budget;
  }

  /** Says that what is put next was decoded from `encoded` on, and has nothing to do with before. */
  beginPiece(encoded: number, ratio: UnitRatio = IDENTITY): void {
    if (this.#pushed + this.sink.length > 0) this.sink.put(SEPARATOR);
    this.#map ??= new OffsetMap();
    this.#map.begin(this.#pushed + this.sink.length, encoded, ratio);
    this.#isInPiece = true;
  }

  /** Like {@link beginPiece}, for a piece that may have to be discarded. */
  beginTrial(encoded: number): void {
    this.#found.push(...this.#finish());
    this.beginPiece(encoded);
  }

  /** Takes back the piece begun on trial: the bytes it was decoded from are looked at otherwise. */
  discardTrial(): void {
    this.sink.clear();
    this.#forget();
    this.#isInPiece = false;
  }

  /** Says that what was put last was decoded from the bytes before `encoded`; more may follow. */
  stopAt(encoded: number): void {
    this.#map?.stop(encoded);
  }

  /** Says that what is put next was decoded from `encoded` on, and follows directly. */
  continueAt(encoded: number, ratio: UnitRatio = IDENTITY): void {
    this.#map!.begin(this.#pushed + this.sink.length, encoded, ratio);
  }

  /** Says that the piece was decoded from the bytes before `encoded`, and is complete. */
  endPiece(encoded: number): void {
    this.#map?.stop(encoded);
    this.#isInPiece = false;
  }

  /** Scans what was put, of a piece that is under way; call it before the sink grows large. */
  flush(): Finding[] {
    return this.#withFound(this.#scan());
  }

  /**
   * Ends the scan of complete pieces, so that nothing waits for bytes that do not come.
   * Does nothing while a piece is under way.
   */
  settle(): Finding[] {
    if (!this.#isInPiece) return this.end();
    const found = this.flush();
    if (this.#scanner !== undefined) this.#map?.forget(this.#scanner.cleared);
    return found;
  }

  /** Ends the scan: the message is over. */
  end(): Finding[] {
    return this.#withFound(this.#finish());
  }

  #withFound(found: Finding[]): Finding[] {
    return this.#found.length === 0 ? found : [...this.#found.splice(0), ...found];
  }

  #scan(): Finding[] {
    const { sink } = this;
    if (sink.length === 0) return [];
    const count = this.#charge();
    if (count === 0) {
      sink.clear();
      return [];
    }
    if (count < sink.length) return this.#finishWith(count);
    this.#scanner ??= this.#open();
    const found = this.#placed(this.#scanner.push(sink.bytes));
    this.#pushed += count;
    sink.clear();
    return found;
  }

  /** Scans what was put as the last of its stream. */
  #finish(): Finding[] {
    return this.sink.length === 0 ? this.#finishWith(0) : this.#finishWith(this.#charge());
  }

  #finishWith(count: number): Finding[] {
    const { sink } = this;
    if (count > 0) this.#scanner ??= this.#open();
    const found = this.#scanner === undefined
      ? []
      : this.#placed(this.#scanner.end(sink.bytes.subarray(0, count)));
    sink.clear();
    if (this.#scanner !== undefined) this.#forget();
    return found;
  }

  /** Pays for what was put from the budget; returns for how many bytes it sufficed. */
  #charge(): number {
    const count = Math.min(this.sink.length, this.#budget.bytesLeft);
    this.#budget.bytesLeft -= count;
    this.#budget.bytesRefused += this.sink.length - count;
    return count;
  }

  /** Offset in the message below which no byte is part of a finding of this view yet to come. */
  get cleared(): number {
    if (this.#scanner === undefined || this.#scanner.cleared >= this.#pushed) return Infinity;
    return this.#map!.startOf(this.#scanner.cleared);
  }

  #forget(): void {
    this.#scanner = undefined;
    this.#map = undefined;
    this.#pushed = 0;
  }

  #placed(found: Finding[]): Finding[] {
    if (found.length === 0) return found;
    const map = this.#map!;
    return found.map((finding) => ({
      ...finding,
      start: map.startOf(finding.start),
      end: map.endOf(finding.end),
    }));
  }
}
