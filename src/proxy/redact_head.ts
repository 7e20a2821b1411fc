/** Secrets in a request head → markers. Pure but for the marker's keyed fingerprint. */
import { HeaderList } from "../http1/header_list.ts";
import type { RequestHead } from "../http1/message_head.ts";
import type { Ruling } from "./exchange.ts";

/** A request line and headers in which nothing has to be stopped any more. */
export interface RedactedHead {
  readonly head: RequestHead;
  readonly path: string;
}

/** What `redactHead` works on. */
export interface RedactHeadOptions {
  readonly path: string;
  /** Those whose action is `redact`. */
  readonly rulings: readonly Ruling[];
  readonly marker: (ruling: Ruling) => string;
}

/**
 * Replaces every secret where it stands.
 *
 * @returns undefined if one of them does not stand there literally (it was found in a decoded view)
 */
export function redactHead(
  head: RequestHead,
  { path, rulings, marker }: RedactHeadOptions,
): RedactedHead | undefined {
  let target = path;
  let entries = head.headers.entries;
  for (const ruling of rulings) {
    const { secret } = ruling.finding;
    if (ruling.location === "url") {
      if (!target.includes(secret)) return undefined;
      // Brackets are not for queries and paths. RFC 3986 §3.3.
      target = target.replaceAll(secret, encodeURIComponent(marker(ruling)));
      continue;
    }
    const name = ruling.location.replace(/^header:/, "");
    const isHit = entries.some(([key, value]) =>
      key.toLowerCase() === name && value.includes(secret)
    );
    if (!isHit) return undefined;
    entries = entries.map(([key, value]) =>
      key.toLowerCase() === name
        ? [key, value.replaceAll(secret, marker(ruling))] as const
        : [key, value] as const
    );
  }
  return { head: { ...head, headers: HeaderList.from(entries) }, path: target };
}
