/** Tells our own faults from what peers do: broken connections are how many end. */
import { HttpError } from "../http1/http_error.ts";
import { BrokenExchangeError } from "./forward.ts";
import type { Proxy } from "./proxy.ts";

/** Logs what is a fault of ours; broken connections are ordinary and only seen at DEBUG. */
export function logUnexpected(error: unknown, proxy: Proxy): void {
  const cause = error instanceof BrokenExchangeError ? error.cause : error;
  if (isOrdinary(cause)) {
    proxy.log.debug(`Connection ended: ${cause.message}`);
    return;
  }
  const text = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
  proxy.log.error(`Cannot go on with a connection: ${text}`);
}

/** Errors that peers cause: resets, broken framing, closed sockets. */
function isOrdinary(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error instanceof HttpError || ORDINARY_NAMES.has(error.name)) return true;
  return ORDINARY_ERRORS.some((kind) => error instanceof kind) || "code" in error;
}

/** What our own code throws for what peers do. */
const ORDINARY_NAMES = new Set([
  "DialError",
  "SinkError",
  "StaleConnectionError",
  "StreamResetError",
]);

const ORDINARY_ERRORS = [
  Deno.errors.BadResource,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionAborted,
  Deno.errors.ConnectionReset,
  Deno.errors.Interrupted,
  Deno.errors.NotConnected,
  Deno.errors.TimedOut,
  Deno.errors.UnexpectedEof,
  Deno.errors.InvalidData,
];
