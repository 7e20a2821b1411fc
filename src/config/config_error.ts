/** A mistake in the configuration, as told to the person who made it. */

/** A found value is quoted in messages up to this many characters. */
const MAX_QUOTED_CHARS = 60;

/** A person's mistake in a flag, a variable or the file. The program ends with exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Makes text from a configuration one short line, to stand in a message. */
export function quoteText(text: string): string {
  const oneLine = text.replace(/\s+/g, " ");
  return oneLine.length <= MAX_QUOTED_CHARS ? oneLine : `${oneLine.slice(0, MAX_QUOTED_CHARS)}…`;
}
