/** Which programs this machine has. */

const found = new Map<string, boolean>();

/**
 * Says whether `name` can be run; asked once. A test that needs a program is ignored where it is missing:
 * `Deno.test({ ignore: !hasProgram("curl"), … })`.
 */
export function hasProgram(name: string): boolean {
  const known = found.get(name);
  if (known !== undefined) return known;
  const has = (Deno.env.get("PATH") ?? "").split(":").some((directory) => {
    try {
      return Deno.statSync(`${directory}/${name}`).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        return false;
      }
      throw error;
    }
  });
  found.set(name, has);
  return has;
}
