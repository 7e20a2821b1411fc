/**
 * Copies bytes between two streams in both directions, untouched.
 *
 * Back-pressure: a side is read again only when the other has taken what was read. Half-close: the
 * end of one direction is passed on and the other direction goes on (RFC 9110 §9.3.6).
 */
import type { ByteStream } from "./byte_stream.ts";

/** Bytes read at a time; one TLS record and some. */
const RELAY_BUFFER_BYTES = 32_768;

/** What went through, in bytes. */
export interface RelayTotals {
  readonly fromClient: number;
  readonly fromOrigin: number;
}

/** What a relay may be told. */
export interface RelayOptions {
  /** Sees each piece before it is passed on; must not keep or change it. */
  readonly onBytes?: (bytes: Uint8Array, from: "client" | "origin") => void;
  /** Called whenever a byte moved: the place to push an idle limit. */
  readonly onActivity?: () => void;
}

/**
 * Relays until both directions have ended, then closes both streams. A reset on one side ends both.
 * Never rejects: a broken connection is how tunnels end.
 */
export async function relay(
  client: ByteStream,
  origin: ByteStream,
  options: RelayOptions = {},
): Promise<RelayTotals> {
  const totals = { fromClient: 0, fromOrigin: 0 };
  const copy = async (from: "client" | "origin") => {
    const [source, sink] = from === "client" ? [client, origin] : [origin, client];
    const buffer = new Uint8Array(RELAY_BUFFER_BYTES);
    try {
      while (true) {
        const length = await source.read(buffer);
        if (length === 0) break;
        const bytes = buffer.subarray(0, length);
        options.onActivity?.();
        options.onBytes?.(bytes, from);
        await sink.write(bytes);
        totals[from === "client" ? "fromClient" : "fromOrigin"] += length;
      }
      await sink.closeWrite();
    } catch {
      // A reset or a time limit: neither side has anything left to say to the other.
      client.close();
      origin.close();
    }
  };
  await Promise.all([copy("client"), copy("origin")]);
  client.close();
  origin.close();
  return totals;
}
