/**
 * The words of shell command lines, as regex source shared by the rules about commands.
 *
 * Fragments are bounded and small, so that a rule built of them compiles and runs in linear time.
 * They are no shell parser: quoting is only tolerated, never interpreted. Grammar: POSIX.1-2024,
 * Shell Command Language §2.
 *
 * Commands often stand inside JSON or source strings, so a quote may carry backslashes, and the
 * two bytes `\n` end a line just as a line feed does.
 */

/** A quote as it stands in shell, in JSON, or in JSON within JSON. */
export const QUOTE = String.raw`\\{0,3}["'${"`"}]`;

/**
 * One byte of a command line, pipes included. A backslash before a line feed continues the line;
 * the escape `\n` ends it.
 */
export const LINE_BYTE = String.raw`(?:[^\r\n\\]|\\(?:[^nr]|r(?!\\n)))`;

const BINARY_DIRECTORY = String
  .raw`(?:\/(?:usr\/|system\/)?(?:local\/)?bin\/(?:env |busybox )?|[cC]:\\\S{0,20}\\)?`;

/** Any POSIX or Windows shell by its name, with or without a path. */
export const SHELL = String
  .raw`(?:${BINARY_DIRECTORY}(?:(?:ba|z|da|a|k|mk|pdk|b|c|tc|fi)?sh|cmd(?:\.exe)?|pwsh|powershell(?:\.exe)?)|\$\{?(?:SHELL|BASH)\}?)(?![\w.\/=-])`;

/** An interpreter that runs a program from its standard input when it is given no other. */
export const INTERPRETER = String
  .raw`${BINARY_DIRECTORY}(?:python[23]?(?:\.\d{1,2})?|perl|ruby|node|nodejs|php|lua|bun|tclsh|osascript)(?![\w.\/=])(?=\s{1,3}-(?![\w-])|\s{0,3}(?:$|["'${"`"};&|)}\\\r\n<,]))`;

/** Words that may stand before a command: `sudo -E`, `env A=b`, `xargs -n1`, `A=b`. */
export const COMMAND_PREFIX = String
  .raw`(?:(?:sudo|doas|env|command|exec|nohup|time|nice|xargs|busybox|builtin|setsid|timeout|su|\w{1,20}=)[^|;&\r\n]{0,50}\s)?`;

/** A pipe and what it leads into: a shell or an interpreter that reads its input. */
export const PIPE_INTO_SHELL = String
  .raw`(?<!\|)\|&?\s{0,8}(?:\\\r?\n\s{0,8})?${COMMAND_PREFIX}(?:${QUOTE})?(?:${SHELL}|${INTERPRETER}|(?:source|\.) \/dev\/stdin\b)`;

/** A host name, address, variable or placeholder in the place of a host. */
export const HOST = String
  .raw`(?:[A-Za-z0-9_.:-]{1,80}|\[[0-9A-Fa-f:.]{2,40}\]|[$<{%][\w$<>{}%:-]{1,40})`;

/** The name of a netcat. */
export const NETCAT = String
  .raw`(?:nc|ncat|netcat|cryptcat|pwncat|nc64)(?:\.exe|\.traditional|\.openbsd)?`;
