/** The PID file: written over a stale one, removed only by the one who wrote it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PidFile } from "../../src/cli/pid_file.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

Deno.test("`PidFile` replaces a stale file and removes its own", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "monitor.pid");
  await Deno.writeTextFile(path, "99999\n");
  {
    using _file = await PidFile.write(path, 12);
    assert.equal(await Deno.readTextFile(path), "12\n");
  }
  assert.deepEqual([...Deno.readDirSync(directory.path)], []);
});

Deno.test("`PidFile` leaves a file that another has written or removed", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "monitor.pid");
  {
    using _first = await PidFile.write(path, 12);
    await Deno.writeTextFile(path, "13\n");
  }
  assert.equal(await Deno.readTextFile(path), "13\n");
  {
    using _second = await PidFile.write(path, 14);
    await Deno.remove(path);
  }
});
