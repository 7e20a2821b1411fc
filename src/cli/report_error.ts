/**
 * An error that a command ended with → what is printed and the exit code. Pure.
 *
 * A person's mistake, and whatever the machine refuses, is one line: what, where, what to do. Anything
 * else is a mistake of this program, and says so with its stack.
 */
import { CaError } from "../ca/ca_error.ts";
import { ConfigError } from "../config.ts";
import { NotRunningError } from "../control/control_client.ts";
import { AlreadyRunningError } from "../control/control_server.ts";
import { CommandError } from "./command_error.ts";
import { OutputClosedError, printable } from "./terminal.ts";

/** 0 done · 1 it could not be done · 2 wrong use or wrong configuration · 3 `scan` found something. */
export type ExitCode = 0 | 1 | 2 | 3;

/** What is printed to stderr, with its line feed, and how the process ends. */
export interface ErrorReport {
  readonly text: string;
  readonly exitCode: ExitCode;
}

/** Deno's words for a right that was not given: `Requires net access to "…", run again with …`. */
const NOT_CAPABLE_REGEXP = /^Requires (?<kind>\w+) access(?: to (?<what>.*?))?, run again with/;

/** Describes `error`, which ended the command named `command`. */
export function reportError(error: unknown, command: string): ErrorReport {
  if (error instanceof OutputClosedError) return { text: "", exitCode: 0 };
  if (error instanceof ConfigError) return oneLine(error.message, 2);
  if (isOneOf(error, [CommandError, CaError, NotRunningError, AlreadyRunningError])) {
    return oneLine(error.message, 1);
  }
  if (error instanceof Deno.errors.NotCapable) {
    return oneLine(`Cannot run "${command}": ${missingRight(error.message)}`, 1);
  }
  if (isWrittenForPeople(error)) return oneLine(error.message, 1);
  if (isSystemError(error)) return oneLine(`Cannot run "${command}": ${error.message}`, 1);
  const stack = error instanceof Error ? error.stack ?? String(error) : String(error);
  return {
    text: `Cannot run "${command}": this is a bug in ClawSec Monitor, please report it\n` +
      `${stack.split("\n").map(printable).join("\n")}\n`,
    exitCode: 1,
  };
}

function oneLine(message: string, exitCode: ExitCode): ErrorReport {
  return { text: `${printable(message)}\n`, exitCode };
}

/** Names the flag that gives the right. Where Deno's words are others, they are passed on. */
function missingRight(message: string): string {
  const { kind, what } = NOT_CAPABLE_REGEXP.exec(message)?.groups ?? {};
  if (kind === undefined) return message;
  const name = what?.match(/^"(.*)"$/)?.[1];
  // One variable at a time would be asked for otherwise.
  const scope = kind === "env" && name?.startsWith("CLAWSEC_") ? "CLAWSEC_*" : name;
  const flag = scope === undefined ? `--allow-${kind}` : `--allow-${kind}=${scope}`;
  return `it has no ${kind} access to ${what ?? "anything"}, add ${flag} to the flags of deno`;
}

/** Errors of no kind of their own that say what could not be done, and why: a damaged key file. */
function isWrittenForPeople(error: unknown): error is Error {
  return error instanceof Error && error.constructor === Error &&
    /^Cannot [a-z][^\n]*: [^\n]+$/.test(error.message);
}

/** What the operating system or a deadline refused: a full disk, a file of another user. */
function isSystemError(error: unknown): error is Error {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}

function isOneOf(
  error: unknown,
  kinds: readonly (new (message?: string) => Error)[],
): error is Error {
  return kinds.some((kind) => error instanceof kind);
}
