/** Decrypts the TLS of a client and serves what is in it as any client connection. */
import { formatAuthority } from "../http1/request_target.ts";
import { type AcceptedTls, acceptTls } from "../net/accept_tls.ts";
import {
  type ClientHello,
  looksLikeTls,
  MAX_CLIENT_HELLO_BYTES,
  parseClientHello,
} from "../net/client_hello.ts";
import { BufferedStream } from "./buffered_stream.ts";
import type { Client } from "./client.ts";
import type { TunnelOptions } from "./connect.ts";
import type { Protocol } from "./origin_pool.ts";
import { serveHttp2 } from "./serve_http2.ts";

/**
 * Serves a tunnel whose origin speaks TLS.
 *
 * @param spoken what the origin speaks inside it: no client is offered `h2` that its origin has not
 */
export async function intercept(
  client: Client,
  spoken: Protocol,
  options: TunnelOptions,
): Promise<void> {
  const { authority, proxy, exchange } = options;
  const transport = client.buffered;
  const hello = await readClientHello(transport);
  if (hello === undefined) return refuseNotTls(client, options);
  // A leaf for the name the client asks for: where that isn't the tunnel's, a 421 says so in HTTP.
  const identity = await proxy.identities.identityFor(hello.serverName ?? authority.host)
    // What is no host name at all has no leaf, and the same answer.
    .catch(() => proxy.identities.identityFor(authority.host));
  const offersHttp2 = spoken === "h2" && hello.protocols.includes("h2");
  let accepted: AcceptedTls;
  try {
    accepted = await acceptTls(transport.unread(), {
      identity,
      protocols: offersHttp2 ? ["h2", "http/1.1"] : ["http/1.1"],
      timeoutMs: proxy.limits.handshakeMs,
    });
  } catch (error) {
    proxy.rejectedLeaves.note(authority, client.source, error);
    return;
  }
  proxy.counters.intercepted++;
  proxy.coverage.add(authority.host, { intercepted: 1 });
  exchange.finish();
  const inner: Client = {
    ...client,
    buffered: new BufferedStream(accepted.stream),
    entrance: { scheme: "https", tunnel: authority, serverName: hello.serverName },
  };
  if (accepted.protocol === "h2") await serveHttp2(inner, accepted.socket, proxy);
  else await options.serve(inner);
}

/** Reads a whole ClientHello and leaves it in the queue; undefined if the client sends none. */
export async function readClientHello(
  transport: BufferedStream,
): Promise<ClientHello | undefined> {
  while (true) {
    const bytes = transport.queue.peek();
    if (bytes.length > 0) {
      if (!looksLikeTls(bytes) || bytes.length > MAX_CLIENT_HELLO_BYTES) return undefined;
      try {
        const hello = parseClientHello(bytes);
        if (hello !== undefined) return hello;
      } catch (error) {
        if (error instanceof SyntaxError) return undefined;
        throw error;
      }
    }
    if (!await transport.fill()) return undefined;
  }
}

function refuseNotTls(client: Client, { authority, proxy }: TunnelOptions): void {
  if (client.buffered.queue.length === 0) return;
  proxy.log.warning(
    `Cannot serve a tunnel to "${formatAuthority(authority)}" for ${client.source}: the origin ` +
      "speaks TLS and the client does not",
  );
}
