/**
 * What an end-to-end test happens in: an HTTP and a TLS origin on the loopback, the real program between them
 * and the client, and curl as the first client.
 */
import { join } from "node:path";
import type { RequestRecord } from "../../src/threats/request_log.ts";
import type { Threat } from "../../src/threats/threat.ts";
import { type ProgramResult, runProgram } from "./run_program.ts";
import { type RunningClawsec, startClawsec, type StartClawsecOptions } from "./start_clawsec.ts";
import { type Origin, startOrigin, type StartOriginOptions } from "./start_origin.ts";
import { temporaryDirectory } from "./temporary_directory.ts";
import { makeTestCertificates, type TestCertificates } from "./test_certificates.ts";
import { waitFor } from "./wait_for.ts";

/** What a test may choose. */
export interface StartWorldOptions {
  /** Both origins answer so. @default `hello` */
  readonly answer?: StartOriginOptions["answer"];
  /** Added to the configuration. */
  readonly config?: StartClawsecOptions["config"];
  /** After `start`. */
  readonly args?: readonly string[];
}

/** One request, as the monitor wrote it down. */
export interface Evidence {
  readonly record: RequestRecord;
  /** Of that request. */
  readonly threats: readonly Threat[];
}

/** Everything stops, and all files are gone, when it is disposed of. */
export interface World extends AsyncDisposable {
  readonly clawsec: RunningClawsec;
  readonly certificates: TestCertificates;
  /** Empty at first, for the test. */
  readonly directory: string;
  /** By scheme; the TLS one has the trusted certificate. */
  readonly origins: { readonly http: Origin; readonly https: Origin };
  /** For programs that are told by their environment: proxy in every spelling, and our CA. */
  readonly clientEnv: Readonly<Record<string, string>>;
  /** Runs curl through the proxy, silent but for errors. */
  curl(...args: readonly string[]): Promise<ProgramResult>;
  /** Waits until a request whose URL holds `part` has ended, and resolves to what was written of it. */
  evidence(part: string): Promise<Evidence>;
}

/** The two ways a client reaches an origin through the proxy. */
export const SCHEMES = ["http", "https"] as const;

/** Starts origins and program. Threats are written each time: `dedup_window_secs` is 0. */
export async function startWorld(options: StartWorldOptions = {}): Promise<World> {
  const { answer, config = {}, args = [] } = options;
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory()).path;
  const certificates = await makeTestCertificates(await subdirectory(directory, "certificates"));
  const answering = answer === undefined ? {} : { answer };
  const http = stack.use(await startOrigin(answering));
  const https = stack.use(await startOrigin({ ...answering, tls: certificates.trusted }));
  const clawsec = stack.use(
    await startClawsec({
      config: { upstream_ca_file: certificates.caFile, dedup_window_secs: 0, ...config },
      args,
    }),
  );
  const owned = stack.move();
  return {
    clawsec,
    certificates,
    directory: await subdirectory(directory, "work"),
    origins: { http, https },
    clientEnv: clientEnvironment(clawsec),
    curl: (...args) => runProgram("curl", [...curlOptions(clawsec), ...args]),
    evidence: (part) => findEvidence(clawsec, part),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What makes curl use the proxy, whatever `~/.curlrc` says. */
export function curlOptions({ proxyUrl, caFile }: RunningClawsec): readonly string[] {
  return [...CURL_OPTIONS, "-x", proxyUrl, "--cacert", caFile];
}

const CURL_OPTIONS = ["-q", "-sS", "--max-time", "30", "--noproxy", ""] as const;

function clientEnvironment({ proxyUrl, caFile }: RunningClawsec): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"]) {
    env[name] = proxyUrl;
  }
  for (const name of CA_VARIABLES) env[name] = caFile;
  return { ...env, NO_PROXY: "", no_proxy: "", NODE_USE_ENV_PROXY: "1" };
}

const CA_VARIABLES = [
  ...["CURL_CA_BUNDLE", "DENO_CERT", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "PIP_CERT"],
  ...["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "npm_config_cafile"],
] as const;

async function findEvidence(clawsec: RunningClawsec, part: string): Promise<Evidence> {
  const record = await waitFor(
    async () => (await clawsec.requests()).find(({ url }) => url.includes(part)),
    { what: `a request to "${part}" in requests.jsonl` },
  );
  // Threats are written before the record of the request they belong to.
  const threats = (await clawsec.threats()).filter(({ request_id }) => request_id === record.id);
  return { record, threats };
}

async function subdirectory(parent: string, name: string): Promise<string> {
  const path = join(parent, name);
  await Deno.mkdir(path, { mode: 0o700 });
  return path;
}
