/**
 * Where the proxy and its CA are → the environment variables that point an agent at them, and
 * their text for a shell, for Docker, as JSON. Pure.
 *
 * Two files carry the CA. A variable that *adds* to the roots a runtime has takes `ca.crt`; one that
 * *replaces* them takes the bundle of the system's roots and ours, so that what does not go
 * through the proxy (`NO_PROXY`, `mitm_bypass`, `--no-mitm`) still verifies.
 */
import { quoteWord, type Shell } from "./quote_word.ts";

/** What is local is no traffic with the internet. */
const NO_PROXY = "localhost,127.0.0.1,::1";
/** Where the bundle and the CA stand in a container. */
const CONTAINER_DIR = "/run/clawsec";

/** What a variable's value is. */
type Source = "proxy" | "noProxy" | "ca" | "bundle" | "one";

/** Which variable, what of, and who reads it. */
const VARIABLES: readonly (readonly [name: string, source: Source])[] = [
  // curl reads http_proxy in lower case only; most others read either.
  ["HTTP_PROXY", "proxy"],
  ["HTTPS_PROXY", "proxy"],
  ["http_proxy", "proxy"],
  ["https_proxy", "proxy"],
  ["NO_PROXY", "noProxy"],
  ["no_proxy", "noProxy"],
  // Whatever is built on OpenSSL (Python, Ruby, curl), Go on Linux, rustls-native-certs, uv.
  ["SSL_CERT_FILE", "bundle"],
  ["NIX_SSL_CERT_FILE", "bundle"],
  ["REQUESTS_CA_BUNDLE", "bundle"],
  ["PIP_CERT", "bundle"],
  ["CURL_CA_BUNDLE", "bundle"],
  // Node adds these roots to its own, and from 24 on obeys HTTPS_PROXY if told to.
  ["NODE_EXTRA_CA_CERTS", "ca"],
  ["NODE_USE_ENV_PROXY", "one"],
  ["npm_config_cafile", "bundle"],
  ["DENO_CERT", "ca"],
  ["GIT_SSL_CAINFO", "bundle"],
  ["CARGO_HTTP_CAINFO", "bundle"],
  ["AWS_CA_BUNDLE", "bundle"],
  ["CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "bundle"],
  ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "bundle"],
];

/** Where an agent finds the proxy and its CA. */
export interface AgentEnvironmentOptions {
  /** As listened on: `0.0.0.0` and `::` are reached by way of loopback. */
  readonly host: string;
  readonly port: number;
  /** Who the agent says it is, where the proxy asks (`proxy_token`). @default asks for nothing */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** Path of the CA's certificate. */
  readonly caFile: string;
  /** Path of the system's roots and ours. */
  readonly caBundle: string;
}

/** A name and its value, in the order they are written. */
export type EnvironmentVariable = readonly [name: string, value: string];

/** Lists the variables of an agent on this machine. */
export function agentEnvironment(
  options: AgentEnvironmentOptions,
): readonly EnvironmentVariable[] {
  const values: Readonly<Record<Source, string>> = {
    proxy: withCredentials(proxyUrl(options), options),
    noProxy: NO_PROXY,
    ca: options.caFile,
    bundle: options.caBundle,
    one: "1",
  };
  return VARIABLES.map(([name, source]) => [name, values[source]]);
}

/** The proxy's URL as a client on this machine reaches it: `http://[::1]:8888`. */
export function proxyUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** Every client that reads such a variable takes user information in it (RFC 3986 §3.2.1). */
function withCredentials(url: string, { credentials }: AgentEnvironmentOptions): string {
  if (credentials === undefined) return url;
  const [username, password] = [credentials.username, credentials.password].map(encodeURIComponent);
  return url.replace("://", `://${username}:${password}@`);
}

/** Writes the variables as commands of `shell`, one a line. */
export function shellExports(variables: readonly EnvironmentVariable[], shell: Shell): string {
  const assign = {
    sh: (name: string, word: string) => `export ${name}=${word}`,
    fish: (name: string, word: string) => `set -gx ${name} ${word}`,
    powershell: (name: string, word: string) => `$env:${name} = ${word}`,
  }[shell];
  return variables.map(([name, value]) => `${assign(name, quoteWord(value, shell))}\n`).join("");
}

/**
 * Writes the arguments of `docker run` for an agent in a container, one line, quoted for sh:
 * `eval docker run "$(clawsec env --docker)" IMAGE`. The container reaches the proxy by the name
 * of its host, so that the proxy must listen on more than loopback.
 */
export function dockerArguments(options: AgentEnvironmentOptions): string {
  const caFile = `${CONTAINER_DIR}/ca.crt`;
  const caBundle = `${CONTAINER_DIR}/ca-bundle.crt`;
  const variables = agentEnvironment({
    host: "host.docker.internal",
    port: options.port,
    credentials: options.credentials,
    caFile,
    caBundle,
  });
  const words = [
    // Linux has that name only if it is asked for.
    "--add-host=host.docker.internal:host-gateway",
    `--volume=${options.caFile}:${caFile}:ro`,
    `--volume=${options.caBundle}:${caBundle}:ro`,
    ...variables.map(([name, value]) => `--env=${name}=${value}`),
  ];
  return `${words.map((word) => quoteWord(word, "sh")).join(" ")}\n`;
}
