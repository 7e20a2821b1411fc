/**
 * Scans the messages of one direction of a WebSocket as they pass, in monitor mode: never alters,
 * delays or reorders a byte.
 *
 * Each message is scanned for itself, as its frames arrive; so is what a ping, a pong or a close
 * carries. A message that breaks RFC 6455 or can't be inflated is scanned as far as it goes, counted
 * as undecodable, and passed on like any other.
 */
import { HeaderList } from "../http1/header_list.ts";
import { RawInflater } from "../scan/raw_inflater.ts";
import type { Direction } from "../scan/rule.ts";
import {
  type MessageEnd,
  type MessageHandler,
  MessageReader,
} from "../websocket/message_reader.ts";
import type { NegotiatedExtensions } from "../websocket/negotiated_extensions.ts";
import { bodyFilter } from "./body_filter.ts";
import type { Exchange } from "./exchange.ts";
import type { BodyFilter } from "./pass_body.ts";
import type { Proxy } from "./proxy.ts";

/** Which direction is watched, and what was agreed on its frames. */
export interface WebSocketFilterOptions {
  readonly direction: Direction;
  readonly extensions: NegotiatedExtensions;
}

/** Watches one direction on behalf of the exchange that became a WebSocket. */
export class WebSocketTap implements BodyFilter {
  readonly #reader: MessageReader;
  #unscanned: Uint8Array[] = [];

  constructor(proxy: Proxy, exchange: Exchange, options: WebSocketFilterOptions) {
    const { direction, extensions } = options;
    const flaws = new FlawLog(proxy, exchange, direction);
    this.#reader = new MessageReader({
      sender: senderOf(direction),
      extensions,
      createInflater: () => new RawInflater(),
      onMessage: () => new TappedMessage(messageFilter(proxy, exchange, direction), flaws),
    });
  }

  push(bytes: Uint8Array): Uint8Array {
    this.#unscanned.push(bytes);
    return bytes;
  }

  async settle(): Promise<void> {
    const pieces = this.#unscanned;
    this.#unscanned = [];
    for (const piece of pieces) await this.#reader.read(piece);
  }

  async end(): Promise<void> {
    await this.#reader.end();
  }

  close(): void {
    this.#reader.close();
  }
}

class TappedMessage implements MessageHandler {
  readonly #filter: BodyFilter;
  readonly #flaws: FlawLog;

  constructor(filter: BodyFilter, flaws: FlawLog) {
    this.#filter = filter;
    this.#flaws = flaws;
  }

  text(bytes: Uint8Array): void | Promise<void> {
    this.#filter.push(bytes);
    return this.#filter.settle();
  }

  async end(end: MessageEnd): Promise<void> {
    // Cut off or not: what there was of it has gone.
    await this.#filter.end();
    await this.#filter.settle();
    this.#flaws.note(end);
  }
}

/** Counts the messages of a direction that could not be read whole, and warns of the first one. */
export class FlawLog {
  readonly #proxy: Proxy;
  readonly #exchange: Exchange;
  readonly #direction: Direction;
  #hasWarned = false;

  constructor(proxy: Proxy, exchange: Exchange, direction: Direction) {
    this.#proxy = proxy;
    this.#exchange = exchange;
    this.#direction = direction;
  }

  /** Notes how a message ended. */
  note({ flaw, unreadBytes }: Pick<MessageEnd, "flaw" | "unreadBytes">): void {
    if (flaw === undefined) return;
    const { counters, log } = this.#proxy;
    counters.undecodable++;
    counters.unscannedBytes += unreadBytes;
    // Once: a peer that breaks the rules in one message mostly breaks them in all.
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    log.warning(
      `Cannot read an ${this.#direction} WebSocket message of request ${this.#exchange.id} ` +
        `whole: ${flaw}`,
    );
  }
}

/** Who sends in a direction. */
export function senderOf(direction: Direction): "client" | "server" {
  return direction === "outbound" ? "client" : "server";
}

/** Makes the filter of one message's text. */
export function messageFilter(
  proxy: Proxy,
  exchange: Exchange,
  direction: Direction,
): BodyFilter {
  return bodyFilter(proxy, exchange, { direction, headers: NO_HEADERS, location: "websocket" });
}

const NO_HEADERS = HeaderList.from([]);
