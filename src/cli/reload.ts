/** `clawsec reload`: has the running monitor read its configuration again, all of it or nothing. */
import { askControl } from "../control/control_client.ts";
import { CommandError } from "./command_error.ts";
import { controlSocketPath } from "./control_socket_path.ts";
import { loadConfig } from "./load_config.ts";
import type { CommandOf } from "./parse_args.ts";
import type { Terminal } from "./terminal.ts";

/** The rules are compiled anew in every worker. */
const RELOAD_TIMEOUT_MS = 60_000;

/**
 * Reloads the monitor on the configured `log_dir`. It reads the file that it was started with; its flags
 * and variables still win.
 *
 * @throws {NotRunningError} if none runs there
 * @throws {CommandError} if the new settings cannot be used: the old ones go on
 */
export async function reload(command: CommandOf<"reload">, terminal: Terminal): Promise<void> {
  const { logDir } = await loadConfig({ path: command.config });
  const answer = await askControl(controlSocketPath(logDir), "reload", {
    timeoutMs: RELOAD_TIMEOUT_MS,
  });
  if (!answer.ok) throw new CommandError(answer.error);
  if (answer.command !== "reload") {
    throw new TypeError(`Cannot use answer to "${answer.command}": asked for reload`);
  }
  terminal.out("ClawSec Monitor has loaded its configuration anew\n");
  const { ignored } = answer;
  if (ignored.length > 0) {
    terminal.err(`These hold from the next start on: ${ignored.join(", ")}\n`);
  }
}
