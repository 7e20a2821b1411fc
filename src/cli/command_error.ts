/** A command could not be done, for a reason that a person can act on: exit code 1, one line. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
