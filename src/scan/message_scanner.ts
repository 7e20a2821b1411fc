/**
 * The body of one message, as it stands on the wire → findings in what it says.
 *
 * Undoes the content coding, looks into encoded text, and says for each moment which bytes may go on.
 * A coded body is judged by what it decodes to: its bytes are cleared when all they decode to is.
 * What cannot be decoded is scanned as it stands and said to be `undecodable`.
 *
 * Invariant: no byte of the body below `cleared` belongs to a finding that is yet to be reported.
 */
import { NO_BYTES } from "./byte_sink.ts";
import { ContentDecoder, isEncoded } from "./content_decoder.ts";
import type { Finding } from "./finding.ts";
import { type FormScanner, openText, type TextOptions } from "./open_text.ts";
import type { Direction } from "./rule.ts";
import type { RuleSet } from "./rule_set.ts";
import { TextScanner } from "./text_scanner.ts";

/** Scans one body, from its first byte to its last. */
export interface MessageScanner {
  /** Scans the next bytes, which may be reused once the call is done. */
  push(bytes: Uint8Array): readonly Finding[];
  /**
   * Says that the body is complete, with its last bytes if there are any left; reports what was still
   * undecided. A body that comes in one piece costs least that way.
   */
  end(lastBytes?: Uint8Array): readonly Finding[];
  /** Offset in the body below which no byte belongs to a finding that is yet to come. */
  readonly cleared: number;
  /** Why a part of the body could not be looked into; undefined: all could. */
  readonly undecodable: string | undefined;
  /** Bytes of the body that were scanned, and those that could not be decoded. */
  readonly scannedBytes: number;
  readonly unscannedBytes: number;
  /** Frees what the scanner holds. Closing twice is allowed. */
  close(): void;
}

/** What is known of a body before it arrives. */
export interface MessageScannerOptions {
  readonly direction: Direction;
  /** `Content-Type`, as it came. */
  readonly contentType?: string | undefined;
  /** `Content-Encoding`; several headers are joined by commas. */
  readonly contentEncoding?: string | undefined;
  /** Bytes held at a time. */
  readonly maxScanBytes: number;
}

/** Makes the scanner of one body. */
export function createMessageScanner(
  ruleSet: RuleSet,
  { direction, contentType, contentEncoding, maxScanBytes }: MessageScannerOptions,
): MessageScanner {
  const options: TextOptions = { direction, windowBytes: maxScanBytes, contentType };
  return contentEncoding !== undefined && isEncoded(contentEncoding)
    ? new CodedMessage(ruleSet, contentEncoding, options)
    : new PlainMessage(openText(ruleSet, options));
}

class PlainMessage implements MessageScanner {
  readonly #scanner: FormScanner;
  scannedBytes = 0;
  readonly unscannedBytes = 0;

  constructor(scanner: FormScanner) {
    this.#scanner = scanner;
  }

  get cleared(): number {
    return this.#scanner.cleared;
  }

  get undecodable(): string | undefined {
    return this.#scanner.undecodable ?? refusedViews(this.#scanner);
  }

  push(bytes: Uint8Array): readonly Finding[] {
    this.scannedBytes += bytes.length;
    return this.#scanner.push(bytes);
  }

  end(lastBytes: Uint8Array = NO_BYTES): readonly Finding[] {
    this.scannedBytes += lastBytes.length;
    return this.#scanner.end(lastBytes);
  }

  close(): void {
    this.#scanner.close?.();
  }
}

/** Up to here the body has been decoded, to so many bytes. */
interface Mark {
  readonly encodedEnd: number;
  readonly decodedEnd: number;
}

