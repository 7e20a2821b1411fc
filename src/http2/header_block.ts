/**
 * HTTP/2 header blocks ⇄ values. Pure.
 *
 * A block is a flat list of names and values, pseudo-header fields first (RFC 9113 §8.3). What
 * concerns one connection has no place in it (§8.2.2) and is dropped on its way out.
 */
import { type HeaderEntry, HeaderList } from "../http1/header_list.ts";

/** Fields of HTTP/1.1 connections. RFC 9113 §8.2.2. */
const CONNECTION_FIELDS = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** A header block as `node:http2` takes it: repeated names hold lists. */
export type HeaderObject = Record<string, string | string[]>;

/** A block taken apart. */
export interface HeaderBlock {
  /** With their colon: `:path`. */
  readonly pseudo: ReadonlyMap<string, string>;
  readonly headers: HeaderList;
}

/** Reads a flat list: name, value, name, value … */
export function parseHeaderBlock(raw: readonly string[]): HeaderBlock {
  const pseudo = new Map<string, string>();
  const entries: HeaderEntry[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!;
    const value = raw[index + 1]!;
    if (name.startsWith(":")) pseudo.set(name, value);
    else entries.push([name, value]);
  }
  return { pseudo, headers: HeaderList.from(entries) };
}

/** Reads what a listener of `node:http2` was given: the flat list where there is one. */
export function readHeaderBlock(headers: unknown, raw: readonly string[] | undefined): HeaderBlock {
  return parseHeaderBlock(raw ?? flatten(headers as Record<string, string | string[]>));
}

function flatten(headers: Readonly<Record<string, string | string[]>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().flatMap((each) => [name, String(each)])
  );
}

/** Writes fields for sending on, without those of a connection. `TE` may only say `trailers`. */
export function headerObject(
  pseudo: Readonly<Record<string, string>>,
  headers: HeaderList,
): HeaderObject {
  const object: HeaderObject = { ...pseudo };
  for (const [name, value] of headers.entries) {
    const lower = name.toLowerCase();
    if (CONNECTION_FIELDS.has(lower)) continue;
    if (lower === "te" && value.trim().toLowerCase() !== "trailers") continue;
    const present = object[lower];
    if (present === undefined) object[lower] = value;
    else object[lower] = Array.isArray(present) ? [...present, value] : [present, value];
  }
  return object;
}
