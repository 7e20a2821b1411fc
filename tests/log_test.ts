/** The operational log: format, levels, escapes, rotation, and a file that cannot be written. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createLog, formatLogLine, type LogLevel } from "../src/log.ts";

const NOW_MS = Date.UTC(2026, 1, 19, 13, 41, 59, 587);
const now = () => NOW_MS;

async function withDirectory(body: (directory: string) => Promise<void> | void): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("`formatLogLine()` writes time, level and message", () => {
  const lines = (["DEBUG", "INFO", "WARNING", "ERROR"] as const)
    .map((level) => formatLogLine(level, "message", NOW_MS));
  assert.deepEqual(lines, [
    "2026-02-19T13:41:59.587Z DEBUG message\n",
    "2026-02-19T13:41:59.587Z INFO  message\n",
    "2026-02-19T13:41:59.587Z WARNING message\n",
    "2026-02-19T13:41:59.587Z ERROR message\n",
  ]);
});

Deno.test("`formatLogLine()` escapes what would forge a line or move a cursor", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["a line feed", "a\n2026 INFO  forged", "a\\n2026 INFO  forged"],
    ["a carriage return", "a\rb", "a\\rb"],
    ["a terminal sequence", "\x1b[2J", "\\x1b[2J"],
    ["a colour", "\x1b[31mred", "\\x1b[31mred"],
    ["an 8-bit control", "\x9b2J", "\\x9b2J"],
    ["NUL and DEL", "\0\x7f", "\\x00\\x7f"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
    ["a right-to-left override", "a\u202eb", "a\\u202eb"],
    ["letters beyond ASCII stay", "é 鍵 🔑", "é 鍵 🔑"],
  ];
  for (const [reason, message, expected] of cases) {
    assert.equal(formatLogLine("INFO", message, NOW_MS).slice(31), `${expected}\n`, reason);
  }
});

Deno.test("`formatLogLine()` makes one bounded line of any message", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 20_000 }), (message) => {
    const line = formatLogLine("INFO", message, NOW_MS);
    assert.match(line, /^[^\n\r\u2028\u2029]*\n$/);
    // Four characters stand for one that is escaped.
    assert.ok(line.length < 8192 * 6 + 100);
  }));
});

Deno.test("`createLog()` writes what is at least at its level, to stderr and file alike", async (t) => {
  const cases: readonly (readonly [LogLevel, string])[] = [
    ["DEBUG", "DIWE"],
    ["INFO", "IWE"],
    ["WARNING", "WE"],
    ["ERROR", "E"],
  ];
  for (const [level, expected] of cases) {
    await t.step(level, () =>
      withDirectory(async (directory) => {
        const lines: string[] = [];
        {
          const stderr = (line: string) => lines.push(line);
          using log = createLog({ level, logDir: directory, stderr, now });
          log.debug("D");
          log.info("I");
          log.warning("W");
          log.error("E");
        }
        assert.equal(lines.map((line) => line.trimEnd().at(-1)).join(""), expected);
        assert.equal(await Deno.readTextFile(`${directory}/clawsec.log`), lines.join(""));
      }));
  }
});

Deno.test("`createLog()` works without a file", () => {
  const lines: string[] = [];
  using log = createLog({ level: "INFO", stderr: (line) => lines.push(line), now });
  log.info("here");
  log.flush();
  assert.deepEqual(lines, ["2026-02-19T13:41:59.587Z INFO  here\n"]);
});

Deno.test("`createLog()` goes on at the end of an older file", () =>
  withDirectory(async (directory) => {
    for (const message of ["first", "second"]) {
      using log = createLog({ level: "INFO", logDir: directory, stderr() {}, now });
      log.info(message);
    }
    const text = await Deno.readTextFile(`${directory}/clawsec.log`);
    assert.deepEqual(text.match(/\w+$/gm), ["first", "second"]);
  }));

Deno.test("`createLog()` keeps three files of mode 0600, the newest first", () =>
  withDirectory(async (directory) => {
    const line = formatLogLine("INFO", "0", NOW_MS).length;
    {
      using log = createLog({
        level: "INFO",
        logDir: directory,
        stderr() {},
        now,
        maxFileBytes: line * 2,
      });
      for (let i = 0; i < 9; i++) {
        log.info(String(i));
        log.flush();
      }
    }
    const contents: Record<string, string> = {};
    for await (const { name } of Deno.readDir(directory)) {
      const path = `${directory}/${name}`;
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600, name);
      contents[name] = (await Deno.readTextFile(path)).match(/\d$/gm)!.join("");
    }
    assert.deepEqual(contents, {
      "clawsec.log": "8",
      "clawsec.log.1": "67",
      "clawsec.log.2": "45",
    });
  }));

Deno.test("`createLog()` throws where there is no directory", () => {
  const options = { level: "INFO", logDir: "/nonexistent-clawsec", stderr() {} } as const;
  assert.throws(() => createLog(options), Deno.errors.NotFound);
});

Deno.test("`createLog()` survives a file that can no longer be written, and takes it up again", () =>
  withDirectory(async (directory) => {
    const lines: string[] = [];
    let nowMs = NOW_MS;
    using log = createLog({
      level: "INFO",
      logDir: directory,
      stderr: (line) => lines.push(line),
      now: () => nowMs,
      maxFileBytes: 1,
    });
    const say = (message: string) => {
      log.info(message);
      log.flush();
    };
    say("before");
    // Each line rotates: without its directory the file cannot be renamed.
    await Deno.rename(directory, `${directory}-gone`);
    say("lost");
    say("lost too");
    await Deno.rename(`${directory}-gone`, directory);
    say("still left alone");
    nowMs += 10_000;
    say("after");
    assert.deepEqual(lines.map((line) => line.slice(25).trimEnd().slice(0, 22)), [
      "INFO  before",
      "INFO  lost",
      "ERROR Cannot write log",
      "INFO  lost too",
      "INFO  still left alone",
      "INFO  after",
    ]);
    assert.match(await Deno.readTextFile(`${directory}/clawsec.log`), /INFO {2}after\n$/);
  }));
