/**
 * Compiles `src/scan/scan_kernel.as`, which is AssemblyScript, and writes its code, in base64, into a module
 * that the program imports: so it is part of the module graph, and reading it needs no right.
 *
 *     deno task kernel [FILE]
 */
import { Buffer } from "node:buffer";
// deno-lint-ignore no-import-prefix -- only who builds the kernel fetches its compiler
import asc from "npm:assemblyscript@0.28.10/asc";

/** The compiler knows its own language by this ending, other tools take it for TypeScript. */
const SOURCE_NAME = "scan_kernel.ts";
const [target = new URL("../src/scan/scan_kernel_code.ts", import.meta.url)] = Deno.args;
const source = await Deno.readTextFile(new URL("../src/scan/scan_kernel.as", import.meta.url));

let code = new Uint8Array(0);
const { error, stderr } = await asc.main([
  SOURCE_NAME,
  ...["--outFile", "scan_kernel.wasm"],
  ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--importMemory"],
], {
  readFile: (name: string) => name === SOURCE_NAME ? source : null,
  writeFile: (_name: string, contents: string | Uint8Array) => {
    if (typeof contents !== "string") code = contents.slice();
  },
  listFiles: () => [],
});
if (error !== null) throw new Error(stderr.toString(), { cause: error });

const lines = Buffer.from(code).toString("base64").match(/.{1,92}/g) ?? [];
await Deno.writeTextFile(
  target,
  [
    "/** What scan_kernel.as compiles to, in base64. Written by `deno task kernel`. */",
    "export const SCAN_KERNEL_CODE = [",
    ...lines.map((line) => `  "${line}",`),
    '].join("");',
    "",
  ].join("\n"),
);
