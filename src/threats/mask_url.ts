/**
 * URLs and host names as they travel → as they may be written down: without userinfo, without
 * values under secret-looking names, without known token path segments, and without the secrets the scanner found in
 * them. Works on the text, so that the form (absolute, origin, authority) stays; it validates nothing
 * and never throws.
 *
 * Invariant: a secret handed in that cannot be located in the URL (because it stood there encoded)
 * costs the whole path and query: then only scheme and host are written.
 */
import { revealed } from "./redact.ts";
import { isSecretName, isTokenLike } from "./secret_shapes.ts";
import { visibleText } from "./visible_text.ts";

/** Longer URLs are cut: the record is for people, 2,048 is what browsers of old took. */
const MAX_URL_CHARS = 2_048;
const ELLIPSIS = "...";

const SCHEME_AND_AUTHORITY_REGEXP = /^(?:([a-z][a-z0-9+.-]*:)?\/\/)([^/?#]*)/i;

/** Path segments that are credentials by their provider's documentation; group 1 is kept. */
const TOKEN_PATHS: readonly RegExp[] = [
  // https://core.telegram.org/bots/api#making-requests
  /(\/(?:file\/)?bot)\d+(?::|%3a)[\w-]+/gi,
  // https://api.slack.com/messaging/webhooks
  /(\/(?:services|workflows|triggers)\/[TE]\w+\/\w+\/)[\w/-]+/g,
  // https://discord.com/developers/docs/resources/webhook#execute-webhook
  /(\/webhooks\/\d+\/)[\w-]+/g,
  // https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors
  /(\/webhookb?2?\/)[\w-]+@[\w-]+\/IncomingWebhook\/[\w/-]+/gi,
];

/** An IPv6 literal, with or without a port: it holds no label that looks random. */
const IPV6_HOST_REGEXP = /^\[[0-9a-f:.]+\](?::\d+)?$/i;

/**
 * Masks a request target of any form. `secrets` are the secrets (latin1) found in this URL.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(maskUrl("https://me:pw@a.example/x?token=1&q=2"), "https://...@a.example/x?token=...&q=2");
 * ```
 */
export function maskUrl(url: string, secrets: readonly string[] = []): string {
  const prefix = SCHEME_AND_AUTHORITY_REGEXP.exec(url);
  const isAuthorityForm = prefix === null && !/[/?#]/.test(url);
  if (isAuthorityForm) return cut(maskAuthority(url, secrets));
  const authority = prefix?.[2] ?? "";
  const scheme = (prefix?.[0] ?? "").slice(0, (prefix?.[0].length ?? 0) - authority.length);
  const inAuthority = secrets.filter((secret) => contains(authority, secret));
  const host = maskAuthority(authority, inAuthority);
  const rest = url.slice(prefix?.[0].length ?? 0);
  const elsewhere = secrets.filter((secret) => !inAuthority.includes(secret));
  if (elsewhere.some((secret) => !contains(rest, secret))) {
    return cut(`${scheme}${maskHost(host, elsewhere)}/${ELLIPSIS}`);
  }
  const [, path = "", query, fragment] = /^([^?#]*)(\?[^#]*)?(#[^]*)?$/.exec(rest) ?? [];
  const masked = maskPath(path, elsewhere) + maskQuery(query ?? "", elsewhere) +
    (fragment === undefined ? "" : `#${ELLIPSIS}`);
  // A secret that spans two parts (`/a?b`) is in none of them.
  const whole = elsewhere.some((secret) => contains(masked, secret)) ? `/${ELLIPSIS}` : masked;
  return cut(scheme + host + whole);
}

/**
 * Masks secrets in `host` or `host:port`: a key may be sent out as a label of a name to resolve. A secret that
 * is not found literally stands there encoded: then every label that looks random is masked.
 */
export function maskHost(host: string, secrets: readonly string[] = []): string {
  if (secrets.length === 0) return visibleText(host);
  const masked = secrets.reduce(replaceSecret, host);
  if (masked !== host || IPV6_HOST_REGEXP.test(host)) return visibleText(masked);
  // A bracket that begins no address: no label of it can be told from a token.
  if (host.startsWith("[")) return ELLIPSIS;
  return visibleText(
    host.split(".").map((label) => isTokenLike(label) ? ELLIPSIS : label).join("."),
  );
}

function maskAuthority(authority: string, secrets: readonly string[]): string {
  const at = authority.lastIndexOf("@");
  return (at < 0 ? "" : `${ELLIPSIS}@`) + maskHost(authority.slice(at + 1), secrets);
}

function maskPath(path: string, secrets: readonly string[]): string {
  const known = TOKEN_PATHS.reduce((text, regexp) => text.replace(regexp, `$1${ELLIPSIS}`), path);
  const literal = secrets.reduce(replaceSecret, known);
  return literal.split("/").map((segment) => {
    return secrets.some((secret) => contains(segment, secret)) ? ELLIPSIS : segment;
  }).join("/");
}

function maskQuery(query: string, secrets: readonly string[]): string {
  return query.replace(/[^?&;]+/g, (part) => {
    const equals = part.indexOf("=");
    if (equals >= 0 && equals < part.length - 1 && isSecretName(decode(part.slice(0, equals)))) {
      return `${part.slice(0, equals)}=${ELLIPSIS}`;
    }
    const masked = secrets.reduce(replaceSecret, part);
    return secrets.some((secret) => contains(masked, secret)) ? ELLIPSIS : masked;
  });
}

/** Replaces a secret that stands there literally, whatever its case (host names have none). */
function replaceSecret(text: string, secret: string): string {
  if (secret === "") return text;
  let masked = text;
  const needle = secret.toLowerCase();
  for (let at = masked.toLowerCase().indexOf(needle); at >= 0;) {
    const shown = revealed(masked.slice(at, at + secret.length)) + ELLIPSIS;
    masked = masked.slice(0, at) + shown + masked.slice(at + secret.length);
    at = masked.toLowerCase().indexOf(needle, at + shown.length);
  }
  return masked;
}

function contains(text: string, secret: string): boolean {
  const needle = secret.toLowerCase();
  return text.toLowerCase().includes(needle) || decode(text).toLowerCase().includes(needle);
}

/** Percent-decodes to latin1 as a form would (`+` is a space); what is malformed stays. */
function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  return text.replaceAll("+", " ").replace(/%([0-9a-f]{2})/gi, (_, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
}

function cut(url: string): string {
  const text = visibleText(url);
  return text.length <= MAX_URL_CHARS ? text : text.slice(0, MAX_URL_CHARS) + ELLIPSIS;
}
