/** `clawsec stop`: asks the running monitor to drain and end, and waits until it has. */
import { askControl } from "../control/control_client.ts";
import { CommandError } from "./command_error.ts";
import { controlSocketPath } from "./control_socket_path.ts";
import { loadConfig } from "./load_config.ts";
import type { CommandOf } from "./parse_args.ts";
import type { Terminal } from "./terminal.ts";

/** Draining takes at most 10 s; the rest is for tidying up on a busy machine. */
const STOP_TIMEOUT_MS = 20_000;

/**
 * Stops the monitor on the configured `log_dir`.
 *
 * @throws {NotRunningError} if none runs there.
 * @throws {Deno.errors.TimedOut} if it has not ended in 20 s.
 * @throws {CommandError} if it refuses.
 */
export async function stop(command: CommandOf<"stop">, terminal: Terminal): Promise<void> {
  const { logDir } = await loadConfig({ path: command.config });
  const answer = await askControl(controlSocketPath(logDir), "stop", {
    closeTimeoutMs: STOP_TIMEOUT_MS,
  });
  if (!answer.ok) throw new CommandError(answer.error);
  terminal.out("ClawSec Monitor has stopped\n");
}
