/**
 * A line of `threats.jsonl` → a threat that passes a filter. Checks what readers rely on, so that a damaged or
 * foreign line is never taken for evidence.
 */
import type { Direction, Severity } from "../scan/rule.ts";
import type { Threat } from "./threat.ts";

/** Which threats are wanted; what is absent does not matter. */
export interface ThreatFilter {
  readonly pattern?: string;
  readonly direction?: Direction;
  readonly severity?: Severity;
  /** Only what block mode would have stopped, had it been on. */
  readonly wouldBlock?: boolean;
}

/** The original's eight: a log written by it is readable too. */
const REQUIRED_FIELDS = [
  "direction",
  "protocol",
  "threat_type",
  "pattern",
  "snippet",
  "source",
  "dest",
  "timestamp",
] as const;

/** Parses one line; says `unreadable` of what is no threat and `filtered` of what is not wanted. */
export function parseThreat(
  line: string,
  filter: ThreatFilter,
): Threat | "filtered" | "unreadable" {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return "unreadable";
    throw error;
  }
  if (!isThreat(value)) return "unreadable";
  const isWanted = (filter.pattern === undefined || filter.pattern === value.pattern) &&
    (filter.direction === undefined || filter.direction === value.direction) &&
    (filter.severity === undefined || filter.severity === value.severity) &&
    (filter.wouldBlock !== true || value.would !== undefined);
  return isWanted ? value : "filtered";
}

function isThreat(value: unknown): value is Threat {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return REQUIRED_FIELDS.every((field) => typeof fields[field] === "string");
}
