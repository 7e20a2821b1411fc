/** What one check of `clawsec doctor` came to, and how a list of them is printed. Pure. */

/** `warning` is what a person should know and may want. */
export interface Diagnosis {
  /** What was checked, in one or two words. */
  readonly check: string;
  readonly state: "ok" | "warning" | "failure";
  /** What was found. */
  readonly text: string;
  /** How to mend it; absent where nothing is to be mended. */
  readonly remedy?: string;
}

const MARKS: Readonly<Record<Diagnosis["state"], string>> = {
  ok: "ok",
  warning: "warning",
  failure: "FAILURE",
};

/** Writes each on one line, and its remedy on the next; with line feeds. */
export function diagnosisText(diagnoses: readonly Diagnosis[]): string {
  return diagnoses.map(({ check, state, text, remedy }) =>
    `${MARKS[state].padEnd(8)} ${check}: ${text}\n` +
    (remedy === undefined ? "" : `         to mend it: ${remedy}\n`)
  ).join("");
}
