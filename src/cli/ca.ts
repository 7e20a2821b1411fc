/** `clawsec ca`: where the CA's certificate is, which one it is, and how to trust it. */
import { join } from "node:path";
import { decodePem } from "../ca/pem.ts";
import { readCertificate } from "../ca/read_certificate.ts";
import { CommandError } from "./command_error.ts";
import { invocation } from "./invocation.ts";
import { loadConfig } from "./load_config.ts";
import type { CommandOf } from "./parse_args.ts";
import type { Terminal } from "./terminal.ts";
import { trustInstructions } from "./trust_instructions.ts";

/**
 * Prints the path alone, the instructions, or a summary.
 *
 * @throws {CommandError} if there is no certificate yet, or it is damaged.
 */
export async function ca(command: CommandOf<"ca">, terminal: Terminal): Promise<void> {
  const { logDir } = await loadConfig({ path: command.config });
  const path = join(logDir, "ca.crt");
  const summary = await describe(path);
  switch (command.show) {
    case "path":
      return terminal.out(`${path}\n`);
    case "trust":
      return terminal.out(trustInstructions(path, invocation("env")));
    case "summary":
      return terminal.out(`${summary}how to trust it: ${invocation("ca --trust")}\n`);
    default:
      return command.show satisfies never;
  }
}

async function describe(path: string): Promise<string> {
  const pem = await readPem(path);
  try {
    const der = decodePem(pem, "CERTIFICATE");
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", der));
    const fingerprint = digest.toHex().toUpperCase().replace(/..(?=.)/g, "$&:");
    const notAfter = new Date(readCertificate(der).notAfterMs).toISOString();
    return `certificate: ${path}\nSHA-256: ${fingerprint}\nvalid until: ${notAfter}\n`;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandError(`Cannot read CA "${path}": it is damaged, restore it`, {
      cause: error,
    });
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CommandError(
      `Cannot find CA "${path}": it is made by the first ${invocation("start")}`,
      { cause: error },
    );
  }
}
