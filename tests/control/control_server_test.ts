/** The control socket as both ends see it: whole requests, half ones, junk, and stale sockets. */
import assert from "node:assert/strict";
import { askControl, NotRunningError } from "../../src/control/control_client.ts";
import {
  type ControlAnswer,
  type ControlCommand,
  MAX_REQUEST_BYTES,
  type MonitorStatus,
} from "../../src/control/control_protocol.ts";
import { AlreadyRunningError, ControlServer } from "../../src/control/control_server.ts";
import type { Log } from "../../src/log.ts";

const SILENT: Log = { debug() {}, info() {}, warning() {}, error() {} };

const STATUS: MonitorStatus = {
  running: true,
  pid: 1,
  version: "0.0.0",
  startedAt: "2026-02-19T13:41:59.587Z",
  address: { host: "127.0.0.1", port: 8888 },
  mode: "monitor",
  mitm: true,
  counters: {
    connections: 1,
    activeConnections: 0,
    requests: 1,
    intercepted: 0,
    tunnelled: 0,
    threats: 0,
    suppressed: 0,
    blocked: 0,
    suppressedFindings: 0,
    undecodable: 0,
    droppedRequestRecords: 0,
    workerRestarts: 0,
    bytesOut: 0,
    bytesIn: 0,
    scannedBytes: 0,
    unscannedBytes: 0,
  },
  lastThreats: [],
  coverage: [],
  suppressions: [],
};

function answer(command: ControlCommand): Promise<ControlAnswer> {
  switch (command) {
    case "status":
      return Promise.resolve({ ok: true, command, status: STATUS });
    case "stop":
      return Promise.resolve({ ok: true, command });
    case "reload":
      return Promise.resolve({ ok: true, command, ignored: ["workers"] });
  }
}

/** Runs `body` with the path of a socket in a directory of its own. */
async function withSocket(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(`${directory}/control.sock`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Writes the pieces one after the other and reads to the end. */
async function exchange(
  path: string,
  pieces: readonly string[],
  ending: "half-close" | "open",
): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path });
  for (const piece of pieces) await connection.write(new TextEncoder().encode(piece));
  if (ending === "half-close") await connection.closeWrite();
  return await new Response(connection.readable).text();
}

Deno.test("`ControlServer` answers status over a socket of mode 0600", async () => {
  await withSocket(async (path) => {
    await using _server = await ControlServer.listen(path, { answer, log: SILENT });
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const answered = await askControl(path, "status");
    assert.deepEqual(answered, { ok: true, command: "status", status: STATUS });
  });
});

Deno.test("`ControlServer` answers requests however they are cut", async (t) => {
  const request = '{"command":"status"}\n';
  const answered = `${JSON.stringify(await answer("status"))}\n`;
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ["whole", [request], answered],
    ["one byte at a time", [...request], answered],
    ["with trailing bytes", [request + '{"comm'], answered],
    ["two in one write", [request + request], answered + answered],
    ["a carriage return before the line feed", ['{"command":"status"}\r\n'], answered],
    ["half a line, then the end", ['{"command":"sta'], ""],
    ["nothing", [], ""],
  ];
  for (const [reason, pieces, expected] of cases) {
    await t.step(reason, () =>
      withSocket(async (path) => {
        await using _server = await ControlServer.listen(path, { answer, log: SILENT });
        assert.equal(await exchange(path, pieces, "half-close"), expected);
      }));
  }
});

Deno.test("`ControlServer` refuses what is no request and hangs up", async (t) => {
  const tooLong = `Cannot read line: it is longer than ${MAX_REQUEST_BYTES} bytes`;
  const cases: readonly (readonly [string, string, string])[] = [
    ["no JSON", "status\n", "it is no request"],
    ["an empty line", "\n", "it is no request"],
    ["JSON that is no object", "[1]\n", "it is no request"],
    ["null", "null\n", "it is no request"],
    ["an unknown command", '{"command":"reboot"}\n', "it is no request"],
    ["bytes that are no UTF-8", "{\xff}\n", "it is no request"],
    ["a line that is too long", `${" ".repeat(MAX_REQUEST_BYTES + 1)}\n`, tooLong],
    ["a line that never ends", "x".repeat(MAX_REQUEST_BYTES + 1), tooLong],
  ];
  for (const [reason, sent, expected] of cases) {
    await t.step(reason, () =>
      withSocket(async (path) => {
        await using _server = await ControlServer.listen(path, { answer, log: SILENT });
        const answered = JSON.parse(await exchange(path, [sent], "open"));
        assert.equal(answered.ok, false);
        assert.ok(answered.error.includes(expected), answered.error);
      }));
  }
});

Deno.test("`ControlServer` answers with the error of a command that fails", async () => {
  await withSocket(async (path) => {
    const failing = () => Promise.reject(new Error("Cannot answer: the monitor is starting"));
    await using _server = await ControlServer.listen(path, { answer: failing, log: SILENT });
    const answered = await askControl(path, "status");
    assert.deepEqual(answered, { ok: false, error: "Cannot answer: the monitor is starting" });
  });
});

Deno.test("`ControlServer` drops a connection that asks nothing", async () => {
  await withSocket(async (path) => {
    await using _server = await ControlServer.listen(path, {
      answer,
      log: SILENT,
      idleTimeoutMs: 1,
    });
    assert.equal(await exchange(path, [], "open"), "");
  });
});

Deno.test("`ControlServer` refuses a second one and removes its socket at the end", async () => {
  await withSocket(async (path) => {
    {
      await using _server = await ControlServer.listen(path, { answer, log: SILENT });
      await assert.rejects(ControlServer.listen(path, { answer, log: SILENT }), {
        name: AlreadyRunningError.name,
        message: `Cannot start on "${path}": a monitor is already running there, stop it first`,
      });
      assert.equal((await askControl(path, "status")).ok, true);
    }
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    await using _next = await ControlServer.listen(path, { answer, log: SILENT });
  });
});

Deno.test("`ControlServer` replaces what is stale", async (t) => {
  await t.step("a socket whose process was killed", () =>
    withSocket(async (path) => {
      const script = `Deno.listen({ transport: "unix", path: ${JSON.stringify(path)} });` +
        `Deno.kill(Deno.pid, "SIGKILL");`;
      const { signal } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", script],
        stderr: "null",
      }).output();
      assert.equal(signal, "SIGKILL");
      assert.equal((await Deno.lstat(path)).isSocket, true);
      await assert.rejects(askControl(path, "status"), NotRunningError);
      await using _server = await ControlServer.listen(path, { answer, log: SILENT });
      assert.equal((await askControl(path, "status")).ok, true);
    }));
  await t.step("a file of another kind", () =>
    withSocket(async (path) => {
      await Deno.writeTextFile(path, "");
      await using _server = await ControlServer.listen(path, { answer, log: SILENT });
      assert.equal((await askControl(path, "status")).ok, true);
    }));
});

Deno.test("`ControlServer` keeps the connection that asked to stop until it ends itself", async () => {
  await withSocket(async (path) => {
    const server = await ControlServer.listen(path, { answer, log: SILENT, idleTimeoutMs: 1 });
    using connection = await Deno.connect({ transport: "unix", path });
    await connection.write(new TextEncoder().encode('{"command":"stop"}\n'));
    const block = new Uint8Array(99);
    const length = await connection.read(block);
    assert.equal(
      new TextDecoder().decode(block.subarray(0, length!)),
      '{"ok":true,"command":"stop"}\n',
    );
    const end = connection.read(block);
    await server[Symbol.asyncDispose]();
    assert.equal(await end, null);
  });
});
