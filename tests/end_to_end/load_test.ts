/** Many connections at once, a worker that dies among them, and what a worker may not do. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { FromWorker } from "../../src/proxy/worker_messages.ts";
import { createDataWorker } from "../../src/proxy/worker_pool.ts";
import { hasProgram } from "../support/has_program.ts";
import { SCHEMES, startWorld } from "../support/start_world.ts";

const CONNECTIONS = 300;

Deno.test({
  name: `the program serves ${CONNECTIONS} connections at once without a loss and is healthy after`,
  ignore: !hasProgram("curl") || !hasProgram("openssl"),
  async fn(t) {
    await using world = await startWorld();
    for (const scheme of SCHEMES) {
      await t.step(scheme, async () => {
        const urls = Array.from(
          { length: CONNECTIONS },
          (_, at) => world.origins[scheme].url(`/load-${at}`),
        );
        const { code, stdout, stderr } = await world.curl(
          ...["--parallel", "--parallel-immediate", "--parallel-max", String(CONNECTIONS)],
          ...["--http1.1", "--fail"],
          ...urls,
        );
        assert.equal(code, 0, stderr);
        assert.equal(stdout, "hello".repeat(CONNECTIONS));
        const targets = world.origins[scheme].requests.map(({ target }) => target);
        assert.equal(new Set(targets).size, CONNECTIONS);
      });
    }
    const { counters } = await world.clawsec.status();
    assert.ok(counters.requests >= 2 * CONNECTIONS);
    assert.equal(counters.workerRestarts, 0);
    assert.equal((await world.clawsec.run(["health"])).code, 0);
  },
});

Deno.test("a data worker is denied files, programs and the environment by its rights", async () => {
  // The rights of createDataWorker(), with code of ours inside: what an intruder could run.
  const RealWorker = globalThis.Worker;
  let options: WorkerOptions | undefined;
  const { promise, resolve } = Promise.withResolvers<Record<string, string>>();
  class IntrudedWorker extends RealWorker {
    constructor(_url: string | URL, given?: WorkerOptions) {
      options = given;
      super(new URL("./intruder.ts", import.meta.url), given);
    }
  }
  globalThis.Worker = IntrudedWorker;
  let worker: Worker;
  try {
    worker = createDataWorker();
  } finally {
    globalThis.Worker = RealWorker;
  }
  assert.ok(options, "createDataWorker() starts a Worker");
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) =>
    resolve(data as unknown as Record<string, string>);
  const caKey = fileURLToPath(new URL("../../deno.json", import.meta.url));
  worker.postMessage({ path: caKey });
  const attempts = await promise;
  worker.terminate();
  assert.deepEqual(attempts, {
    readFile: "NotCapable",
    writeFile: "NotCapable",
    environment: "NotCapable",
    program: "NotCapable",
    hostname: "NotCapable",
    network: "allowed",
  });
});
