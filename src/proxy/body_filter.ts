/** The mode decides how a body is watched: `Tap` only looks, `HoldBack` can stop it. */
import type { HeaderList } from "../http1/header_list.ts";
import { createMessageScanner, type MessageScanner } from "../scan/message_scanner.ts";
import type { Direction } from "../scan/rule.ts";
import type { Exchange } from "./exchange.ts";
import { HoldBack } from "./hold_back.ts";
import type { BodyFilter } from "./pass_body.ts";
import type { Proxy } from "./proxy.ts";
import { Tap } from "./tap.ts";

/** Whose body is watched. */
export interface BodyFilterOptions {
  readonly direction: Direction;
  readonly headers: HeaderList;
  /** What findings name as their place. @default {"body"} */
  readonly location?: string;
}

/** One body and who scans it. */
export interface WatchedBody {
  readonly proxy: Proxy;
  readonly exchange: Exchange;
  readonly direction: Direction;
  readonly location: string;
  /** Of the message; undefined: none. */
  readonly contentEncoding: string | undefined;
  readonly scanner: MessageScanner;
}

/** Makes the filter of one body. */
export function bodyFilter(
  proxy: Proxy,
  exchange: Exchange,
  { direction, headers, location = "body" }: BodyFilterOptions,
): BodyFilter {
  const contentEncoding = headers.getAll("content-encoding").join(", ") || undefined;
  const scanner = createMessageScanner(proxy.ruleSet, {
    direction,
    contentType: headers.get("content-type"),
    contentEncoding,
    maxScanBytes: proxy.config.maxScanBytes,
  });
  const body = { proxy, exchange, direction, location, contentEncoding, scanner };
  return proxy.config.mode === "block" ? new HoldBack(body) : new Tap(body);
}

/** Whether a body may change its length on its way, so that its framing has to allow for it. */
export function mayRedact({ config }: Proxy): boolean {
  return config.mode === "block" && Object.values(config.actions).includes("redact");
}
