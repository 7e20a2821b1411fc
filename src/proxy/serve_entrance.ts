/**
 * A new client: its first byte says how it speaks. HTTP, SOCKS5 (RFC 1928 §3) and TLS share the port.
 */
import { looksLikeTls } from "../net/client_hello.ts";
import { SOCKS_VERSION } from "../net/socks5.ts";
import { callsOnAbort } from "./calls_on_abort.ts";
import type { Client } from "./client.ts";
import { logUnexpected } from "./log_unexpected.ts";
import type { Proxy } from "./proxy.ts";
import { serveClient } from "./serve_client.ts";
import { serveNamedTls } from "./serve_named_tls.ts";
import { serveSocks } from "./serve_socks.ts";

/** Serves a connection to its end and closes it. Never rejects for what a peer did. */
export async function serveEntrance(client: Client, proxy: Proxy): Promise<void> {
  const { stream, queue } = client.buffered;
  const serve = (inner: Client) => serveClient(inner, proxy);
  try {
    if (!await firstByte(client, proxy)) return;
    const first = queue.peek();
    if (first[0] === SOCKS_VERSION) await serveSocks(client, proxy, serve);
    else if (looksLikeTls(first)) await serveNamedTls(client, proxy, serve);
    else await serveClient(client, proxy);
  } catch (error) {
    logUnexpected(error, proxy);
  } finally {
    client.deadline.clear();
    stream.close();
  }
}

/** Waits for the client to say something; false if it doesn't. */
async function firstByte({ buffered, deadline }: Client, proxy: Proxy): Promise<boolean> {
  const close = () => buffered.stream.close();
  deadline.set(proxy.limits.clientIdleMs, close);
  const closedByDrain = callsOnAbort(proxy.draining);
  closedByDrain.add(close);
  try {
    return !proxy.draining.aborted && await buffered.fill();
  } finally {
    closedByDrain.delete(close);
    deadline.clear();
  }
}
