/** A stream of text → what the rules find in it, its views included, and the known secrets in it. */
import type { StreamScanner } from "./decoded_view.ts";
import { ViewScanner, type ViewScannerOptions } from "./encoded_views.ts";
import type { Finding } from "./finding.ts";
import type { KnownSecretScanner } from "./known_secret_scanner.ts";
import type { RuleSet } from "./rule_set.ts";

/** Scans one stream in one direction. Known secrets are looked for on their way out only. */
export class TextScanner implements StreamScanner {
  readonly #views: ViewScanner;
  readonly #known: KnownSecretScanner | undefined;
  readonly #encoding: string;

  constructor(ruleSet: RuleSet, options: ViewScannerOptions) {
    this.#views = new ViewScanner(ruleSet, options);
    this.#encoding = options.encoding ?? "";
    if (options.direction === "outbound") this.#known = ruleSet.knownSecrets?.scanner();
  }

  push(bytes: Uint8Array): Finding[] {
    const found = this.#views.push(bytes);
    if (this.#known !== undefined) found.push(...this.#label(this.#known.push(bytes)));
    return found;
  }

  end(lastBytes?: Uint8Array): Finding[] {
    const found = this.#views.end(lastBytes);
    if (this.#known !== undefined) found.push(...this.#label(this.#known.end(lastBytes)));
    return found;
  }

  /** Offset below which no byte is part of a finding that is yet to come. */
  get cleared(): number {
    return Math.min(this.#views.cleared, this.#known?.cleared ?? Infinity);
  }

  /** Bytes of views that were not looked at because the message decodes to too much. */
  get refusedBytes(): number {
    return this.#views.refusedBytes;
  }

  #label(found: Finding[]): Finding[] {
    if (this.#encoding === "") return found;
    return found.map((finding) => ({
      ...finding,
      encoding: finding.encoding === undefined
        ? this.#encoding
        : `${this.#encoding}>${finding.encoding}`,
    }));
  }
}
