/** The kernel's checked-in code is what its source compiles to. */
import assert from "node:assert/strict";
import { join } from "node:path";
import project from "../../deno.json" with { type: "json" };
import { SCAN_KERNEL_CODE } from "../../src/scan/scan_kernel_code.ts";

const directory = await Deno.makeTempDir();
const file = join(directory, "code.ts");
const { success, stderr } = build(file);

/** Does as the task does, but fetches nothing. */
function build(target: string): { readonly success: boolean; readonly stderr: string } {
  const [, run, ...words] = project.tasks.kernel.command.split(" ");
  const { success, stderr } = new Deno.Command(Deno.execPath(), {
    args: [run!, "--cached-only", ...words, target],
    cwd: new URL("../..", import.meta.url),
  }).outputSync();
  return { success, stderr: new TextDecoder().decode(stderr) };
}

Deno.test({
  name: "the task `kernel` writes what is checked in",
  // Only who has run it has its compiler.
  ignore: !success && stderr.includes("--cached-only"),
  fn: async () => {
    assert.ok(success, stderr);
    const present = new URL("../../src/scan/scan_kernel_code.ts", import.meta.url);
    assert.equal(await Deno.readTextFile(file), await Deno.readTextFile(present));
  },
});

Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

Deno.test("the kernel's code asks for nothing but its memory", () => {
  const code = Uint8Array.fromBase64(SCAN_KERNEL_CODE);
  assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(code)), [
    { module: "env", name: "memory", kind: "memory" },
  ]);
});
