/**
 * stdout and stderr, as commands see them. The one door to both; commands are handed a `Terminal`,
 * so that a test can read what they print.
 */
import { sanitizeControlSequences } from "@logtape/logtape";

/** Where a command prints. Texts bring their own line feeds. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Everything else: errors, hints, the log. */
  err(text: string): void;
}

/** Whoever read our output has gone (`clawsec threats | head -1`): nothing is left to do. */
export class OutputClosedError extends Error {
  override readonly name = "OutputClosedError";
}

/** The terminal of this process. */
export const PROCESS_TERMINAL: Terminal = {
  /** @throws {OutputClosedError} */
  out(text) {
    try {
      writeAll(Deno.stdout, text);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      throw new OutputClosedError("Cannot write output: its reader is gone", { cause: error });
    }
  },
  err(text) {
    try {
      writeAll(Deno.stderr, text);
    } catch {
      // Nobody reads it any more, and there is nowhere to say so. A proxy goes on without.
    }
  },
};

/** Makes text from elsewhere (a log, a file, an error) safe to print as one line. */
export function printable(text: string): string {
  return sanitizeControlSequences(text, { newlines: "escape", sgr: "escape" });
}

function writeAll(stream: typeof Deno.stdout, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
}
