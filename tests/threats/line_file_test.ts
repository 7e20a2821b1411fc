import assert from "node:assert/strict";
import { join } from "node:path";
import { LineFile } from "../../src/threats/line_file.ts";
import { hasProgram } from "../support/has_program.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Runs `act` on a file that is not there yet. */
async function withPath(act: (path: string) => void | Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  await act(join(directory.path, "log.jsonl"));
}

Deno.test("`LineFile` makes the file for its owner only and appends to it", () =>
  withPath((path) => {
    using file = new LineFile(path);
    assert.equal(file.size(), 0);
    file.append(["one", "two"]);
    file.append(["three"]);
    assert.equal(Deno.readTextFileSync(path), "one\ntwo\nthree\n");
    assert.equal(file.size(), 14);
    if (Deno.build.os !== "windows") assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("`LineFile` begins on a fresh line after one torn by a crash", () =>
  withPath((path) => {
    Deno.writeTextFileSync(path, 'one\n{"torn');
    using file = new LineFile(path);
    file.append(["two"]);
    assert.equal(Deno.readTextFileSync(path), 'one\n{"torn\ntwo\n');
  }));

Deno.test("`LineFile` follows its path when the file is deleted or rotated away", () =>
  withPath((path) => {
    using file = new LineFile(path);
    file.append(["one"]);
    Deno.removeSync(path);
    file.append(["two"]);
    assert.equal(Deno.readTextFileSync(path), "two\n");
    Deno.renameSync(path, `${path}.1`);
    Deno.writeTextFileSync(path, "by another\n");
    file.append(["three"]);
    assert.equal(Deno.readTextFileSync(path), "by another\nthree\n");
    assert.equal(Deno.readTextFileSync(`${path}.1`), "two\n");
  }));

Deno.test("`LineFile` throws where there is no directory, and works once there is", () =>
  withPath((path) => {
    const inner = join(`${path}.d`, "log");
    using file = new LineFile(inner);
    assert.throws(() => file.append(["one"]), Deno.errors.NotFound);
    Deno.mkdirSync(`${path}.d`);
    file.append(["two"]);
    assert.equal(Deno.readTextFileSync(inner), "two\n");
  }));

Deno.test({
  name: "`LineFile` reports a full disk",
  ignore: Deno.build.os !== "linux",
  fn() {
    using file = new LineFile("/dev/full");
    assert.throws(() => file.append(["one"]), /No space left/);
  },
});

const WRITERS = 4;
const BATCHES = 200;

/** What one writer process runs. */
function writerScript(path: string, name: string): string {
  const module = new URL("../../src/threats/line_file.ts", import.meta.url);
  return `
    import { LineFile } from "${module}";
    const file = new LineFile(${JSON.stringify(path)});
    for (let batch = 0; batch < ${BATCHES}; batch++) {
      file.append([1, 2, 3].map((line) => JSON.stringify({ name: "${name}", batch, line, pad: "${
    name.repeat(3_000)
  }" })));
    }
  `;
}

Deno.test("`LineFile` never mixes the lines of several writers", () =>
  withPath(async (path) => {
    const writers = Array.from({ length: WRITERS }, async (_, index) => {
      const script = `${path}.${index}.ts`;
      await Deno.writeTextFile(script, writerScript(path, `${index}`));
      return await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--allow-read", "--allow-write", "--no-check", script],
        stderr: "piped",
      }).output();
    });
    for (const { code, stderr } of await Promise.all(writers)) {
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    }
    // A writer that opens the file while another's batch is on its way closes that off: an empty line.
    const written = Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
    const lines = written.map((line) => JSON.parse(line));
    assert.equal(lines.length, WRITERS * BATCHES * 3);
    // A batch is one write, so that its three lines stand together.
    lines.forEach(({ line, name, batch }, at) => {
      if (line === 1) return;
      assert.deepEqual([lines[at - 1].name, lines[at - 1].batch], [name, batch]);
    });
  }));

/** Fills a file up to the limit of its process, as a disk is filled: the last write takes a part. */
function cutScript(path: string): string {
  const module = new URL("../../src/threats/line_file.ts", import.meta.url);
  return `
    import { LineFile } from "${module}";
    const file = new LineFile(${JSON.stringify(path)});
    file.append(["a".repeat(700_000)]);
    try {
      file.append(["b".repeat(700_000)]);
    } catch (error) {
      console.log(error.message);
    }
    Deno.truncateSync(${JSON.stringify(path)}, 800_000);
    file.append(["c"]);
  `;
}

Deno.test({
  name: "`LineFile` closes off a line that a full disk cut",
  ignore: !hasProgram("bash"),
  fn: () =>
    withPath(async (path) => {
      await Deno.writeTextFile(`${path}.ts`, cutScript(path));
      const limited = 'trap \'\' XFSZ; ulimit -f 1024; exec "$0" run -A --no-check "$1"';
      const { stdout, stderr } = await new Deno.Command("bash", {
        args: ["-c", limited, Deno.execPath(), `${path}.ts`],
        // A cache of its own: one in use is larger than the limit.
        env: { DENO_DIR: `${path}.cache` },
        stderr: "piped",
      }).output();
      const decoder = new TextDecoder();
      assert.match(decoder.decode(stdout), /File too large/, decoder.decode(stderr));
      const lines = Deno.readTextFileSync(path).split("\n");
      assert.deepEqual(lines.map((line) => line.length), [700_000, 99_999, 1, 0]);
    }),
});
