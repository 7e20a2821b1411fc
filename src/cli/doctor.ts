/**
 * `clawsec doctor`: looks at everything that has to be right for an agent to be watched, and says how to mend
 * what is not. Changes nothing.
 */
import { join } from "node:path";
import { CaError } from "../ca/ca_error.ts";
import { prepareLogDir } from "../ca/log_dir.ts";
import { decodePem } from "../ca/pem.ts";
import { readCertificate } from "../ca/read_certificate.ts";
import type { Config } from "../config.ts";
import { askControl, NotRunningError } from "../control/control_client.ts";
import type { MonitorStatus } from "../control/control_protocol.ts";
import { proxyUrl } from "./agent_environment.ts";
import { caBundlePath } from "./ca_bundle.ts";
import { controlSocketPath } from "./control_socket_path.ts";
import { type Diagnosis, diagnosisText } from "./diagnosis.ts";
import { invocation } from "./invocation.ts";
import { loadSettings } from "./load_settings.ts";
import type { CommandOf } from "./parse_args.ts";
import { requestThroughProxy } from "./proxied_request.ts";
import { readShellVariables } from "./shell_variables.ts";
import { shellDiagnoses, shellVariableNames } from "./shell_diagnosis.ts";
import { printable, type Terminal } from "./terminal.ts";

const DAY_MS = 86_400_000;
/** Time to make a new one and to trust it everywhere. */
const EXPIRY_WARNING_DAYS = 30;
/** Where systems keep the programs that list sockets. */
const PROGRAM_DIRECTORIES = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

/**
 * Prints what was found and resolves to whether nothing has failed.
 *
 * @throws {ConfigError} for a mistake in the configuration, the first thing that has to be right
 */
export async function doctor(
  command: CommandOf<"doctor">,
  terminal: Terminal,
): Promise<boolean> {
  const { config } = await loadSettings({ path: command.config });
  const status = await monitorStatus(config);
  const diagnoses = [
    { check: "configuration", state: "ok", text: "it can be read" } as const,
    await directoryDiagnosis(config),
    ...await caDiagnoses(config),
    ...await proxyDiagnoses(config, status),
    await watcherDiagnosis(config),
    ...await shellCheck(command, config, status),
  ];
  terminal.out(
    command.json
      ? `${JSON.stringify(diagnoses)}\n`
      : diagnosisText(diagnoses).split("\n").map(printable).join("\n"),
  );
  return diagnoses.every(({ state }) => state !== "failure");
}

async function monitorStatus({ logDir }: Config): Promise<MonitorStatus | undefined> {
  try {
    const answer = await askControl(controlSocketPath(logDir), "status");
    return answer.ok && answer.command === "status" ? answer.status : undefined;
  } catch (error) {
    if (error instanceof NotRunningError || error instanceof Deno.errors.TimedOut) return undefined;
    throw error;
  }
}

async function directoryDiagnosis({ logDir }: Config): Promise<Diagnosis> {
  const check = "log_dir";
  try {
    await Deno.lstat(logDir);
    await prepareLogDir(logDir);
    return { check, state: "ok", text: `${logDir} is ours and closed to others` };
  } catch (error) {
    if (error instanceof CaError) return { check, state: "failure", text: error.message };
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const text = `${logDir} is not there yet`;
    return { check, state: "warning", text, remedy: invocation("start") };
  }
}

async function caDiagnoses({ logDir }: Config): Promise<readonly Diagnosis[]> {
  const check = "CA";
  const path = join(logDir, "ca.crt");
  const pem = await textOrUndefined(path);
  if (pem === undefined) {
    const text = "there is no certificate yet";
    return [{ check, state: "warning", text, remedy: invocation("start") }];
  }
  try {
    return validity(readCertificate(decodePem(pem, "CERTIFICATE")), Date.now());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [{ check, state: "failure", text: `${path} is damaged`, remedy: "restore it" }];
  }
}

function validity(
  { notBeforeMs, notAfterMs }: { readonly notBeforeMs: number; readonly notAfterMs: number },
  nowMs: number,
): readonly Diagnosis[] {
  if (nowMs < notBeforeMs) {
    const text = `it is ${new Date(nowMs).toISOString()} here, before the CA was made`;
    return [{ check: "clock", state: "failure", text, remedy: "set the clock" }];
  }
  const days = Math.floor((notAfterMs - nowMs) / DAY_MS);
  const text = days < 0 ? `it ended ${-days} days ago` : `it is valid for ${days} days`;
  const isEnding = days < EXPIRY_WARNING_DAYS;
  const remedy = "remove ca.crt and ca.key, start, and trust the new one";
  return [
    { check: "clock", state: "ok", text: "it agrees with the CA" },
    isEnding
      ? { check: "CA", state: days < 0 ? "failure" : "warning", text, remedy }
      : { check: "CA", state: "ok", text },
  ];
}

async function proxyDiagnoses(
  config: Config,
  status: MonitorStatus | undefined,
): Promise<readonly Diagnosis[]> {
  if (status === undefined) {
    const text = `no monitor runs on ${config.logDir}`;
    return [{ check: "monitor", state: "failure", text, remedy: invocation("start") }];
  }
  const url = proxyUrl(status.address);
  const running: Diagnosis = {
    check: "monitor",
    state: "ok",
    text: `it runs on ${url}, mode ${status.mode}`,
  };
  const { proxyToken } = config;
  return [
    running,
    await requestThroughProxy(url, {
      token: proxyToken,
      requestCount: async () => (await monitorStatus(config))?.counters.requests ?? 0,
    }),
  ];
}

async function watcherDiagnosis({ enableSshWatcher }: Config): Promise<Diagnosis> {
  const check = "SSH watcher";
  if (!enableSshWatcher) return { check, state: "ok", text: "it is off by enable_ssh_watcher" };
  for (const name of ["ss", "netstat"]) {
    for (const directory of PROGRAM_DIRECTORIES) {
      if (await isThere(join(directory, name))) {
        return { check, state: "ok", text: `it asks ${join(directory, name)}` };
      }
    }
  }
  return {
    check,
    state: "warning",
    text: "neither ss nor netstat is there: SSH connections are not seen",
    remedy: "install iproute2",
  };
}

async function shellCheck(
  { shellEnv }: CommandOf<"doctor">,
  config: Config,
  status: MonitorStatus | undefined,
): Promise<readonly Diagnosis[]> {
  const { logDir, proxyHost, proxyPort } = config;
  const options = {
    host: status?.address.host ?? proxyHost,
    port: status?.address.port ?? proxyPort,
    caFile: join(logDir, "ca.crt"),
    caBundle: caBundlePath(logDir),
  };
  const variables = await readShellVariables(shellVariableNames(options), shellEnv);
  if (variables === undefined) {
    return [{
      check: "shell",
      state: "warning",
      text: "this program has no right to read the shell's variables",
      remedy: `env | ${invocation("doctor")} --shell-env -`,
    }];
  }
  const ca = (await textOrUndefined(options.caFile))?.trim();
  const texts = new Map<string, string | undefined>();
  for (const path of new Set(Object.values(variables))) {
    if (path?.startsWith("/")) texts.set(path, await textOrUndefined(path));
  }
  const holdsCa = (path: string) => ca !== undefined && texts.get(path)?.includes(ca) === true;
  return shellDiagnoses(variables, { ...options, holdsCa, envCommand: invocation("env") });
}

async function textOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (isUnreadable(error)) return false;
    throw error;
  }
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.IsADirectory ||
    error instanceof Deno.errors.NotADirectory;
}
