/** Any text → one word of a shell's command line, quoted so that the shell changes nothing in it. */

/** Shells that `clawsec env` writes for. `sh` is any POSIX shell. */
export type Shell = "sh" | "fish" | "powershell";

/**
 * Quotes `text` for `shell`. Line feeds are kept; NUL, which no variable can hold, is refused.
 *
 * @throws {RangeError} if `text` holds NUL.
 */
export function quoteWord(text: string, shell: Shell): string {
  if (text.includes("\0")) throw new RangeError('Cannot quote "\\0": no shell word can hold it');
  switch (shell) {
    case "sh":
      // POSIX.1-2024, Shell Command Language §2.2.2: nothing is special between single quotes.
      return `'${text.replaceAll("'", `'\\''`)}'`;
    case "fish":
      // Between single quotes, fish still reads \\ and \'.
      return `'${text.replace(/[\\']/g, "\\$&")}'`;
    case "powershell":
      // A single quote is doubled; PowerShell takes the typographic ones for it as well.
      return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
    default:
      return shell satisfies never;
  }
}
