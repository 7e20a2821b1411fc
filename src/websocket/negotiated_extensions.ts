/**
 * `Sec-WebSocket-Extensions` of an answer → what both sides agreed on (RFC 6455 §9.1, RFC 7692 §7.1).
 *
 * The answer decides: what the client offered does not count. A value that breaks the grammar is
 * read as far as it can be, since the peers will fail the connection by themselves.
 *
 * The window sizes are not read: a larger window than was agreed decodes all that a smaller one
 * does, and what a sender promised is no reason to miss what it sends.
 */

/** What one side does with its LZ77 window between messages. RFC 7692 §7.1.1. */
export type ContextTakeover = "kept" | "dropped";

/** permessage-deflate as it was agreed on, by the side that sends. */
export interface DeflateAgreement {
  readonly client: ContextTakeover;
  readonly server: ContextTakeover;
}

/** What was agreed on. */
export interface NegotiatedExtensions {
  /** Undefined where messages are not compressed. */
  readonly deflate: DeflateAgreement | undefined;
  /** Names of the others, lower-case: what they do to a frame is not known here. */
  readonly unknown: readonly string[];
}

/** Reads the field's value, its lines joined with commas; undefined where there was no field. */
export function negotiatedExtensions(value: string | undefined): NegotiatedExtensions {
  let deflate: DeflateAgreement | undefined;
  const unknown: string[] = [];
  // No parameter has a comma or a semicolon in it: a quoted value must be a token (RFC 6455 §9.1).
  for (const extension of (value ?? "").split(",")) {
    const [name = "", ...parameters] = extension.split(";").map((part) =>
      part.trim().toLowerCase()
    );
    if (name === "") continue;
    if (name !== "permessage-deflate") {
      unknown.push(name);
      continue;
    }
    const takeover = (sender: "client" | "server") =>
      parameters.includes(`${sender}_no_context_takeover`) ? "dropped" : "kept";
    deflate ??= { client: takeover("client"), server: takeover("server") };
  }
  return { deflate, unknown };
}
