/** What is done about a finding: a pure function of its label, its severity and the settings. */
import type { PolicyAction } from "../config.ts";
import { SEVERITIES, type Severity } from "../scan/rule.ts";

/** The settings that bear on it. */
export interface PolicyOptions {
  readonly mode: "monitor" | "block";
  /** Findings of this severity and worse are blocked. */
  readonly blockSeverity: Severity;
  /** By pattern label, or by severity; the label wins. */
  readonly actions: Readonly<Record<string, PolicyAction>>;
}

/** What is known of a finding. */
export interface Graded {
  readonly pattern: string;
  /** After homes were considered. */
  readonly severity: Severity;
}

/**
 * Says what the settings ask for, whatever the mode. `info` is never more than logged: it is what a
 * credential on its way home has, and a placeholder.
 */
export function wantedAction({ pattern, severity }: Graded, options: PolicyOptions): PolicyAction {
  if (severity === "info") return "log";
  // Own keys only: a rule of the user's may be called `constructor`.
  const name = [pattern, severity].find((name) => Object.hasOwn(options.actions, name));
  const named = name === undefined ? undefined : options.actions[name];
  if (named !== undefined) return named;
  const isBad = SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(options.blockSeverity);
  return isBad ? "block" : "log";
}

/** Says what is done: in monitor mode, nothing but logging. */
export function takenAction(graded: Graded, options: PolicyOptions): PolicyAction {
  return options.mode === "block" ? wantedAction(graded, options) : "log";
}
