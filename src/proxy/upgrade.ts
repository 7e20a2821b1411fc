/**
 * After a 101: the connections carry another protocol, relayed and scanned on its way.
 *
 * Of a WebSocket the messages are scanned, unmasked and inflated (`websocket_tap.ts`, in block mode
 * `websocket_guard.ts`); of any other protocol the bytes as they are. Back-pressure and half-close
 * are the relay's.
 */
import { HeaderList } from "../http1/header_list.ts";
import type { ResponseHead } from "../http1/message_head.ts";
import { relay } from "../net/relay.ts";
import type { Direction } from "../scan/rule.ts";
import { CLOSE_CODE, serializeClose } from "../websocket/close_frame.ts";
import { MASKING_KEY_BYTES } from "../websocket/masking.ts";
import { negotiatedExtensions } from "../websocket/negotiated_extensions.ts";
import type { BlockedError } from "./blocked_error.ts";
import { bodyFilter } from "./body_filter.ts";
import type { BufferedStream } from "./buffered_stream.ts";
import type { Client } from "./client.ts";
import type { Exchange } from "./exchange.ts";
import { FilteredStream } from "./filtered_stream.ts";
import type { BodyFilter } from "./pass_body.ts";
import type { Proxy } from "./proxy.ts";
import { WebSocketGuard } from "./websocket_guard.ts";
import { WebSocketTap } from "./websocket_tap.ts";

/** What an upgraded connection belongs to. */
export interface PassUpgradeOptions {
  readonly exchange: Exchange;
  readonly proxy: Proxy;
  /** The 101, as the origin sent it. */
  readonly answer: ResponseHead;
}

/** Relays and scans until both directions have ended; both streams are then closed. */
export async function passUpgrade(
  client: Client,
  origin: BufferedStream,
  { exchange, proxy, answer }: PassUpgradeOptions,
): Promise<void> {
  const { headers } = answer;
  if (headers.get("upgrade")?.trim().toLowerCase() !== "websocket") {
    return await passRaw(client, origin, { exchange, proxy });
  }
  if (exchange.protocol === "http") exchange.protocol = "ws";
  if (exchange.protocol === "https") exchange.protocol = "wss";
  const extensions = negotiatedExtensions(headers.getAll("sec-websocket-extensions").join(","));
  const Filter = proxy.config.mode === "block" ? WebSocketGuard : WebSocketTap;
  await relayFiltered(client, origin, {
    exchange,
    proxy,
    filterFor: (direction) => new Filter(proxy, exchange, { direction, extensions }),
    farewellTo: closeFrame,
  });
}

/** Relays bytes of an unknown protocol, scanned as they are, in block mode until the first match. */
export async function passRaw(
  client: Client,
  origin: BufferedStream,
  { exchange, proxy }: { exchange: Exchange; proxy: Proxy },
): Promise<void> {
  await relayFiltered(client, origin, {
    exchange,
    proxy,
    filterFor: (direction) =>
      bodyFilter(proxy, exchange, { direction, headers: NO_HEADERS, location: "stream" }),
    farewellTo: undefined,
  });
}

const NO_HEADERS = HeaderList.from([]);

interface RelayFilteredOptions {
  readonly exchange: Exchange;
  readonly proxy: Proxy;
  readonly filterFor: (direction: Direction) => BodyFilter;
  /** What a peer is told when the other's message was stopped; undefined: nothing can be said. */
  readonly farewellTo: ((peer: Peer, error: BlockedError) => Uint8Array) | undefined;
}

type Peer = "client" | "origin";

async function relayFiltered(
  client: Client,
  origin: BufferedStream,
  { exchange, proxy, filterFor, farewellTo }: RelayFilteredOptions,
): Promise<void> {
  let isStopped = false;
  const closeBoth = () => {
    client.buffered.stream.close();
    origin.stream.close();
  };
  const stop = farewellTo && async function (error: BlockedError): Promise<void> {
    if (isStopped) return;
    isStopped = true;
    // The relay goes on reading and dropping, so that the farewells are not lost in a reset.
    client.deadline.set(proxy.limits.lingerMs, closeBoth);
    await Promise.all([
      toClient.cut(farewellTo("client", error)),
      toOrigin.cut(farewellTo("origin", error)),
    ]);
  };
  const toClient = new FilteredStream(client.buffered.unread(), {
    filter: filterFor("inbound"),
    onBlocked: stop,
  });
  const toOrigin = new FilteredStream(origin.unread(), {
    filter: filterFor("outbound"),
    onBlocked: stop,
  });
  const onActivity = () => {
    if (!isStopped) client.deadline.set(proxy.limits.streamIdleMs, closeBoth);
  };
  onActivity();
  await relay(toClient, toOrigin, { onActivity });
  client.deadline.clear();
  exchange.bytesOut += toOrigin.writtenBytes;
  exchange.bytesIn += toClient.writtenBytes;
  await toOrigin.endFilter();
  await toClient.endFilter();
}

/** RFC 6455 §7.4.1: 1008 is for a message that breaks the policy of an endpoint. */
function closeFrame(peer: Peer, { pattern }: BlockedError): Uint8Array {
  return serializeClose({
    code: CLOSE_CODE.policyViolation,
    reason: `Stopped by ClawSec Monitor: ${pattern} in a message`,
    // An origin takes only masked frames.
    maskingKey: peer === "client"
      ? undefined
      : crypto.getRandomValues(new Uint8Array(MASKING_KEY_BYTES)),
  });
}
