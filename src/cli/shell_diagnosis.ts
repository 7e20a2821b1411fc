/**
 * The variables of a shell → whether the programs it starts go through the proxy and trust its CA. Pure: the
 * files that variables name are read by who calls.
 */
import { agentEnvironment, type AgentEnvironmentOptions } from "./agent_environment.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** What a shell is checked against. */
export interface ShellDiagnosisOptions extends AgentEnvironmentOptions {
  /** Whether the file at a path holds the proxy's CA. */
  readonly holdsCa: (path: string) => boolean;
  /** The command that prints the variables: `clawsec env`. */
  readonly envCommand: string;
}

/** A shell's variables; what is not set is undefined. */
export type ShellVariables = Readonly<Record<string, string | undefined>>;

const PROXY_NAMES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] as const;
const EXCEPTION_NAMES = ["NO_PROXY", "no_proxy"] as const;

/** Names every variable that `shellDiagnoses()` looks at. */
export function shellVariableNames(options: AgentEnvironmentOptions): readonly string[] {
  return agentEnvironment(options).map(([name]) => name);
}

/** Checks way, exceptions and trust. */
export function shellDiagnoses(
  variables: ShellVariables,
  options: ShellDiagnosisOptions,
): readonly Diagnosis[] {
  return [way(variables, options), exceptions(variables), trust(variables, options)];
}

function way(variables: ShellVariables, options: ShellDiagnosisOptions): Diagnosis {
  const check = "way";
  const remedy = `eval "$(${options.envCommand})"`;
  const set = PROXY_NAMES.filter((name) => variables[name]);
  if (set.length === 0) {
    const text = "no proxy is set: what this shell starts goes around the monitor";
    return { check, state: "failure", text, remedy };
  }
  const elsewhere = set.filter((name) => !leadsTo(variables[name]!, options));
  if (elsewhere.length > 0) {
    const text = `${elsewhere.join(", ")} lead elsewhere than to ${options.host}:${options.port}`;
    return { check, state: "failure", text, remedy };
  }
  const isHttpsSet = set.some((name) => name.toUpperCase() === "HTTPS_PROXY");
  return isHttpsSet ? { check, state: "ok", text: "this shell's programs are led to the proxy" } : {
    check,
    state: "failure",
    text: "HTTPS_PROXY is not set: https goes around the monitor",
    remedy,
  };
}

function leadsTo(value: string, { host, port }: AgentEnvironmentOptions): boolean {
  const url = URL.parse(value.includes("://") ? value : `http://${value}`);
  const name = url?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "";
  const isLocal = (text: string) => /^(?:localhost|127\..*|::1|0\.0\.0\.0|::)$/.test(text);
  const isSameHost = name === host || isLocal(name) && isLocal(host);
  return isSameHost && (url?.port || "80") === String(port);
}

function exceptions(variables: ShellVariables): Diagnosis {
  const check = "exceptions";
  const hosts = EXCEPTION_NAMES.flatMap((name) => variables[name]?.split(",") ?? [])
    .map((host) => host.trim()).filter((host) => host !== "");
  const outside = [...new Set(hosts)].filter((host) =>
    !/^(?:localhost|127\.[\d.]+(?:\/\d+)?|\[?::1\]?)$/.test(host)
  );
  if (outside.length === 0) {
    return { check, state: "ok", text: "only this machine itself goes around the proxy" };
  }
  return {
    check,
    state: outside.includes("*") ? "failure" : "warning",
    text: `NO_PROXY leads around the monitor: ${outside.join(", ")}`,
    remedy: "take out of NO_PROXY what is to be watched",
  };
}

function trust(variables: ShellVariables, options: ShellDiagnosisOptions): Diagnosis {
  const check = "trust";
  const remedy = `eval "$(${options.envCommand})"`;
  const files = [options.caFile, options.caBundle];
  const names = agentEnvironment(options)
    .filter(([, value]) => files.includes(value)).map(([name]) => name);
  const wrong = names.filter((name) => variables[name] && !options.holdsCa(variables[name]));
  if (wrong.length > 0) {
    const text = `${wrong.join(", ")} name a file without the proxy's CA: https will fail`;
    return { check, state: "failure", text, remedy };
  }
  const unset = names.filter((name) => !variables[name]);
  if (unset.length === 0) return { check, state: "ok", text: "every runtime is told of the CA" };
  const text = `not set: ${
    unset.join(", ")
  }; what reads these and not the system's store will fail`;
  return { check, state: "warning", text, remedy };
}
