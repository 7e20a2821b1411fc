/**
 * What `clawsec status` and `clawsec stop` say to a running monitor, and what it answers.
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

/** What a monitor may be asked. `stop` is answered when draining begins. */
export type ControlCommand = "status" | "stop";

/** One answer; `error` is a sentence for a person. */
export type ControlAnswer =
  | { readonly ok: true; readonly command: "status"; readonly status: MonitorStatus }
  | { readonly ok: true; readonly command: "stop" }
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
  /** How each entry of `suppress` does, in their order. */
  readonly suppressions: readonly SuppressionReport[];
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
  return command === "status" || command === "stop" ? command : undefined;
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
