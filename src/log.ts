/** The operational log: what the monitor itself did, to stderr and `clawsec.log`. */

export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** Takes one line of the operational log. Handed to whoever needs it; nobody looks it up. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
}
