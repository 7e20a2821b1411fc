/** How a person calls this program: as the compiled executable, or as a task of the checkout. */

/** The command line of `command`, for hints: `clawsec env` or `deno task env`. */
export function invocation(command: string): string {
  return Deno.build.standalone ? `clawsec ${command}` : `deno task ${command}`;
}
