/** The mode decides how a body is watched: `Tap` only looks, `HoldBack` can stop it. */
import type { HeaderList } from "../http1/header_list.ts";
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

/** Makes the filter of one body. */
export function bodyFilter(
  proxy: Proxy,
  exchange: Exchange,
  options: BodyFilterOptions,
): BodyFilter {
  return proxy.config.mode === "block"
    ? new HoldBack(proxy, exchange, options)
    : new Tap(proxy, exchange, options);
}

/** Whether a body may change its length on its way, so that its framing has to allow for it. */
export function mayRedact({ config }: Proxy): boolean {
  return config.mode === "block" && Object.values(config.actions).includes("redact");
}
