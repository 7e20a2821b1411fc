/** The body of a form (`application/x-www-form-urlencoded`) → findings in it and in its joined values. */
import type { StreamScanner } from "./decoded_view.ts";
import type { ViewScannerOptions } from "./encoded_views.ts";
import type { Finding } from "./finding.ts";
import { FormValues } from "./form_values.ts";
import { RepeatedFindings } from "./repeated_findings.ts";
import type { RuleSet } from "./rule_set.ts";
import { TextScanner } from "./text_scanner.ts";

/** Scans one form. */
export class FormBody implements StreamScanner {
  readonly #text: TextScanner;
  readonly #values: FormValues;
  readonly #repeated = new RepeatedFindings();
  #cleared = 0;

  constructor(ruleSet: RuleSet, options: ViewScannerOptions) {
    this.#text = new TextScanner(ruleSet, { ...options, percent: "everything" });
    this.#values = new FormValues(ruleSet, options);
  }

  get cleared(): number {
    this.#cleared = Math.max(this.#cleared, Math.min(this.#text.cleared, this.#values.cleared));
    return this.#cleared;
  }

  /** Bytes of views that were not looked at because the form decodes to too much. */
  get refusedBytes(): number {
    return this.#text.refusedBytes;
  }

  push(bytes: Uint8Array): Finding[] {
    const found = this.#text.push(bytes);
    return this.#repeated.fresh([...found, ...this.#values.push(bytes)]);
  }

  end(lastBytes?: Uint8Array): Finding[] {
    const found = this.#text.end(lastBytes);
    return this.#repeated.fresh([...found, ...this.#values.end(lastBytes)]);
  }
}
