/** A client connection as the parts that serve it see it. */
import type { Deadline } from "../net/deadlines.ts";
import type { BufferedStream } from "./buffered_stream.ts";
import type { Entrance } from "./decide.ts";

/** One connection, or one decrypted tunnel in it, with the place it came in by. */
export interface Client {
  readonly buffered: BufferedStream;
  /** The client's address without port. */
  readonly source: string;
  readonly entrance: Entrance;
  /** The connection's only time limit; moved from stage to stage. */
  readonly deadline: Deadline;
}
