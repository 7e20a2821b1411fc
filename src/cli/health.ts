/**
 * `clawsec health`: whether the proxy serves, for the health check of a container. The monitor is asked for the
 * address, then a data worker is made to answer: a request to the proxy itself, which it refuses, goes
 * through accepting, parsing and deciding, and leaves the machine alone.
 */
import { askControl } from "../control/control_client.ts";
import { proxyUrl } from "./agent_environment.ts";
import { CommandError } from "./command_error.ts";
import { controlSocketPath } from "./control_socket_path.ts";
import { loadConfig } from "./load_config.ts";
import type { CommandOf } from "./parse_args.ts";
import type { Terminal } from "./terminal.ts";

/** A worker that takes longer is as good as down; the container's own timeout lies above. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Every refusal of the proxy has it: something else on the port does not. */
const PROBLEM_TYPE = "application/problem+json";

/**
 * Says `healthy` once the proxy has answered on its port.
 *
 * @throws {NotRunningError} if no monitor runs on the configured `log_dir`.
 * @throws {CommandError} if the port does not answer as the proxy does.
 */
export async function health(command: CommandOf<"health">, terminal: Terminal): Promise<void> {
  const { logDir } = await loadConfig({ path: command.config });
  const answer = await askControl(controlSocketPath(logDir), "status");
  if (!answer.ok) throw new CommandError(answer.error);
  if (answer.command !== "status") {
    throw new TypeError(`Cannot use answer to "${answer.command}": asked for status`);
  }
  await requireAnswer(proxyUrl(answer.status.address));
  terminal.out("healthy\n");
}

async function requireAnswer(url: string): Promise<void> {
  let type: string | null;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    await response.body?.cancel();
    type = response.headers.get("content-type");
  } catch (error) {
    throw new CommandError(`Cannot reach proxy on "${url}": it does not answer`, { cause: error });
  }
  if (type?.startsWith(PROBLEM_TYPE)) return;
  throw new CommandError(`Cannot reach proxy on "${url}": something else answers there`);
}
