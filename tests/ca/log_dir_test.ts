import assert from "node:assert/strict";
import { CaError } from "../../src/ca/ca_error.ts";
import { prepareLogDir } from "../../src/ca/log_dir.ts";
import { tempDir } from "./programs.ts";

const IS_WINDOWS = Deno.build.os === "windows";
const IS_ROOT = !IS_WINDOWS && Deno.uid() === 0;

async function modeOf(path: string): Promise<number> {
  return (await Deno.lstat(path)).mode! & 0o7777;
}

function names(path: string): readonly string[] {
  return [...Deno.readDirSync(path)].map((entry) => entry.name);
}

/** Asserts a `CaError` of one line that names the path and matches `message`. */
async function assertRefused(path: string, message: RegExp): Promise<void> {
  await assert.rejects(prepareLogDir(path), (error: unknown) => {
    assert.ok(error instanceof CaError);
    assert.match(error.message, /^Cannot use log_dir "[^\n]+$/);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("`prepareLogDir()` makes a missing directory for its owner only", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/logs`;
  assert.equal(await prepareLogDir(path), path);
  assert.equal(await modeOf(path), 0o700);
  assert.deepEqual(names(path), []);
});

Deno.test("`prepareLogDir()` makes missing parents for their owner only", async () => {
  await using dir = await tempDir();
  await prepareLogDir(`${dir.path}/a/b/c`);
  for (const path of ["a", "a/b", "a/b/c"]) {
    assert.equal(await modeOf(`${dir.path}/${path}`), 0o700, path);
  }
});

Deno.test("`prepareLogDir()` takes its own directory again and leaves it as it was", async () => {
  await using dir = await tempDir();
  await dir.write("threats.jsonl", "{}\n");
  assert.equal(await prepareLogDir(`${dir.path}/.//`), dir.path);
  assert.deepEqual(names(dir.path), ["threats.jsonl"]);
  assert.equal(await modeOf(dir.path), 0o700);
});

Deno.test("`prepareLogDir()` agrees with itself when several make one directory at once", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/a/b`;
  const made = await Promise.all(Array.from({ length: 8 }, () => prepareLogDir(path)));
  assert.deepEqual(new Set(made), new Set([path]));
  assert.deepEqual(names(path), []);
});

Deno.test({
  name: "`prepareLogDir()` refuses a symbolic link, however it is written",
  ignore: IS_WINDOWS,
  async fn() {
    await using dir = await tempDir();
    await Deno.mkdir(`${dir.path}/real`, { mode: 0o700 });
    await Deno.symlink(`${dir.path}/real`, `${dir.path}/link`);
    await Deno.symlink(`${dir.path}/nowhere`, `${dir.path}/dangling`);
    for (
      const end of ["link", "link/", "link//", "link/.", "link/./", "real/../link", "dangling"]
    ) {
      await assertRefused(`${dir.path}/${end}`, /it is a symbolic link, set log_dir to/);
    }
    assert.deepEqual(names(`${dir.path}/real`), []);
  },
});

Deno.test("`prepareLogDir()` refuses a file", async () => {
  await using dir = await tempDir();
  const path = await dir.write("file", "");
  await assertRefused(path, /it is no directory/);
  await assertRefused(`${path}/below`, /log_dir/);
});

Deno.test({
  name: "`prepareLogDir()` refuses a directory open to others and names the command",
  ignore: IS_WINDOWS,
  async fn() {
    await using dir = await tempDir();
    const rows: readonly (readonly [string, number])[] = [
      ["group reads", 0o740],
      ["group enters", 0o710],
      ["group writes", 0o720],
      ["others enter", 0o701],
      ["everyone may do everything", 0o777],
      ["sticky, as /tmp is", 0o1777],
    ];
    for (const [reason, mode] of rows) {
      await Deno.chmod(dir.path, mode);
      const octal = mode.toString(8).padStart(4, "0");
      await assertRefused(
        dir.path,
        new RegExp(`mode ${octal} lets others in, run: chmod 700 ${dir.path}$`),
      ).catch((error) => {
        throw new Error(reason, { cause: error });
      });
      assert.equal(await modeOf(dir.path), mode, "it is not repaired");
    }
    assert.deepEqual(names(dir.path), []);
  },
});

Deno.test({
  name: "`prepareLogDir()` quotes a path for the shell",
  ignore: IS_WINDOWS,
  async fn() {
    await using dir = await tempDir();
    const path = `${dir.path}/it's; here`;
    await Deno.mkdir(path);
    await Deno.chmod(path, 0o755);
    await assertRefused(path, /chmod 700 '.*\/it'\\''s; here'$/);
  },
});

Deno.test({
  name: "`prepareLogDir()` refuses another user's directory, for root too (runs as root)",
  ignore: !IS_ROOT,
  async fn() {
    await using dir = await tempDir();
    await Deno.chown(dir.path, 65_534, 65_534);
    await assertRefused(dir.path, /it belongs to user 65534 and not to us \(user 0\).*chown 0 /);
    assert.deepEqual(names(dir.path), []);
  },
});

Deno.test({
  name: "`prepareLogDir()` refuses a directory it may not write to (runs as another than root)",
  ignore: IS_WINDOWS || IS_ROOT,
  async fn() {
    await using dir = await tempDir();
    await Deno.chmod(dir.path, 0o500);
    await assertRefused(dir.path, /no file can be made in it/);
    await Deno.chmod(dir.path, 0o700);
  },
});
