/** Which Python has a module: the one in `PATH` may not be the one that the system's packages are for. */
import { hasProgram } from "./has_program.ts";
import { runProgram } from "./run_program.ts";

const found = new Map<string, Promise<string | undefined>>();

/**
 * Resolves to the Python that has `modules` (`"httpx, h2"`): the first in `PATH`, or the system's; asked once.
 * undefined: neither has.
 */
export function pythonWith(modules: string): Promise<string | undefined> {
  const known = found.get(modules) ?? findPython(modules);
  found.set(modules, known);
  return known;
}

async function findPython(modules: string): Promise<string | undefined> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    if (!python.startsWith("/") && !hasProgram(python)) continue;
    const run = runProgram(python, ["-c", `import ${modules}`]);
    if (await run.then(({ code }) => code === 0, () => false)) return python;
  }
  return undefined;
}
