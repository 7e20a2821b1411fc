/**
 * A form or a query (WHATWG URL §5.1) → findings in its values, joined in order.
 *
 * A secret can be sent as `a=sk-ant-&b=api03-…`. Names are left out; percent-encoding is undone. What
 * stands in one value is found in the form itself too, by whoever scans that. A finding's `encoding`
 * begins with `joined`; its offsets reach from the first value that has a part of it to the last.
 */
import { NO_BYTES } from "./byte_sink.ts";
import { DecodedView, type StreamScanner } from "./decoded_view.ts";
import { ViewScanner, type ViewScannerOptions } from "./encoded_views.ts";
import { HEX_VALUES } from "./encoding_alphabets.ts";
import type { Finding } from "./finding.ts";
import type { RuleSet } from "./rule_set.ts";

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
/** Levels of encoding undone in the joined text: its percent-encoding is undone already. */
const JOINED_DEPTH = 2;
/** Bytes that may be joined: what is longer isn't one secret in pieces. Bounds the work, not memory. */
const MAX_JOINED_BYTES = 4_194_304;

/** Joins and scans the values of one form. */
export class FormValues implements StreamScanner {
  readonly #view: DecodedView;
  #offset = 0;
  #isInValue = false;
  #hasValue = false;
  /** A percent sign, or it and a digit, at the end of what was pushed. */
  #cutEscape: readonly number[] = [];

  constructor(ruleSet: RuleSet, { encoding = "", ...options }: ViewScannerOptions) {
    const joined: ViewScannerOptions = {
      ...options,
      percent: "around_escapes",
      encoding: encoding === "" ? "joined" : `${encoding}>joined`,
      depth: JOINED_DEPTH,
    };
    const budget = { bytesLeft: MAX_JOINED_BYTES, bytesRefused: 0 };
    this.#view = new DecodedView(() => new ViewScanner(ruleSet, joined), budget);
  }

  get cleared(): number {
    return Math.min(this.#offset - this.#cutEscape.length, this.#view.cleared);
  }

  push(bytes: Uint8Array): Finding[] {
    this.#read(bytes);
    return this.#view.settle();
  }

  end(lastBytes: Uint8Array = NO_BYTES): Finding[] {
    this.#read(lastBytes);
    this.#endValue(this.#offset);
    return this.#view.end();
  }

  #read(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#offset++;
      if (byte === AMPERSAND) this.#endValue(this.#offset - 1);
      else if (this.#isInValue) this.#putInValue(byte);
      else if (byte === EQUALS) this.#beginValue();
    }
  }

  #beginValue(): void {
    this.#isInValue = true;
    if (this.#hasValue) this.#view.continueAt(this.#offset);
    else this.#view.beginPiece(this.#offset);
    this.#hasValue = true;
  }

  #endValue(offset: number): void {
    this.#putCutEscape();
    if (this.#isInValue) this.#view.stopAt(offset);
    this.#isInValue = false;
  }

  #putInValue(byte: number): void {
    const { sink } = this.#view;
    const [percent, digit] = this.#cutEscape;
    if (percent !== undefined && HEX_VALUES[byte]! < 16) {
      if (digit === undefined) {
        this.#cutEscape = [percent, byte];
        return;
      }
      sink.put(HEX_VALUES[digit]! << 4 | HEX_VALUES[byte]!);
      this.#cutEscape = [];
      this.#view.continueAt(this.#offset);
      return;
    }
    this.#putCutEscape();
    if (byte === PERCENT) this.#cutEscape = [byte];
    else sink.put(byte === PLUS ? SPACE : byte);
  }

  /** What looked like an escape is none. */
  #putCutEscape(): void {
    for (const byte of this.#cutEscape) this.#view.sink.put(byte);
    this.#cutEscape = [];
  }
}
