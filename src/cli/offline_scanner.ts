/**
 * Messages that are not under way → what the proxy would find in them: the same rules and scanners,
 * without destinations, policies and logs.
 */
import type { Finding } from "../scan/finding.ts";
import { scanHead, type ScannedHead } from "../scan/head_scanner.ts";
import { createMessageScanner } from "../scan/message_scanner.ts";
import type { Direction, Rule } from "../scan/rule.ts";
import { compileRules, type RuleSet } from "../scan/rule_set.ts";

/** How to scan. */
export interface OfflineScannerOptions {
  readonly rules: readonly Rule[];
  /** Whose rules; undefined: those of both, each once. */
  readonly direction: Direction | undefined;
  readonly maxScanBytes: number;
}

/** What is known of a body. */
export interface BodyHints {
  readonly contentType?: string | undefined;
}

/** What was found in one body. */
export interface BodyFindings {
  readonly findings: readonly Finding[];
  /** Why a part could not be looked into; undefined: all could. */
  readonly undecodable: string | undefined;
}

/** Scans bodies and heads, each a message of its own. */
export class OfflineScanner {
  readonly #rules: readonly Rule[];
  readonly #direction: Direction;
  readonly #maxScanBytes: number;
  /** Compiled when first needed: it takes a second, and there may be nothing to scan. */
  #compiled: RuleSet | undefined;

  constructor({ rules, direction, maxScanBytes }: OfflineScannerOptions) {
    // One pass finds what both directions look for, if every rule is given one direction.
    this.#rules = direction === undefined ? rules.map(asOutbound) : rules;
    this.#direction = direction ?? "outbound";
    this.#maxScanBytes = maxScanBytes;
  }

  get #ruleSet(): RuleSet {
    return this.#compiled ??= compileRules(this.#rules);
  }

  /**
   * Scans one body to its end.
   *
   * @throws {TypeError} if a rule breaks its contract
   */
  async scanBody(
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    { contentType }: BodyHints = {},
  ): Promise<BodyFindings> {
    const scanner = createMessageScanner(this.#ruleSet, {
      direction: this.#direction,
      contentType,
      maxScanBytes: this.#maxScanBytes,
    });
    try {
      const findings: Finding[] = [];
      for await (const chunk of chunks) findings.push(...scanner.push(chunk));
      findings.push(...scanner.end());
      return { findings, undecodable: scanner.undecodable };
    } finally {
      scanner.close();
    }
  }

  /** Scans one head. */
  scanHead(head: ScannedHead): readonly Finding[] {
    return scanHead(this.#ruleSet, head, { direction: this.#direction });
  }
}

/** The rule's other fields stay where they are: to read its examples would make them. */
function asOutbound(rule: Rule): Rule {
  return Object.create(rule, { directions: { value: ["outbound"], enumerable: true } }) as Rule;
}
