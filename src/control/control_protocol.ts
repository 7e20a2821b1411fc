/**
 * What `clawsec status`, `stop` and `reload` say to a running monitor, and what it answers.
 *
 * One JSON object a line, each way, over the Unix socket in `log_dir`: `{"command":"status"}` →
 * `{"ok":true,"command":"status","status":{…}}`. Values and text only; no I/O here.
 */
import type { SuppressionReport } from "../threats/suppression.ts";
import type { Threat } from "../threats/threat.ts";

/** The longest request line, in bytes. The longest real one has 20. */
export const MAX_REQUEST_BYTES = 1024;

/** The longest answer line, in bytes: five threats of some 600 bytes, counters, and room to grow. */
export const MAX_ANSWER_BYTES = 262_144;

/** What a monitor may be asked. `stop` is answered when draining begins, `reload` when it is done. */
export type ControlCommand = (typeof CONTROL_COMMANDS)[number];

const CONTROL_COMMANDS = ["status", "stop", "reload"] as const;

/** One answer; `error` is a sentence for a person. */
export type ControlAnswer =
  | { readonly ok: true; readonly command: "status"; readonly status: MonitorStatus }
  | { readonly ok: true; readonly command: "stop" }
  /** `ignored`: settings that differ and hold only from the next start on. */
  | { readonly ok: true; readonly command: "reload"; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly error: string };

/** What a running monitor tells of itself. */
export interface MonitorStatus {
  readonly running: true;
  readonly pid: number;
  readonly version: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  /** Where the proxy listens. */
  readonly address: { readonly host: string; readonly port: number };
  readonly mode: "monitor" | "block";
  /** Whether TLS inside CONNECT is decrypted. */
  readonly mitm: boolean;
  readonly counters: MonitorCounters;
  /** Newest first, at most five. */
  readonly lastThreats: readonly Threat[];
  /** Of the hosts of which most went by unscanned, at most 20. */
  readonly coverage: readonly ({ readonly host: string } & Readonly<HostCounts>)[];
  /** How each entry of `suppress` does, in their order. */
  readonly suppressions: readonly SuppressionReport[];
}

/** What was seen of one host. */
export interface HostCounts {
  /** Tunnels that were decrypted, and those that were not. */
  readonly intercepted: number;
  readonly tunnelled: number;
  /** Bodies of which something could not be decoded. */
  readonly undecodable: number;
  readonly scannedBytes: number;
  readonly unscannedBytes: number;
}

/** Counted since the start, except where it says otherwise. */
export interface MonitorCounters {
  readonly connections: number;
  /** Open now. */
  readonly activeConnections: number;
  readonly requests: number;
  /** Tunnels that were decrypted. */
  readonly intercepted: number;
  /** Tunnels that were not. */
  readonly tunnelled: number;
  /** Written to `threats.jsonl`. */
  readonly threats: number;
  /** Not written, because the same was written within the window. */
  readonly suppressed: number;
  /** Requests and answers that were stopped (`mode: "block"`). */
  readonly blocked: number;
  /** Findings that `suppress` names as harmless. */
  readonly suppressedFindings: number;
  /** Bodies whose coding could not be undone, so that they were scanned as they were. */
  readonly undecodable: number;
  /** Lines of `requests.jsonl` given up under load. */
  readonly droppedRequestRecords: number;
  readonly workerRestarts: number;
  /** To origins. */
  readonly bytesOut: number;
  /** From origins. */
  readonly bytesIn: number;
  readonly scannedBytes: number;
  readonly unscannedBytes: number;
}

/** Reads one request line. Undefined: it is none. */
export function parseControlRequest(line: string): ControlCommand | undefined {
  const command = parseObject(line)?.command;
  return CONTROL_COMMANDS.find((known) => known === command);
}

/** Reads one answer line. Undefined: it is none, or not one to `command`. */
export function parseControlAnswer(
  line: string,
  command: ControlCommand,
): ControlAnswer | undefined {
  const answer = parseObject(line);
  if (answer?.ok === false && typeof answer.error === "string") {
    return { ok: false, error: answer.error };
  }
  if (answer?.ok !== true || answer.command !== command) return undefined;
  if (command === "stop") return { ok: true, command };
  if (command === "reload") {
    const { ignored } = answer;
    return { ok: true, command, ignored: Array.isArray(ignored) ? ignored.map(String) : [] };
  }
  // Fields are believed: the socket is in a directory that only we can write to.
  const status = answer.status as MonitorStatus | undefined;
  return typeof status === "object" && status !== null ? { ok: true, command, status } : undefined;
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? value as Readonly<Record<string, unknown>>
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
