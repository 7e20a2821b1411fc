/**
 * `clawsec scan --lines FIELD`: one field of each line of a JSONL file, scanned as a message of its own →
 * one JSON object a line. How detection is measured on labelled corpora.
 */
import type { Finding } from "../scan/finding.ts";
import { CommandError } from "./command_error.ts";
import { readChunks } from "./input_files.ts";
import type { OfflineScanner } from "./offline_scanner.ts";
import type { Terminal } from "./terminal.ts";

/** What is scanned and where results go. */
export interface ScanLinesOptions {
  /** Name of the field that holds the text. */
  readonly field: string;
  readonly scanner: OfflineScanner;
  readonly terminal: Terminal;
}

/** One line of results: `id` is the input's, or the number of the line. */
interface LineResult {
  readonly id: unknown;
  readonly findings: readonly {
    readonly pattern: string;
    readonly severity: string;
    readonly location: string;
    readonly encoding?: string;
  }[];
}

/**
 * Scans each line and prints its result; empty lines are skipped.
 *
 * @returns how many findings are more than `info`
 * @throws {CommandError} for a line that is no JSON object with such a field; what came before is printed
 */
export async function scanLines(path: string, options: ScanLinesOptions): Promise<number> {
  const { field, scanner, terminal } = options;
  let number = 0;
  let alarms = 0;
  for await (const line of textLines(path)) {
    number++;
    if (line.trim() === "") continue;
    const { id, text } = readLine(line, { field, place: `${path}:${number}` });
    const { findings } = await scanner.scanBody([new TextEncoder().encode(text)]);
    alarms += findings.filter(({ severity }) => severity !== "info").length;
    const result: LineResult = { id: id ?? number, findings: findings.map(briefly) };
    terminal.out(`${JSON.stringify(result)}\n`);
  }
  return alarms;
}

function briefly({ rule, severity, part, encoding }: Finding): LineResult["findings"][number] {
  return {
    pattern: rule.pattern,
    severity,
    location: part ?? "body",
    ...(encoding === undefined ? {} : { encoding }),
  };
}

function readLine(
  line: string,
  { field, place }: { readonly field: string; readonly place: string },
): { readonly id: unknown; readonly text: string } {
  const cannot = (state: string, cause?: unknown) =>
    new CommandError(`Cannot scan "${place}": ${state}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw cannot("it is no JSON", error);
  }
  if (typeof value !== "object" || value === null) throw cannot("it is no JSON object");
  const record = value as Readonly<Record<string, unknown>>;
  const text = record[field];
  if (typeof text !== "string") throw cannot(`field "${field}" is no text`);
  return { id: record.id, text };
}

async function* textLines(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of readChunks(path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
