/**
 * `clawsec scan`: the proxy's rules over files, directories or standard input.
 *
 * What is found is masked as in the threat log. Text is one message; a HAR archive is taken apart into
 * its requests and answers, and what it sends home is `info` as under way.
 */
import type { Finding } from "../scan/finding.ts";
import { gradeForDestination } from "../scan/homes.ts";
import type { Rule, Severity } from "../scan/rule.ts";
import { Redactor } from "../threats/redact.ts";
import { CommandError } from "./command_error.ts";
import { type HarMessage, harMessages, looksLikeHar } from "./har_messages.ts";
import { inputFiles, readChunks } from "./input_files.ts";
import { LineCounter } from "./line_counter.ts";
import { loadSettings } from "./load_settings.ts";
import { OfflineScanner } from "./offline_scanner.ts";
import type { CommandOf } from "./parse_args.ts";
import { scanLines } from "./scan_lines.ts";
import { printable, type Terminal } from "./terminal.ts";

/** Of the fingerprints' key, which are not printed: they would be others at each run. */
const KEY_BYTES = 32;
/** An archive is parsed as a whole. */
const MAX_HAR_BYTES = 268_435_456;

/** What a scan may be given besides its command. */
export interface ScanCommandOptions {
  /** @default {those that the configuration names} */
  readonly rules?: readonly Rule[];
}

/** What a scan came to. */
export interface ScanResult {
  /** More than `info` was found, which includes what was only said to be a secret. */
  readonly hasFindings: boolean;
}

/** One finding and where it is. */
interface FoundPlace {
  readonly file: string;
  /** Where a text has lines; from 1. */
  readonly line?: number;
  /** `body`, `entries[0].request.header:cookie`. */
  readonly location: string;
  readonly severity: Severity;
}

/**
 * Scans and prints each finding: as a table, with `--json` as one object a line, with `--lines` as one object
 * for each line of input.
 *
 * @throws {CommandError} if something cannot be read; what could be was scanned
 * @throws {ConfigError} for a mistake in the configuration
 */
export async function scan(
  command: CommandOf<"scan">,
  terminal: Terminal,
  options: ScanCommandOptions = {},
): Promise<ScanResult> {
  const settings = await loadSettings({ path: command.config });
  const { maxScanBytes, homes } = settings.config;
  const rules = options.rules ?? await settings.rules();
  const { direction, lines } = command;
  const scanner = new OfflineScanner({ rules, direction, maxScanBytes });
  if (lines !== undefined) {
    const count = await scanLines(command.file, { field: lines, scanner, terminal });
    return { hasFindings: count > 0 };
  }
  const fingerprintKey = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const report = new Report(command, terminal, new Redactor({ fingerprintKey, rules }));
  for await (const file of inputFiles(command.file)) {
    try {
      await scanFile(file, { scanner, report, homes, direction });
    } catch (error) {
      if (!(error instanceof CommandError) || file === command.file) throw error;
      report.fail(error);
    }
  }
  report.close();
  return { hasFindings: report.alarms > 0 };
}

interface FileContext {
  readonly scanner: OfflineScanner;
  readonly report: Report;
  readonly homes: Readonly<Record<string, readonly string[]>>;
  readonly direction: CommandOf<"scan">["direction"];
}

async function scanFile(file: string, context: FileContext): Promise<void> {
  const chunks = readChunks(file);
  const first = await chunks.next();
  const head = first.done ? new Uint8Array(0) : first.value;
  if (looksLikeHar(new TextDecoder().decode(head.subarray(0, 256)))) {
    return await scanHar(file, await textOf(file, head, chunks), context);
  }
  const lineCounter = new LineCounter();
  const { report } = context;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of joined(head, chunks)) {
      report.bytes += chunk.length;
      lineCounter.push(chunk);
      yield chunk;
    }
  }
  const { findings, undecodable } = await context.scanner.scanBody(counted());
  for (const finding of findings) {
    const line = lineCounter.lineAt(finding.start);
    const location = finding.part ?? "body";
    report.add(finding, { file, line, location, severity: finding.severity });
  }
  if (undecodable !== undefined) report.note(`Not all of "${file}" was decoded: ${undecodable}`);
}

