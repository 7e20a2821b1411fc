/**
 * `clawsec scan`: the rules of the proxy over a file or standard input, to see what they would find.
 *
 * Prints findings as JSON lines, masked as in the threat log. Where a credential belongs (`homes`)
 * is a question of traffic and is not asked here.
 */
import { ALL_RULES } from "../rules/all_rules.ts";
import type { Finding } from "../scan/finding.ts";
import { createMessageScanner } from "../scan/message_scanner.ts";
import type { Direction } from "../scan/rule.ts";
import { compileRules } from "../scan/rule_set.ts";
import { Redactor } from "../threats/redact.ts";
import { CommandError } from "./command_error.ts";
import { loadConfig } from "./load_config.ts";
import type { CommandOf } from "./parse_args.ts";
import type { Terminal } from "./terminal.ts";

/** Of the fingerprints' key, which are not printed: they would be others at each run. */
const KEY_BYTES = 32;

/**
 * Scans to the end and prints each finding as it is made.
 *
 * @throws {CommandError} if the file cannot be read.
 */
export async function scan(command: CommandOf<"scan">, terminal: Terminal): Promise<void> {
  const { maxScanBytes } = await loadConfig({ path: command.config });
  const ruleSet = compileRules(ALL_RULES);
  const redactor = new Redactor({
    fingerprintKey: crypto.getRandomValues(new Uint8Array(KEY_BYTES)),
    rules: ALL_RULES,
  });
  const directions: readonly Direction[] = command.direction === undefined
    ? ["outbound", "inbound"]
    : [command.direction];
  const scanners = directions.map((direction) => ({
    direction,
    scanner: createMessageScanner(ruleSet, { direction, maxScanBytes }),
  }));
  let byteCount = 0;
  let findingCount = 0;

  function print(direction: Direction, findings: readonly Finding[]): void {
    // A rule for both directions is found by both scanners.
    const wanted = findings.filter(({ rule }) =>
      direction === directions.find((one) => rule.directions.includes(one))
    );
    for (const finding of wanted) {
      terminal.out(`${JSON.stringify(findingRecord(finding, command.file, redactor))}\n`);
    }
    findingCount += wanted.length;
  }

  for await (const bytes of readChunks(command.file)) {
    byteCount += bytes.length;
    for (const { direction, scanner } of scanners) print(direction, await scanner.push(bytes));
  }
  for (const { direction, scanner } of scanners) {
    print(direction, await scanner.end());
    if (scanner.undecodable !== undefined) {
      terminal.err(`Not everything was decoded: ${scanner.undecodable}\n`);
    }
    scanner.close();
  }
  terminal.err(`${findingCount} findings in ${byteCount} bytes\n`);
}

function findingRecord(finding: Finding, file: string, redactor: Redactor) {
  const { rule, severity, start, end, encoding, part } = finding;
  return {
    file,
    start,
    end,
    threat_type: rule.type,
    pattern: rule.pattern,
    rule: rule.id,
    severity,
    directions: rule.directions,
    snippet: redactor.snippet(finding),
    encoding,
    part,
  };
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  if (path === "-") return yield* Deno.stdin.readable;
  try {
    const file = await Deno.open(path);
    yield* file.readable;
  } catch (error) {
    const state = error instanceof Deno.errors.NotFound
      ? "no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "not allowed to read it"
      : error instanceof Deno.errors.IsADirectory
      ? "it is a directory, must be a file"
      : undefined;
    if (state === undefined) throw error;
    throw new CommandError(`Cannot scan "${path}": ${state}`, { cause: error });
  }
}
