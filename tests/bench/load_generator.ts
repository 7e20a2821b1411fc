/** The load generator, built from the C beside this file, and its runs. */
import { fileURLToPath } from "node:url";
import { hasProgram } from "../support/has_program.ts";
import { runProgram } from "../support/run_program.ts";

const SOURCE_FILE = fileURLToPath(new URL("load_generator.c", import.meta.url));

/** What a run measured. */
export interface LoadResult {
  /** Answered with status 200, whole. */
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
  /** Of HTTP, both ways. */
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Whom to load with what. */
export interface Load {
  /** `absolute`, `tunnel`: through a proxy; `origin`, `tls`: to the origin itself. */
  readonly mode: "absolute" | "tunnel" | "origin" | "tls";
  readonly port: number;
  /** `localhost:8080`. */
  readonly authority: string;
  readonly path: string;
  /** Further flags: see the C file. */
  readonly flags: readonly string[];
}

/** Runs loads. */
export type RunLoad = (load: Load) => Promise<LoadResult>;

/**
 * Compiles the load generator into `directory`.
 *
 * @throws {Error} without a C compiler or OpenSSL's headers.
 */
export async function buildLoadGenerator(directory: string): Promise<RunLoad> {
  const compiler = ["cc", "gcc", "clang"].find(hasProgram);
  if (compiler === undefined) throw new Error("Cannot build the load generator: no C compiler");
  const program = `${directory}/load_generator`;
  const args = ["-O2", "-o", program, SOURCE_FILE, "-lssl", "-lcrypto"];
  const { code, stderr } = await runProgram(compiler, args);
  if (code !== 0) throw new Error(`Cannot build the load generator: ${stderr}`);
  return async ({ mode, port, authority, path, flags }) => {
    const load = ["-m", mode, ...flags, `127.0.0.1:${port}`, authority, path];
    const { success, stdout, stderr } = await new Deno.Command(program, { args: load }).output();
    const decoder = new TextDecoder();
    if (!success) {
      throw new Error(`Cannot run load ${load.join(" ")}: ${decoder.decode(stderr)}`);
    }
    return JSON.parse(decoder.decode(stdout)) as LoadResult;
  };
}