class CodedMessage implements MessageScanner {
  readonly #ruleSet: RuleSet;
  readonly #options: TextOptions;
  readonly #decoder: ContentDecoder;
  readonly #scanner: FormScanner;
  /** Scans what could not be decoded; undefined while all can. */
  #fallback: TextScanner | undefined;
  /** Offset of the first byte that `#fallback` was given. */
  #fallbackStart = 0;
  /**
   * A decoder of zstd gives nothing of a block before its last byte has come, while the block's
   * bytes may be the text itself (RFC 8878 §3.1.1.3.1.1).
   */
  readonly #isBlockwise: boolean;
  readonly #marks: Mark[] = [];
  #cleared = 0;
  #encodedBytes = 0;
  #decodedBytes = 0;
  unscannedBytes = 0;

  constructor(ruleSet: RuleSet, contentEncoding: string, options: TextOptions) {
    this.#ruleSet = ruleSet;
    this.#options = options;
    this.#decoder = new ContentDecoder(contentEncoding);
    const { codings } = this.#decoder;
    this.#isBlockwise = codings.includes("zstd");
    this.#scanner = openText(ruleSet, { ...options, encoding: codings.join(">") });
  }

  get cleared(): number {
    if (this.#fallback === undefined) return this.#cleared;
    // What was decoded before is over: its scanner has been ended.
    return this.#fallbackStart + this.#fallback.cleared;
  }

  get undecodable(): string | undefined {
    return this.#decoder.undecodable ?? refusedViews(this.#scanner);
  }

  get scannedBytes(): number {
    return this.#encodedBytes - this.unscannedBytes;
  }

  push(bytes: Uint8Array): readonly Finding[] {
    const startBytes = this.#encodedBytes;
    this.#encodedBytes += bytes.length;
    if (this.#fallback !== undefined) return this.#scanUndecodable(bytes, this.#fallback);
    const found: Finding[] = [];
    const decodedBefore = this.#decodedBytes;
    this.#decoder.push(bytes, (piece) => this.#scanPiece(piece, found));
    if (this.#decoder.undecodable !== undefined) {
      found.push(...this.#scanner.end());
      this.#fallbackStart = startBytes;
      this.#fallback = new TextScanner(this.#ruleSet, this.#options);
      found.push(...this.#scanUndecodable(bytes, this.#fallback));
      return found;
    }
    if (!this.#isBlockwise) this.#mark(this.#encodedBytes);
    else if (this.#decodedBytes > decodedBefore) this.#mark(startBytes);
    this.#clear();
    return found;
  }

  end(lastBytes: Uint8Array = NO_BYTES): readonly Finding[] {
    const found = lastBytes.length === 0 ? [] : [...this.push(lastBytes)];
    if (this.#fallback === undefined) {
      this.#decoder.end((piece) => this.#scanPiece(piece, found));
      found.push(...this.#scanner.end());
      this.#cleared = this.#encodedBytes;
    } else {
      found.push(...this.#fallback.end());
    }
    this.close();
    return found;
  }

  close(): void {
    this.#decoder.close();
  }

  #scanPiece(piece: Uint8Array, found: Finding[]): void {
    this.#decodedBytes += piece.length;
    const inPiece = this.#scanner.push(piece);
    if (inPiece.length > 0) found.push(...inPiece);
  }

  #scanUndecodable(bytes: Uint8Array, fallback: TextScanner): readonly Finding[] {
    this.unscannedBytes += bytes.length;
    return fallback.push(bytes);
  }

  #mark(encodedEnd: number): void {
    // Of marks at one place in the text, the last holds.
    if (this.#marks.at(-1)?.decodedEnd === this.#decodedBytes) this.#marks.pop();
    this.#marks.push({ encodedEnd, decodedEnd: this.#decodedBytes });
  }

  #clear(): void {
    const { cleared } = this.#scanner;
    let count = 0;
    while (count < this.#marks.length && this.#marks[count]!.decodedEnd <= cleared) count++;
    if (count === 0) return;
    this.#cleared = this.#marks[count - 1]!.encodedEnd;
    this.#marks.splice(0, count);
  }
}

function refusedViews({ refusedBytes }: FormScanner): string | undefined {
  return refusedBytes === 0 ? undefined : `${refusedBytes} bytes of encoded text over the limit`;
}
