/** A data worker that dies under load: the others go on serving, and it comes back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { resolveConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { Monitor } from "../../src/monitor.ts";
import { type Origin, startOrigin } from "../support/start_origin.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { waitFor } from "../support/wait_for.ts";

const CLIENTS = 6;

Deno.test({
  name: "a data worker that dies under load is started again while the other serves",
  // Two workers share a port on Linux only.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = await temporaryDirectory();
    await using origin = await startOrigin();
    const logDir = join(directory.path, "log");
    await Deno.mkdir(logDir, { mode: 0o700 });
    let told = "";
    using log = createLog({ level: "INFO", logDir, stderr: (line) => told += line });
    const file = {
      path: "test",
      text: JSON.stringify({
        log_dir: logDir,
        proxy_port: 0,
        workers: 2,
        enable_ssh_watcher: false,
      }),
    };
    using mortals = new MortalWorkers();
    await using monitor = await Monitor.start({ config: resolveConfig({ file }), log });
    await using load = new Load(monitor.address.port, origin);
    await waitFor(() => load.answered > 50, { what: "answers before the death" });
    mortals.workers[0]!.postMessage({ kind: "die" });
    await waitFor(() => told.includes("told to die"), { what: "the death to be logged" });
    const before = load.answered;
    await waitFor(() => load.answered > before + 50, { what: "answers of the other worker" });
    await waitFor(() => monitor.status().counters.workerRestarts === 1, { what: "the restart" });
    assert.equal(mortals.workers.length, 3);
    const { failed, answered } = load;
    await waitFor(() => load.answered > answered + 50, { what: "answers after the restart" });
    assert.equal(load.failed, failed, "nothing fails once both serve again");
    assert.ok(failed <= CLIENTS, `${failed} requests failed, at most one a client may`);
  },
});

/** While it lives, workers are made of `mortal_worker.ts`, with the rights they are given. */
class MortalWorkers implements Disposable {
  readonly workers: Worker[] = [];
  readonly #real = globalThis.Worker;

  constructor() {
    const { workers } = this;
    globalThis.Worker = class extends this.#real {
      constructor(_url: string | URL, options?: WorkerOptions) {
        super(new URL("./mortal_worker.ts", import.meta.url), options);
        workers.push(this);
      }
    };
  }

  [Symbol.dispose](): void {
    globalThis.Worker = this.#real;
  }
}

/** Clients that ask one thing after another, each on a connection of its own, until disposed of. */
class Load implements AsyncDisposable {
  answered = 0;
  failed = 0;
  #isOver = false;
  readonly #clients: Promise<unknown>;

  constructor(port: number, origin: Origin) {
    const ask = async () => {
      while (!this.#isOver) {
        if (await answers(port, origin).catch(() => false)) this.answered++;
        else this.failed++;
      }
    };
    this.#clients = Promise.all(Array.from({ length: CLIENTS }, ask));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#clients;
  }
}

async function answers(port: number, origin: Origin): Promise<boolean> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `GET ${origin.url("/")} HTTP/1.1\r\nHost: ${origin.authority}\r\n`;
  await connection.write(new TextEncoder().encode(`${head}Connection: close\r\n\r\n`));
  const text = await new Response(connection.readable).text();
  return text.startsWith("HTTP/1.1 200") && text.endsWith("hello");
}
