/**
 * The origin that everything is measured against: nginx where it is installed, else the program of
 * `origin_program.ts`, which sends the events in either case.
 */
import { fileURLToPath } from "node:url";
import { hasProgram } from "../support/has_program.ts";
import { makeTestCertificates } from "../support/test_certificates.ts";
import { jsonText } from "./sample_json.ts";
import { freePort, startProgram } from "./started_program.ts";

const ORIGIN_PROGRAM = fileURLToPath(new URL("origin_program.ts", import.meta.url));

/** An origin that runs; `/small` 1 KiB, `/large` 1 MB; a POST to `/post` gets 1 KiB once it is read. */
export interface BenchOrigin extends AsyncDisposable {
  /** What it is, for the report. */
  readonly name: string;
  readonly port: number;
  readonly tlsPort: number;
  /** TLS too; `/events` sends one at once and another 20 ms later. */
  readonly eventsPort: number;
  /** The root to trust, PEM. */
  readonly caFile: string;
}

/** Starts the origin with its files in `directory`. */
export async function startBenchOrigin(directory: string): Promise<BenchOrigin> {
  await using stack = new AsyncDisposableStack();
  const { caFile } = await makeTestCertificates(directory);
  const identity = [`${directory}/trusted.crt`, `${directory}/trusted.key`] as const;
  const own = stack.use(await startOwnOrigin(identity));
  const nginx = hasProgram("nginx") ? stack.use(await startNginx(directory, identity)) : undefined;
  const owned = stack.move();
  return {
    name: nginx === undefined ? "Deno.serve()" : "nginx",
    port: nginx?.port ?? own.port,
    tlsPort: nginx?.tlsPort ?? own.tlsPort,
    eventsPort: own.tlsPort,
    caFile,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Ports extends AsyncDisposable {
  readonly port: number;
  readonly tlsPort: number;
}

async function startOwnOrigin(identity: readonly string[]): Promise<Ports> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "--allow-read", ORIGIN_PROGRAM, ...identity],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  const { port, tlsPort } = JSON.parse(value) as { port: number; tlsPort: number };
  return {
    port,
    tlsPort,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await reader.cancel();
      await child.status;
    },
  };
}

/** By itself nginx answers a POST before it has read it, which proxies take for trouble; as a proxy it reads first. */
async function startNginx(directory: string, identity: readonly string[]): Promise<Ports> {
  const port = freePort();
  const tlsPort = freePort();
  await Deno.mkdir(`${directory}/www`);
  await Deno.writeTextFile(`${directory}/www/large`, jsonText(1_000_000));
  const [certificate = "", key = ""] = identity;
  const config = `
    daemon off;
    ${Deno.uid() === 0 ? "user root;" : ""}
    worker_processes 1;
    worker_rlimit_nofile 8192;
    pid ${directory}/nginx.pid;
    error_log /dev/null;
    events { worker_connections 4096; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      client_body_buffer_size 1m;
      client_body_temp_path ${directory};
      proxy_temp_path ${directory};
      fastcgi_temp_path ${directory};
      uwsgi_temp_path ${directory};
      scgi_temp_path ${directory};
      default_type application/json;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      upstream small { server 127.0.0.1:${port}; keepalive 64; }
      server {
        listen 127.0.0.1:${port};
        listen 127.0.0.1:${tlsPort} ssl;
        ssl_certificate ${certificate};
        ssl_certificate_key ${key};
        location = /post { proxy_pass http://small/small; }
        location = /small { return 200 '${jsonText(1_024).replaceAll("\\", "\\\\")}'; }
        location = /large { root ${directory}/www; }
      }
    }`;
  await Deno.writeTextFile(`${directory}/nginx.conf`, config);
  const args = ["-c", `${directory}/nginx.conf`];
  const program = await startProgram("nginx", { args, cwd: directory, port });
  return { port, tlsPort, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}
