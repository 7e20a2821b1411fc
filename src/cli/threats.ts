/** `clawsec threats`: what was logged, newest first, one JSON object a line. */
import { join } from "node:path";
import { followThreats } from "../threats/follow_threats.ts";
import { readThreats } from "../threats/read_threats.ts";
import type { ThreatFilter } from "../threats/threat_filter.ts";
import { ExitSignals } from "./exit_signals.ts";
import { loadConfig } from "./load_config.ts";
import type { CommandOf } from "./parse_args.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Prints the threats that pass the options. With `--follow`, prints the last ones oldest first, as
 * `tail -f` does, and goes on with each new one until the process is asked to end.
 */
export async function threats(command: CommandOf<"threats">, terminal: Terminal): Promise<void> {
  const { logDir } = await loadConfig({ path: command.config });
  const path = join(logDir, "threats.jsonl");
  const { pattern, direction, severity, limit } = command;
  const filter: ThreatFilter = {
    ...(pattern !== undefined && { pattern }),
    ...(direction !== undefined && { direction }),
    ...(severity !== undefined && { severity }),
    wouldBlock: command.wouldBlock,
  };
  if (command.follow) return await follow(path, { ...filter, limit }, terminal);
  const { threats, skipped } = await readThreats(path, { ...filter, limit });
  for (const threat of threats) terminal.out(`${JSON.stringify(threat)}\n`);
  if (skipped > 0) terminal.err(`${skipped} damaged lines were skipped\n`);
}

async function follow(
  path: string,
  options: ThreatFilter & { readonly limit: number },
  terminal: Terminal,
): Promise<void> {
  const ended = new AbortController();
  using _signals = new ExitSignals(() => ended.abort());
  // Followed first and read second, so that none is lost; one seen both ways is printed once.
  const following = followThreats(path, { ...options, signal: ended.signal });
  const { threats } = await readThreats(path, options);
  const lines = threats.map((threat) => JSON.stringify(threat)).reverse();
  for (const line of lines) terminal.out(`${line}\n`);
  const printed = new Set(lines);
  for await (const threat of following) {
    const line = JSON.stringify(threat);
    if (!printed.delete(line)) terminal.out(`${line}\n`);
  }
}
