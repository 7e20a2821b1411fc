/**
 * A reason not to start that a person has to remove: the state of `log_dir` or of the CA in it.
 *
 * Security fails closed: nothing here is repaired or replaced by the program, since a CA that
 * changes on its own breaks every client that trusts it and hides whoever changed it.
 */

/** Tells what is wrong with which file and the command that mends it, in one line for stderr. */
export class CaError extends Error {
  override readonly name = "CaError";
}
