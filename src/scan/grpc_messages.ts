/**
 * A body of gRPC (length-prefixed messages, "gRPC over HTTP2") → findings in it and in what is compressed.
 *
 * Messages that aren't compressed are scanned as the bytes they are, over their prefixes. The coding of a
 * compressed one is told by its first bytes, gzip or zlib, since the header may be another message's.
 * Protocol buffers are not read: their strings stand in the bytes. A finding's `part` is `grpc`; that of
 * a compressed message has the message's offsets, and waits for its end.
 */
import { ByteSink, NO_BYTES } from "./byte_sink.ts";
import { ContentDecoder } from "./content_decoder.ts";
import type { StreamScanner } from "./decoded_view.ts";
import { ViewScanner, type ViewScannerOptions } from "./encoded_views.ts";
import type { Finding } from "./finding.ts";
import type { RuleSet } from "./rule_set.ts";
import { TextScanner } from "./text_scanner.ts";

/** A flag, and the message's length in four bytes, big-endian. */
const PREFIX_BYTES = 5;
const GZIP_MAGIC = 0x1f;
const PART = "grpc";

/** The compressed message under way. */
interface CompressedMessage {
  readonly start: number;
  readonly end: number;
  readonly decoder: ContentDecoder;
  readonly scanner: ViewScanner;
}

/** Scans one body. */
export class GrpcMessages implements StreamScanner {
  readonly #ruleSet: RuleSet;
  readonly #options: ViewScannerOptions;
  readonly #bytes: TextScanner;
  readonly #prefix = new ByteSink();
  #offset = 0;
  /** Bytes of the message under way that are yet to come. */
  #bytesLeft = 0;
  #isCompressed = false;
  /** Undefined: none is under way, or its first byte is yet to come. */
  #message: CompressedMessage | undefined;
  #undecodable: string | undefined;
  #cleared = 0;

  constructor(ruleSet: RuleSet, options: ViewScannerOptions) {
    this.#ruleSet = ruleSet;
    this.#options = options;
    this.#bytes = new TextScanner(ruleSet, options);
  }

  get cleared(): number {
    const isWaiting = this.#isCompressed && this.#bytesLeft > 0;
    const pending = this.#message?.start ?? (isWaiting ? this.#offset : Infinity);
    this.#cleared = Math.max(this.#cleared, Math.min(this.#bytes.cleared, pending));
    return this.#cleared;
  }

  /** Why a compressed message could not be looked into; undefined: all could. */
  get undecodable(): string | undefined {
    return this.#undecodable;
  }

  /** Bytes of views that were not looked at because the body decodes to too much. */
  get refusedBytes(): number {
    return this.#bytes.refusedBytes;
  }

  push(bytes: Uint8Array): Finding[] {
    const found = this.#bytes.push(bytes).map((finding) => ({ ...finding, part: PART }));
    this.#read(bytes, found);
    return found;
  }

  end(lastBytes: Uint8Array = NO_BYTES): Finding[] {
    const found = this.#bytes.end(lastBytes).map((finding) => ({ ...finding, part: PART }));
    this.#read(lastBytes, found);
    this.#endMessage(found);
    return found;
  }

  /** Frees what the decoder of an unfinished message holds. */
  close(): void {
    this.#message?.decoder.close();
  }

  #read(bytes: Uint8Array, found: Finding[]): void {
    for (let at = 0; at < bytes.length;) {
      const wanted = this.#bytesLeft > 0 ? this.#bytesLeft : PREFIX_BYTES - this.#prefix.length;
      const piece = bytes.subarray(at, at + wanted);
      if (this.#bytesLeft > 0) this.#readMessage(piece, found);
      else this.#readPrefix(piece);
      at += piece.length;
    }
  }

  #readPrefix(piece: Uint8Array): void {
    this.#offset += piece.length;
    this.#prefix.append(piece, 0, piece.length);
    if (this.#prefix.length < PREFIX_BYTES) return;
    const [flag = 0, ...length] = this.#prefix.bytes;
    this.#bytesLeft = length.reduce((value, byte) => value * 256 + byte, 0);
    // gRPC-Web's trailers have the highest bit set, and are text.
    this.#isCompressed = (flag & 1) === 1;
    this.#prefix.clear();
  }

  #readMessage(piece: Uint8Array, found: Finding[]): void {
    if (this.#isCompressed) {
      const message = this.#message ??= this.#open(piece[0]!);
      message.decoder.push(piece, (text) => this.#scan(message, text, found));
    }
    this.#offset += piece.length;
    this.#bytesLeft -= piece.length;
    if (this.#bytesLeft === 0) this.#endMessage(found);
  }

  #open(firstByte: number): CompressedMessage {
    const coding = firstByte === GZIP_MAGIC ? "gzip" : "deflate";
    const { encoding = "" } = this.#options;
    return {
      start: this.#offset,
      end: this.#offset + this.#bytesLeft,
      decoder: new ContentDecoder(coding),
      scanner: new ViewScanner(this.#ruleSet, {
        ...this.#options,
        encoding: encoding === "" ? coding : `${encoding}>${coding}`,
      }),
    };
  }

  #scan(message: CompressedMessage, text: Uint8Array, found: Finding[]): void {
    found.push(...message.scanner.push(text).map((finding) => placed(finding, message)));
  }

  #endMessage(found: Finding[]): void {
    const message = this.#message;
    if (message === undefined) return;
    const { decoder, scanner } = message;
    decoder.end((text) => this.#scan(message, text, found));
    found.push(...scanner.end().map((finding) => placed(finding, message)));
    this.#undecodable ??= decoder.undecodable;
    decoder.close();
    this.#message = undefined;
  }
}

function placed(finding: Finding, { start, end }: CompressedMessage): Finding {
  return { ...finding, part: PART, start, end };
}
