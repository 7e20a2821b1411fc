/**
 * Everything a request can go through: nothing, ClawSec Monitor, Squid with ssl-bump, mitmproxy; each with
 * the set-up its users have, decrypting all TLS and trusting the bench's root.
 *
 * ClawSec Monitor is started by the flags of the task `start`: one data worker, all rules, logging on. Squid
 * has no cache and no access log, mitmproxy prints nothing: that only makes them faster.
 */
import { hasProgram } from "../support/has_program.ts";
import { runProgram } from "../support/run_program.ts";
import { startClawsec } from "../support/start_clawsec.ts";
import { freePort, startProgram } from "./started_program.ts";

const CERTIFICATE_MAKERS = [
  "/usr/lib/squid/security_file_certgen",
  "/usr/lib64/squid/security_file_certgen",
  "/usr/libexec/squid/security_file_certgen",
];

/** One way to the origin. */
export interface Contestant {
  readonly name: string;
  /** Undefined: there is no proxy. */
  readonly proxy: { readonly port: number; readonly pid: number } | undefined;
}

/** All that take part. */
export interface Contestants extends AsyncDisposable {
  readonly present: readonly Contestant[];
  /** Names of the peers that are not installed. */
  readonly missing: readonly string[];
}

/** What they are started with. */
export interface StartContestantsOptions {
  /** For their files; theirs alone. */
  readonly directory: string;
  /** The root of the origin, PEM. */
  readonly caFile: string;
}

/** Starts all that are installed. */
export async function startContestants(options: StartContestantsOptions): Promise<Contestants> {
  await using stack = new AsyncDisposableStack();
  const clawsec = stack.use(await startClawsec({ config: clawsecConfig(options.caFile) }));
  const present: Contestant[] = [
    { name: "direct", proxy: undefined },
    { name: "ClawSec Monitor", proxy: { port: clawsec.port, pid: clawsec.pid } },
  ];
  const missing: string[] = [];
  for (const [name, start] of PEERS) {
    const started = await start(options);
    if (started === undefined) missing.push(name);
    else present.push({ name, proxy: stack.use(started) });
  }
  const owned = stack.move();
  return { present, missing, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The configuration all measurements use. */
export function clawsecConfig(caFile: string): Readonly<Record<string, unknown>> {
  return { upstream_ca_file: caFile, workers: 1 };
}

interface StartedPeer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

type StartPeer = (options: StartContestantsOptions) => Promise<StartedPeer | undefined>;

const PEERS: readonly (readonly [string, StartPeer])[] = [
  ["Squid", startSquid],
  ["mitmproxy", startMitmproxy],
];

async function startSquid(options: StartContestantsOptions): Promise<StartedPeer | undefined> {
  const maker = CERTIFICATE_MAKERS.find(isFile);
  if (!hasProgram("squid") || maker === undefined) return undefined;
  const directory = `${options.directory}/squid`;
  await Deno.mkdir(directory);
  await openssl(
    "req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=Squid -keyout ca.key -out ca.crt",
    directory,
  );
  await mustRun(maker, ["-c", "-s", `${directory}/certificates`, "-M", "16MB"]);
  const port = freePort();
  await Deno.writeTextFile(
    `${directory}/squid.conf`,
    squidConfig({ ...options, directory, maker, port }),
  );
  // Started as root it becomes another user, who must reach these files.
  if (Deno.uid() === 0) {
    await mustRun("chmod", ["755", options.directory]);
    await mustRun("chmod", ["-R", "a+rwX", directory]);
  }
  const args = ["-N", "-f", `${directory}/squid.conf`];
  const { pid, [Symbol.asyncDispose]: end } = await startProgram("squid", {
    args,
    cwd: directory,
    port,
  });
  return { port, pid, [Symbol.asyncDispose]: end };
}

interface SquidConfigOptions extends StartContestantsOptions {
  readonly maker: string;
  readonly port: number;
}

function squidConfig({ directory, maker, port, caFile }: SquidConfigOptions): string {
  const authority = `cert=${directory}/ca.crt key=${directory}/ca.key`;
  return `
http_port 127.0.0.1:${port} ssl-bump ${authority} generate-host-certificates=on dynamic_cert_mem_cache_size=16MB
sslcrtd_program ${maker} -s ${directory}/certificates -M 16MB
tls_outgoing_options cafile=${caFile}
acl first at_step SslBump1
ssl_bump peek first
ssl_bump bump all
http_access allow all
cache deny all
access_log none
cache_log /dev/null
pid_filename none
pinger_enable off
max_filedescriptors 8192
coredump_dir ${directory}
visible_hostname localhost
shutdown_lifetime 0 seconds
`;
}

async function startMitmproxy(options: StartContestantsOptions): Promise<StartedPeer | undefined> {
  if (!hasProgram("mitmdump")) return undefined;
  const directory = `${options.directory}/mitmproxy`;
  await Deno.mkdir(directory);
  const port = freePort();
  const program = await startProgram("mitmdump", {
    args: [
      ...["--quiet", "--listen-host", "127.0.0.1", "--listen-port", `${port}`],
      ...["--set", `confdir=${directory}`],
      ...["--set", `ssl_verify_upstream_trusted_ca=${options.caFile}`],
    ],
    cwd: directory,
    port,
  });
  const { pid, [Symbol.asyncDispose]: end } = program;
  return { port, pid, [Symbol.asyncDispose]: end };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function openssl(words: string, cwd: string): Promise<void> {
  await mustRun("openssl", words.split(" "), cwd);
}

async function mustRun(program: string, args: readonly string[], cwd = "/"): Promise<void> {
  const { code, stderr } = await runProgram(program, args, { cwd });
  if (code !== 0) throw new Error(`Cannot run ${program} ${args.join(" ")}: ${stderr}`);
}
