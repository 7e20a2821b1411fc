/** Passes frames through the filter of one direction of a WebSocket, without a network. */
import { BlockedError } from "../../src/proxy/blocked_error.ts";
import { Exchange } from "../../src/proxy/exchange.ts";
import type { BodyFilter } from "../../src/proxy/pass_body.ts";
import type { Proxy } from "../../src/proxy/proxy.ts";
import type { WebSocketFilterOptions } from "../../src/proxy/websocket_tap.ts";
import { negotiatedExtensions } from "../../src/websocket/negotiated_extensions.ts";
import { bytesOf } from "./latin1_bytes.ts";
import { latin1 } from "./stream_pair.ts";

/** `WebSocketTap` or `WebSocketGuard`. */
export type WebSocketFilterClass = new (
  proxy: Proxy,
  exchange: Exchange,
  options: WebSocketFilterOptions,
) => BodyFilter;

/** Passes `pieces` (latin1) outbound; what stopped them, if anything did. */
export async function passFrames(
  Filter: WebSocketFilterClass,
  proxy: Proxy,
  { pieces, extensions }: { readonly pieces: readonly string[]; readonly extensions?: string },
): Promise<{ readonly released: string; readonly blocked: BlockedError | undefined }> {
  const exchange = new Exchange(proxy, {
    source: "127.0.0.1",
    protocol: "ws",
    origin: { scheme: "http", host: "origin.example", port: 80 },
    method: "GET",
    url: "http://origin.example/",
    isIntercepted: false,
  });
  const filter = new Filter(proxy, exchange, {
    direction: "outbound",
    extensions: negotiatedExtensions(extensions),
  });
  let released = "";
  try {
    for (const piece of pieces) {
      released += latin1(await filter.push(bytesOf(piece)));
      await filter.settle();
    }
    await filter.end();
    return { released, blocked: undefined };
  } catch (error) {
    if (!(error instanceof BlockedError)) throw error;
    return { released, blocked: error };
  } finally {
    filter.close();
    proxy.evidence.flush();
    proxy.evidence.taken();
  }
}
