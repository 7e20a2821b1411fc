/**
 * The one error class of HTTP: which status answers it, and whose fault it was.
 *
 * Messages name positions, counts and byte values, never text of a header, target or body: they
 * are logged, and what was refused may hold a secret. `proxy/refuse.ts` alone turns an HttpError
 * into a response.
 */

/** Who broke the rule: the peer that sent the request, the one that answered, or this program. */
export type Fault = "client" | "origin" | "proxy";

/** A peer whose bytes are parsed. */
export type Peer = "client" | "origin";

/** An exchange that cannot go on. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  /** The status of the answer to the client: 400, 431, 502 … */
  readonly status: number;
  readonly fault: Fault;

  /** Takes a message of the form `Cannot <do what>: <state found, state needed>`. */
  constructor(status: number, fault: Fault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.fault = fault;
  }
}

/** Makes the error for bytes that break the grammar: 400 from a client, 502 from an origin. */
export function malformed(peer: Peer, message: string): HttpError {
  return new HttpError(peer === "client" ? 400 : 502, peer, message);
}

/** Makes the error for a head or trailer over its limit: 431 from a client, 502 from an origin. */
export function tooLarge(peer: Peer, message: string): HttpError {
  return new HttpError(peer === "client" ? 431 : 502, peer, message);
}
