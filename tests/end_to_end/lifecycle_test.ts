/** Starting, stopping and asking the real program: its commands, exit codes, files, and what a crash leaves. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { hasProgram } from "../support/has_program.ts";
import { runProgram } from "../support/run_program.ts";
import { runClawsec, startClawsec } from "../support/start_clawsec.ts";
import { startOrigin } from "../support/start_origin.ts";
import { curlOptions } from "../support/start_world.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test({
  name: "the program starts once, answers its commands, stops, and starts again",
  ignore: !hasProgram("curl"),
  async fn(t) {
    await using directory = await temporaryDirectory();
    await using origin = await startOrigin();
    const logDir = join(directory.path, "log");
    let caFile = "";
    await t.step("a second start on the same log_dir is refused with exit code 1", async () => {
      await using clawsec = await startClawsec({ logDir });
      caFile = await Deno.readTextFile(clawsec.caFile);
      const second = await clawsec.run(["start"]);
      assert.equal(second.code, 1);
      assert.match(second.stderr, /already running|is running/i);
      assert.doesNotMatch(second.stderr, / at .*\.ts:/, "no stack trace for a person's mistake");
      assert.equal((await clawsec.status()).pid, clawsec.pid);

      const status = await clawsec.run(["status"]);
      assert.equal(status.code, 0, status.stderr);
      assert.match(status.stdout, new RegExp(String(clawsec.port)));
      const json = JSON.parse((await clawsec.run(["status", "--json"])).stdout);
      assert.equal(json.running, true);

      const pid = (await Deno.readTextFile(join(logDir, "monitor.pid"))).trim();
      assert.equal(Number(pid), clawsec.pid);
      assert.equal((await clawsec.run(["health"])).code, 0);

      assert.equal((await clawsec.run(["stop"])).code, 0);
      await assertNoTraces(logDir);
    });
    await t.step("stop and status say that nothing runs: exit code 1", async () => {
      const config = join(directory.path, "clawsec.json");
      await Deno.writeTextFile(config, JSON.stringify({ log_dir: logDir }));
      for (const command of ["stop", "status"]) {
        const { code } = await runClawsec([command, "--config", config]);
        assert.equal(code, 1, command);
      }
    });
    await t.step(
      "after a crash its stale PID file and socket stop no start; the CA is the same",
      async () => {
        {
          await using crashed = await startClawsec({ logDir });
          await crashed.kill();
          assert.ok((await Deno.stat(join(logDir, "monitor.pid"))).isFile);
        }
        await using clawsec = await startClawsec({ logDir });
        assert.equal(await Deno.readTextFile(clawsec.caFile), caFile);
        const { code, stdout } = await runProgram("curl", [
          ...curlOptions(clawsec),
          origin.url("/again"),
        ]);
        assert.equal(code, 0);
        assert.equal(stdout, "hello");
        const stopped = await clawsec.stop();
        assert.equal(stopped.code, 0, "SIGTERM is an ordinary end");
        await assertNoTraces(logDir);
      },
    );
  },
});

Deno.test({
  name: "SIGTERM in the middle of an answer lets it end, and the program with it",
  ignore: !hasProgram("curl"),
  async fn() {
    const begun = Promise.withResolvers<void>();
    const stopping = Promise.withResolvers<void>();
    await using origin = await startOrigin({ answer: () => ({ body: twoHalves() }) });
    async function* twoHalves() {
      yield "first half, ";
      begun.resolve();
      await stopping.promise;
      yield "second half";
    }
    await using clawsec = await startClawsec();
    const asking = runProgram("curl", [...curlOptions(clawsec), origin.url("/slow")]);
    await begun.promise;
    const stopped = clawsec.stop();
    await waitFor(() => /Stopping/.test(clawsec.stderr), { what: "the program to be stopping" });
    stopping.resolve();
    const { code, stdout, stderr } = await asking;
    assert.deepEqual([code, stdout], [0, "first half, second half"], stderr);
    assert.equal((await stopped).code, 0);
    await assertNoTraces(clawsec.logDir);
  },
});

async function assertNoTraces(logDir: string) {
  for (const name of ["monitor.pid", "control.sock"]) {
    await assert.rejects(Deno.lstat(join(logDir, name)), Deno.errors.NotFound, name);
  }
}

Deno.test({
  name: "the program's files are for their owner alone; the certificate is for everybody",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using clawsec = await startClawsec();
    const mode = async (name: string) =>
      ((await Deno.stat(join(clawsec.logDir, name))).mode ?? 0) & 0o777;
    assert.equal(await mode("."), 0o700);
    assert.equal(await mode("ca.key"), 0o600);
    assert.equal(await mode("ca.crt"), 0o644);
    // Which process runs is no secret; the certificates are for every client of this machine.
    const isForAll = (name: string) => name.endsWith(".crt") || name === "monitor.pid";
    for await (const { name, isFile } of Deno.readDir(clawsec.logDir)) {
      // The bundle is written beside its place and moved there: gone by the time it is looked at.
      if (isFile && !isForAll(name) && !name.endsWith(".crt.tmp")) {
        assert.equal(await mode(name) & 0o077, 0, name);
      }
    }
  },
});

Deno.test("the program listens on the port of its configuration file, and --port wins", async () => {
  await using directory = await temporaryDirectory();
  const config = { proxy_port: freePort() };
  await using clawsec = await startClawsec({ config, logDir: join(directory.path, "a") });
  assert.equal(clawsec.port, config.proxy_port);
  const port = freePort();
  await using other = await startClawsec({
    config,
    args: ["--port", String(port)],
    logDir: join(directory.path, "b"),
  });
  assert.equal(other.port, port);
});

Deno.test("a taken port ends the start with exit code 1 and one line", async () => {
  await using directory = await temporaryDirectory();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const config = join(directory.path, "clawsec.json");
  const { port } = listener.addr as Deno.NetAddr;
  await Deno.writeTextFile(
    config,
    JSON.stringify({ log_dir: join(directory.path, "log"), proxy_port: port }),
  );
  const { code, stderr } = await runClawsec(["start", "--config", config]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`${port}`));
  assert.doesNotMatch(stderr, / at .*\.ts:/);
});

const WRONG_USE: readonly {
  readonly reason: string;
  readonly args: readonly string[];
  readonly config?: string;
  readonly message: RegExp;
}[] = [
  { reason: "an unknown command", args: ["begin"], message: /begin/ },
  { reason: "an unknown option", args: ["start", "--prot", "1"], message: /--prot/ },
  {
    reason: "a key that is none",
    args: ["start"],
    config: '{"proxy_prt": 1}',
    message: /proxy_prt/,
  },
  { reason: "a wrong type", args: ["start"], config: '{"proxy_port": "x"}', message: /proxy_port/ },
  { reason: "a broken file", args: ["status"], config: '{"proxy_port": ', message: /line 1|:1:/ },
];

for (const { reason, args, config, message } of WRONG_USE) {
  Deno.test(`wrong use ends with exit code 2 and says why: ${reason}`, async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, "clawsec.jsonc");
    if (config !== undefined) await Deno.writeTextFile(file, config);
    const words = config === undefined ? args : [...args, "--config", file];
    const { code, stderr } = await runClawsec(words);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, / at .*\.ts:/);
  });
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
