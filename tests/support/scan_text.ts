/** Scans text, one character a byte, as a message of its own. */
import type { Finding } from "../../src/scan/finding.ts";
import type { RuleSet } from "../../src/scan/rule_set.ts";
import { scanBytes, type ScanOptions } from "../../src/scan/scanner.ts";
import { bytesOf } from "./latin1_bytes.ts";

/** As `scanBytes()`, for text. */
export function scanText(ruleSet: RuleSet, text: string, options: ScanOptions): Finding[] {
  return scanBytes(ruleSet, bytesOf(text), options);
}
