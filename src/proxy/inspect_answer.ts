/** An answer's head, and the trailers of either message, judged before they go on. */
import type { HeaderList } from "../http1/header_list.ts";
import { scanHead } from "../scan/head_scanner.ts";
import type { Direction } from "../scan/rule.ts";
import type { Exchange } from "./exchange.ts";
import type { Proxy } from "./proxy.ts";

/** Whose message fields belong to. */
export interface InspectFieldsOptions {
  readonly exchange: Exchange;
  readonly proxy: Proxy;
}

/** Scans an answer's head. @throws {BlockedError} if it may not go on */
export function inspectAnswerHead(headers: HeaderList, options: InspectFieldsOptions): void {
  inspectFields(headers, { ...options, direction: "inbound", location: "header" });
}

/** Scans the trailers of a message. @throws {BlockedError} if they may not go on */
export function inspectTrailers(
  headers: HeaderList,
  options: InspectFieldsOptions & { readonly direction: Direction },
): void {
  inspectFields(headers, { ...options, location: "trailer" });
}

function inspectFields(
  { entries }: HeaderList,
  { exchange, proxy, direction, location }: InspectFieldsOptions & {
    readonly direction: Direction;
    readonly location: string;
  },
): void {
  const findings = scanHead(proxy.ruleSet, { target: "", headers: entries }, { direction });
  if (findings.length > 0) exchange.reportOrBlock(findings, { direction, location });
}
