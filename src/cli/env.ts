/** `clawsec env`: the variables that point an agent at the proxy, for a shell to evaluate. */
import { join } from "node:path";
import type { Config } from "../config.ts";
import { askControl, NotRunningError } from "../control/control_client.ts";
import {
  agentEnvironment,
  type AgentEnvironmentOptions,
  dockerArguments,
  shellExports,
} from "./agent_environment.ts";
import { caBundlePath } from "./ca_bundle.ts";
import { CommandError } from "./command_error.ts";
import { controlSocketPath } from "./control_socket_path.ts";
import { invocation } from "./invocation.ts";
import { loadConfig } from "./load_config.ts";
import type { CommandOf } from "./parse_args.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Prints the variables. The address is the running proxy's (its `--port` may be another than the
 * configuration's), else the configured one.
 *
 * @throws {CommandError} if the proxy does not run and takes any free port.
 */
export async function env(command: CommandOf<"env">, terminal: Terminal): Promise<void> {
  const config = await loadConfig({ path: command.config });
  const address = await runningAddress(config);
  if (address === undefined) {
    if (config.proxyPort === 0) {
      throw new CommandError(
        `Cannot tell the proxy's port: proxy_port is 0 and no proxy runs, ${invocation("start")}`,
      );
    }
    terminal.err(`The proxy does not run: ${invocation("start")}\n`);
  }
  const options: AgentEnvironmentOptions = {
    host: address?.host ?? config.proxyHost,
    port: address?.port ?? config.proxyPort,
    credentials: config.proxyToken === undefined
      ? undefined
      : { username: command.agent, password: config.proxyToken },
    caFile: join(config.logDir, "ca.crt"),
    caBundle: caBundlePath(config.logDir),
  };
  if (command.format === "docker" && /^(?:127\.|::1$|localhost$)/.test(options.host)) {
    terminal.err(
      `The proxy listens on ${options.host}, which no container reaches: --host 0.0.0.0\n`,
    );
  }
  terminal.out(format(options, command.format));
}

function format(
  options: AgentEnvironmentOptions,
  kind: CommandOf<"env">["format"],
): string {
  switch (kind) {
    case "docker":
      return dockerArguments(options);
    case "json":
      return `${JSON.stringify(Object.fromEntries(agentEnvironment(options)), undefined, 2)}\n`;
    default:
      return shellExports(agentEnvironment(options), kind);
  }
}

/** Undefined: no proxy runs on this `log_dir`. */
async function runningAddress(
  { logDir }: Config,
): Promise<{ readonly host: string; readonly port: number } | undefined> {
  try {
    const answer = await askControl(controlSocketPath(logDir), "status");
    return answer.ok && answer.command === "status" ? answer.status.address : undefined;
  } catch (error) {
    if (error instanceof NotRunningError) return undefined;
    throw error;
  }
}
