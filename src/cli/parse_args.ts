/**
 * Words of the command line → what was asked for, typed. Pure: prints nothing, reads nothing, ends
 * nothing. Values that are settings (`--port`) stay text: `resolveConfig()` checks them, with the
 * same words as for a file.
 */
import { object, or } from "@optique/core/constructs";
import { runParser } from "@optique/core/facade";
import { formatMessage, type Message, message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { argument, command, constant, option } from "@optique/core/primitives";
import { choice, integer, string } from "@optique/core/valueparser";
import type { FlagSetting } from "../config.ts";
import { SEVERITIES } from "../scan/rule.ts";

/** Threats that `threats` shows unless told otherwise. */
const DEFAULT_LIMIT = 50;
const HELP_WIDTH = 100;

/** A command with its options. */
export type Command = ReturnType<typeof parseCommand>;

/** The command of one kind: `CommandOf<"start">`. */
export type CommandOf<Kind extends Command["kind"]> = Extract<Command, { readonly kind: Kind }>;

/** What the words mean. */
export type ParsedArgs =
  | { readonly kind: "command"; readonly command: Command }
  /** Help, a version, a completion script: printed, and done. */
  | { readonly kind: "text"; readonly text: string }
  /** Wrong use, and what is wrong in one sentence without a full stop. */
  | { readonly kind: "wrong"; readonly reason: string };

/** Thrown to leave optique, which knows only values and errors. */
class TextShown extends Error {}
class WrongUse extends Error {}

/** What every command takes. */
const COMMON = {
  config: optional(
    option("--config", string({ metavar: "FILE" }), {
      description: message`Read settings from this JSONC file (also CLAWSEC_CONFIG)`,
    }),
  ),
};

const JSON_OPTION = option("--json", { description: message`Print JSON` });

const START = object({
  ...COMMON,
  kind: constant("start"),
  noMitm: option("--no-mitm", { description: message`Tunnel HTTPS without decrypting it` }),
  host: optional(
    option("--host", string({ metavar: "HOST" }), { description: message`Listen on this address` }),
  ),
  port: optional(
    option("--port", string({ metavar: "PORT" }), {
      description: message`Listen on this port; 0 takes a free one`,
    }),
  ),
  mode: optional(
    option("--mode", choice(["monitor", "block"], { metavar: "MODE" }), {
      description: message`Log threats (monitor), or stop them too (block)`,
    }),
  ),
});

const THREATS = object({
  ...COMMON,
  kind: constant("threats"),
  limit: withDefault(
    option("--limit", integer({ min: 0, metavar: "N" }), {
      description: message`Print at most N, 50 unless said otherwise`,
    }),
    DEFAULT_LIMIT,
  ),
  follow: option("--follow", { description: message`Go on with new ones as they are logged` }),
  pattern: optional(
    option("--pattern", string({ metavar: "PATTERN" }), {
      description: message`Only this pattern, such as ai_api_key`,
    }),
  ),
  direction: optional(
    option("--direction", choice(["outbound", "inbound"], { metavar: "DIRECTION" }), {
      description: message`Only outbound (from the agent) or inbound`,
    }),
  ),
  severity: optional(
    option("--severity", choice(SEVERITIES, { metavar: "SEVERITY" }), {
      description: message`Only this severity: info, low, medium, high, critical`,
    }),
  ),
  wouldBlock: option("--would-block", {
    description: message`Only what mode block would have stopped`,
  }),
});

const CA = object({
  ...COMMON,
  kind: constant("ca"),
  show: or(
    option("--path", { description: message`Print only the certificate's path` })
      .map(() => "path" as const),
    option("--trust", { description: message`Print how each system and runtime comes to trust it` })
      .map(() => "trust" as const),
    constant("summary"),
  ),
});

const ENV = object({
  ...COMMON,
  kind: constant("env"),
  agent: withDefault(
    option("--agent", string({ metavar: "NAME" }), {
      description:
        message`What threats call this agent, where proxy_token is set; "agent" if not given`,
    }),
    "agent",
  ),
  format: or(
    option("--shell", choice(["sh", "fish", "powershell"], { metavar: "SHELL" }), {
      description: message`Write for this shell: sh (the default), fish, powershell`,
    }),
    option("--json", { description: message`Print JSON` }).map(() => "json" as const),
    option("--docker", { description: message`Print arguments of docker run` })
      .map(() => "docker" as const),
    constant("sh"),
  ),
});

const SCAN = object({
  ...COMMON,
  kind: constant("scan"),
  json: JSON_OPTION,
  direction: optional(
    option("--direction", choice(["outbound", "inbound"], { metavar: "DIRECTION" }), {
      description: message`Only with the rules of this direction`,
    }),
  ),
  lines: optional(
    option("--lines", string({ metavar: "FIELD" }), {
      description:
        message`Scan this field of each line of a JSONL file, and print one JSON object a line`,
    }),
  ),
  file: argument(string({ metavar: "FILE" }), {
    description: message`File (text or HAR) or directory to scan; - is standard input`,
  }),
});

const RULES = object({
  ...COMMON,
  kind: constant("rules"),
  json: JSON_OPTION,
  schema: option("--schema", { description: message`Print the JSON Schema of a rules_file` }),
  rule: optional(
    argument(string({ metavar: "ID" }), {
      description: message`Explain this rule, or those with this pattern`,
    }),
  ),
});

const DOCTOR = object({
  ...COMMON,
  kind: constant("doctor"),
  json: JSON_OPTION,
  shellEnv: optional(
    option("--shell-env", string({ metavar: "FILE" }), {
      description:
        message`Check these variables, as env prints them, in place of this shell's; - is standard input`,
    }),
  ),
});

const PARSER = or(
  command("start", START, { brief: message`Start the proxy in the foreground` }),
  command("stop", object({ ...COMMON, kind: constant("stop") }), {
    brief: message`Stop the running proxy, after what is in flight`,
  }),
  command("reload", object({ ...COMMON, kind: constant("reload") }), {
    brief: message`Have the running proxy read its configuration again, as SIGHUP does`,
  }),
  command("status", object({ ...COMMON, kind: constant("status"), json: JSON_OPTION }), {
    brief: message`Say whether it runs, its counters and the last threats`,
  }),
  command("health", object({ ...COMMON, kind: constant("health") }), {
    brief: message`Make the proxy answer a request: the health check of a container`,
  }),
  command("doctor", DOCTOR, {
    brief: message`Check port, rights, CA and this shell, and say how to mend what is wrong`,
  }),
  command("threats", THREATS, {
    brief: message`Print logged threats, newest first, as JSON lines`,
  }),
  command("ca", CA, { brief: message`Say where the CA certificate is and how to trust it` }),
  command("env", ENV, { brief: message`Print the variables that point an agent at the proxy` }),
  command("scan", SCAN, {
    brief: message`Scan files with every rule; exit code 3 if something was found`,
  }),
  command("rules", RULES, { brief: message`List the detection rules, or explain one` }),
);

/** Parses the words after the program's name. */
export function parseArgs(args: readonly string[], version: string): ParsedArgs {
  let text = "";
  try {
    return { kind: "command", command: parseCommand(args, version, (line) => text += `${line}\n`) };
  } catch (error) {
    if (error instanceof TextShown) return { kind: "text", text: `${text.trimEnd()}\n` };
    if (!(error instanceof WrongUse)) throw error;
    return { kind: "wrong", reason: error.message };
  }
}

function parseCommand(args: readonly string[], version: string, print: (line: string) => void) {
  const onShow = (): never => {
    throw new TextShown();
  };
  return runParser(PARSER, "clawsec", args, {
    colors: false,
    maxWidth: HELP_WIDTH,
    aboveError: "none",
    help: { command: true, option: true, onShow },
    version: { value: version, option: true, onShow },
    completion: { command: true, onShow },
    brief: message`Watches what AI agents send and receive, and catches secrets and injections`,
    stdout: print,
    stderr: () => undefined,
    onError: (_code: number, reason: Message): never => {
      throw new WrongUse(oneSentence(reason));
    },
  });
}

/** Optique puts suggestions into paragraphs of their own. */
function oneSentence(reason: Message): string {
  return formatMessage(reason, { quotes: true }).replace(/\.?\s*\n+\s*/g, "; ").replace(/\.$/, "");
}

/** The settings among the options of `start`. */
export function settingsOf(command: CommandOf<"start">): readonly FlagSetting[] {
  const { host, port, mode, noMitm } = command;
  const settings: FlagSetting[] = [];
  if (host !== undefined) settings.push({ key: "proxy_host", flag: "--host", text: host });
  if (port !== undefined) settings.push({ key: "proxy_port", flag: "--port", text: port });
  if (mode !== undefined) settings.push({ key: "mode", flag: "--mode", text: mode });
  if (noMitm) settings.push({ key: "enable_mitm", flag: "--no-mitm", text: "false" });
  return settings;
}
