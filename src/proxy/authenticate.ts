/**
 * Who a client is: with `proxy_token` set, it must give it as its password; the user name, which may be
 * any, becomes the label of its threats. RFC 7617 (Basic), RFC 9110 §11.7.
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { HttpError } from "../http1/http_error.ts";
import type { RequestHead } from "../http1/message_head.ts";

/** A label longer than this is cut. */
const MAX_LABEL_LENGTH = 64;

const BASIC_REGEXP = /^basic +([a-z0-9+/]+={0,2})\s*$/i;

/**
 * Checks `Proxy-Authorization`.
 *
 * @returns the client's label; undefined if it gave no name
 * @throws {HttpError} 407 if the token is asked for and not given
 */
export function authenticateHead(
  head: RequestHead,
  proxyToken: string | undefined,
): string | undefined {
  const [, encoded] = BASIC_REGEXP.exec(head.headers.get("proxy-authorization") ?? "") ?? [];
  const given = encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
  const colon = given?.indexOf(":") ?? -1;
  if (given === undefined || colon < 0) {
    if (proxyToken !== undefined) throw unauthenticated();
    return undefined;
  }
  if (!isToken(given.slice(colon + 1), proxyToken)) throw unauthenticated();
  return sourceLabel(given.slice(0, colon));
}

/** Whether a password is the token; any is where none is asked for. Takes as long wherever they differ. */
export function isToken(password: string, proxyToken: string | undefined): boolean {
  if (proxyToken === undefined) return true;
  const [given, wanted] = [Buffer.from(password), Buffer.from(proxyToken)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** A user name, fit for a log; undefined if there is none. */
export function sourceLabel(user: string): string | undefined {
  const label = user.replace(/[^\x21-\x7e]/g, "?").slice(0, MAX_LABEL_LENGTH);
  return label === "" ? undefined : label;
}

function unauthenticated(): HttpError {
  return new HttpError(
    407,
    "client",
    "Cannot serve the request: proxy_token is set, give it as the password of the proxy " +
      "(http://name:token@host:port)",
  );
}