async function scanHar(file: string, text: string, context: FileContext): Promise<void> {
  let messages: readonly HarMessage[];
  try {
    messages = harMessages(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandError(`Cannot scan "${file}": it is no HAR archive, ${error.message}`, {
      cause: error,
    });
  }
  const { scanner, report, homes, direction } = context;
  report.bytes += text.length;
  for (const message of messages) {
    if (direction !== undefined && message.direction !== direction) continue;
    const findings = message.kind === "head"
      ? scanner.scanHead(message)
      : (await scanner.scanBody([message.bytes], message)).findings;
    for (const finding of findings) {
      const location = finding.part ?? "body";
      const severity = message.direction === "outbound"
        ? gradeForDestination(finding, { host: message.host, location, homes })
        : finding.severity;
      report.add(finding, { file, location: `${message.place}.${location}`, severity });
    }
  }
}

async function textOf(
  file: string,
  head: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of joined(head, rest)) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_HAR_BYTES) {
      throw new CommandError(
        `Cannot scan "${file}": it is an archive of more than ${MAX_HAR_BYTES} bytes, split it`,
      );
    }
  }
  return text + decoder.decode();
}

async function* joined(
  head: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

/** Prints findings and counts them. */
class Report {
  bytes = 0;
  /** Findings that are more than `info`. */
  alarms = 0;
  #count = 0;
  #failures = 0;
  readonly #format: "table" | "json";
  readonly #terminal: Terminal;
  readonly #redactor: Redactor;

  constructor({ json }: CommandOf<"scan">, terminal: Terminal, redactor: Redactor) {
    this.#format = json ? "json" : "table";
    this.#terminal = terminal;
    this.#redactor = redactor;
  }

  add(finding: Finding, place: FoundPlace): void {
    const snippet = this.#redactor.snippet(finding);
    const line = this.#format === "json"
      ? JSON.stringify(findingRecord(finding, place, snippet))
      : findingRow(finding, place, snippet);
    if (this.#format === "table" && this.#count === 0) {
      this.#terminal.out(row("SEVERITY", "PATTERN", "PLACE", "SNIPPET"));
    }
    this.#terminal.out(line + (this.#format === "json" ? "\n" : ""));
    this.#count++;
    if (place.severity !== "info") this.alarms++;
  }

  note(text: string): void {
    this.#terminal.err(`${printable(text)}\n`);
  }

  fail(error: CommandError): void {
    this.#failures++;
    this.note(error.message);
  }

  /** @throws {CommandError} if files could not be read, and nothing else says that all is not well */
  close(): void {
    const { bytes, alarms } = this;
    this.note(`${this.#count} findings, ${alarms} above info, in ${bytes} bytes`);
    if (this.#failures === 0 || alarms > 0) return;
    throw new CommandError(`Cannot scan everything: ${this.#failures} files could not be read`);
  }
}

function findingRecord(finding: Finding, place: FoundPlace, snippet: string) {
  const { rule, start, end, encoding } = finding;
  return {
    file: place.file,
    line: place.line,
    start,
    end,
    threat_type: rule.type,
    pattern: rule.pattern,
    rule: rule.id,
    severity: place.severity,
    location: place.location,
    encoding,
    snippet,
  };
}

function findingRow({ rule, encoding }: Finding, place: FoundPlace, snippet: string): string {
  const { file, line, location, severity } = place;
  const where = line === undefined ? `${file} ${location}` : `${file}:${line}`;
  const how = encoding === undefined ? "" : ` (${encoding})`;
  return row(severity, rule.pattern, `${where}${how}`, snippet);
}

/** Columns are as wide as most of what stands in them; rows are printed as they are made. */
function row(severity: string, pattern: string, where: string, snippet: string): string {
  const cells = [severity.padEnd(8), pattern.padEnd(22), where.padEnd(32), snippet];
  return `${printable(cells.join("  ").trimEnd())}\n`;
}
