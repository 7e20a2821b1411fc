/** `clawsec status`: whether the monitor runs, what it has counted, and the last threats. */
import { join } from "node:path";
import { askControl, NotRunningError } from "../control/control_client.ts";
import type { MonitorStatus } from "../control/control_protocol.ts";
import { readThreats } from "../threats/read_threats.ts";
import type { Threat } from "../threats/threat.ts";
import { CommandError } from "./command_error.ts";
import { controlSocketPath } from "./control_socket_path.ts";
import { loadConfig } from "./load_config.ts";
import type { CommandOf } from "./parse_args.ts";
import { printable, type Terminal } from "./terminal.ts";

const LAST_THREATS = 5;

/** A monitor that does not run; its threats are still on the disk. */
export interface StoppedStatus {
  readonly running: false;
  /** Newest first, at most five. */
  readonly lastThreats: readonly Threat[];
}

/**
 * Prints the status and resolves to whether the monitor runs.
 *
 * @throws {CommandError} if the monitor cannot tell, as while it starts.
 */
export async function status(command: CommandOf<"status">, terminal: Terminal): Promise<boolean> {
  const { logDir } = await loadConfig({ path: command.config });
  const found = await monitorStatus(logDir);
  terminal.out(command.json ? `${JSON.stringify(found)}\n` : statusText(found, logDir));
  return found.running;
}

async function monitorStatus(logDir: string): Promise<MonitorStatus | StoppedStatus> {
  try {
    const answer = await askControl(controlSocketPath(logDir), "status");
    if (!answer.ok) throw new CommandError(answer.error);
    if (answer.command === "status") return answer.status;
    throw new TypeError(`Cannot use answer to "${answer.command}": asked for status`);
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
    const { threats } = await readThreats(join(logDir, "threats.jsonl"), { limit: LAST_THREATS });
    return { running: false, lastThreats: threats };
  }
}

/** Writes a status for a person, with line feeds. */
export function statusText(found: MonitorStatus | StoppedStatus, logDir: string): string {
  const lines = found.running ? runningLines(found) : [`ClawSec Monitor does not run on ${logDir}`];
  const threats = found.lastThreats.map(threatLine);
  const more = found.running ? [...coverageLines(found), ...suppressionLines(found)] : [];
  return [...lines, ...more, threats.length === 0 ? "no threats" : "last threats:", ...threats]
    .map((line) => `${printable(line)}\n`)
    .join("");
}

function runningLines(found: MonitorStatus): readonly string[] {
  const { address, counters } = found;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  const decrypted = found.mitm ? "TLS is decrypted" : "TLS is not decrypted";
  const counted: readonly (readonly [string, string])[] = [
    ["connections", `${counters.connections} (${counters.activeConnections} open)`],
    ["requests", String(counters.requests)],
    ["tunnels", `${counters.intercepted} decrypted, ${counters.tunnelled} blind`],
    ["threats", `${counters.threats} (${counters.suppressed} more suppressed)`],
    ["blocked", String(counters.blocked)],
    ["harmless", `${counters.suppressedFindings} findings named by suppress`],
    ["bytes", `${counters.bytesOut} out, ${counters.bytesIn} in`],
    ["scanned", `${counters.scannedBytes} bytes (${counters.unscannedBytes} not)`],
    ["undecodable", `${counters.undecodable} bodies`],
    ["dropped", `${counters.droppedRequestRecords} request records`],
    ["restarts", `${counters.workerRestarts} workers`],
  ];
  return [
    `ClawSec Monitor ${found.version} runs on ${host}:${address.port} (pid ${found.pid})`,
    `since ${found.startedAt}, mode ${found.mode}, ${decrypted}`,
    ...counted.map(([name, value]) => `  ${name.padEnd(12)} ${value}`),
  ];
}

/** Hosts of which something went by unseen; where all was seen there is nothing to tell. */
function coverageLines({ coverage }: MonitorStatus): readonly string[] {
  const unseen = coverage.filter((host) =>
    host.tunnelled + host.undecodable + host.unscannedBytes > 0
  );
  if (unseen.length === 0) return [];
  return [
    "not all was seen of:",
    ...unseen.map((host) =>
      `  ${host.host}: ${host.tunnelled} blind and ${host.intercepted} decrypted tunnels, ` +
      `${host.undecodable} undecodable bodies, ${host.scannedBytes} bytes scanned and ` +
      `${host.unscannedBytes} not`
    ),
  ];
}

/** Entries of `suppress` that do nothing, or no more: they hide what comes next. */
function suppressionLines({ suppressions }: MonitorStatus): readonly string[] {
  const idle = suppressions.flatMap(({ suppression, state, hits }, index) => {
    if (state === "used") return [];
    const { pattern, dest, location, fingerprint, until, reason } = suppression;
    const what = [pattern, dest, location, fingerprint].filter((part) => part !== undefined);
    const why = state === "expired" ? `ended after ${until}` : "has never matched";
    return [`  suppress[${index}] ${what.join(" ")} (${reason}) ${why}, ${hits} findings`];
  });
  return idle.length === 0 ? [] : ["suppressions that do nothing:", ...idle];
}

function threatLine(threat: Threat): string {
  const { timestamp, severity, pattern, direction, dest, snippet } = threat;
  return `  ${timestamp} ${severity} ${pattern} ${direction} ${dest} ${snippet}`;
}
