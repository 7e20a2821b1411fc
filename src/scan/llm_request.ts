/**
 * A JSON body on its way out → findings, graded by where in a request to a language model they stand.
 *
 * Beside the scan it keeps the newest text, which is looked at only when a command was found.
 */
import { ByteSink, NO_BYTES } from "./byte_sink.ts";
import type { StreamScanner } from "./decoded_view.ts";
import type { ViewScannerOptions } from "./encoded_views.ts";
import type { Finding } from "./finding.ts";
import { latin1Text } from "./latin1.ts";
import { gradeInRequest, isModelRequest } from "./message_context.ts";
import type { RuleSet } from "./rule_set.ts";
import { TextScanner } from "./text_scanner.ts";

/** Text kept before a match: a tool's result is cut to less by most agents. */
const KEPT_BYTES = 65_536;
/** Text by which a request is known. */
const OPENING_BYTES = 4_096;

/** Scans one request. */
export class LlmRequest implements StreamScanner {
  readonly #scanner: TextScanner;
  readonly #newest = new ByteSink();
  /** Offset of the first byte in `#newest`. */
  #base = 0;
  #opening = "";

  constructor(ruleSet: RuleSet, options: ViewScannerOptions) {
    this.#scanner = new TextScanner(ruleSet, options);
  }

  get cleared(): number {
    return this.#scanner.cleared;
  }

  /** Bytes of views that were not looked at because the body decodes to too much. */
  get refusedBytes(): number {
    return this.#scanner.refusedBytes;
  }

  push(bytes: Uint8Array): Finding[] {
    this.#keep(bytes);
    const found = this.#grade(this.#scanner.push(bytes));
    this.#forget();
    return found;
  }

  end(lastBytes: Uint8Array = NO_BYTES): Finding[] {
    this.#keep(lastBytes);
    const found = this.#grade(this.#scanner.end(lastBytes));
    this.#newest.clear();
    return found;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#opening.length < OPENING_BYTES) {
      this.#opening += latin1Text(bytes, 0, OPENING_BYTES - this.#opening.length);
    }
    this.#newest.append(bytes, 0, bytes.length);
  }

  #grade(found: Finding[]): Finding[] {
    if (!found.some(({ rule }) => rule.type === "INJECTION")) return found;
    if (!isModelRequest(this.#opening)) return found;
    return found.map((finding) => {
      const to = Math.max(0, finding.start - this.#base);
      const before = latin1Text(this.#newest.bytes, Math.max(0, to - KEPT_BYTES), to);
      const isWhole = finding.start === before.length;
      return { ...finding, severity: gradeInRequest(finding, { before, isWhole }) };
    });
  }

  /** Drops old text, rarely enough to cost nothing; what a match may still begin in stays. */
  #forget(): void {
    const keepFrom = Math.max(this.#base, this.#scanner.cleared - KEPT_BYTES);
    const drop = keepFrom - this.#base;
    if (drop <= KEPT_BYTES) return;
    const kept = this.#newest.bytes.slice(drop);
    this.#newest.clear();
    this.#newest.append(kept, 0, kept.length);
    this.#base = keepFrom;
  }
}
