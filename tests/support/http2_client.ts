/** An HTTP/2 client in a tunnel through the proxy, and an HTTP/2 origin; both of `node:http2`. */
import { Buffer } from "node:buffer";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { TcpStream } from "../../src/net/tcp_stream.ts";
import { TransportDuplex } from "../../src/net/transport_duplex.ts";
import type { TestIdentity } from "./test_certificates.ts";

/** What came back on one stream. */
export interface Http2Answer {
  readonly status: number;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: http2.IncomingHttpHeaders | undefined;
  readonly interim: readonly number[];
  /** Whether the stream was reset; `body` is then what came before. */
  readonly isReset: boolean;
  /** What it was reset with (RFC 9113 §7); 0 if it was not, or with NO_ERROR. */
  readonly resetCode: number;
}

/** A connected client. */
export interface Http2Client extends Disposable {
  /** Sends a request; `body` in pieces, each written by itself. */
  ask(
    headers: http2.OutgoingHttpHeaders,
    body?: readonly (string | Uint8Array)[],
    trailers?: http2.OutgoingHttpHeaders,
  ): Promise<Http2Answer>;
  /** Sends a head whose body is up to the caller. @throws {Error} without HTTP/2 */
  open(headers: http2.OutgoingHttpHeaders): http2.ClientHttp2Stream;
}

/** Opens a tunnel to `authority` and speaks what both sides of it agree on. */
export async function connectHttp2(
  { port, caPem }: { readonly port: number; readonly caPem: string },
  authority: string,
): Promise<{ readonly protocol: string | null; readonly client: Http2Client }> {
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
  await tcp.write(
    new TextEncoder().encode(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`),
  );
  const head = new Uint8Array(4_096);
  const length = await tcp.read(head) ?? 0;
  const text = new TextDecoder().decode(head.subarray(0, length));
  if (!text.startsWith("HTTP/1.1 200")) throw new Error(`Cannot open a tunnel: ${text}`);
  const tls = await Deno.startTls(tcp, {
    hostname: authority.replace(/:\d+$/, ""),
    caCerts: [caPem],
    alpnProtocols: ["h2", "http/1.1"],
  });
  const { alpnProtocol } = await tls.handshake();
  const duplex = new TransportDuplex(new TcpStream(tls));
  if (alpnProtocol !== "h2") return { protocol: alpnProtocol, client: notHttp2(duplex) };
  const session = http2.connect(`https://${authority}`, { createConnection: () => duplex });
  session.on("error", () => {});
  const client: Http2Client = {
    ask: (headers, body, trailers) => ask(session, headers, { body, trailers }),
    open: (headers) => session.request(headers, { endStream: false }),
    [Symbol.dispose]: () => session.destroy(),
  };
  return { protocol: alpnProtocol, client };
}

function notHttp2(duplex: TransportDuplex): Http2Client {
  const refuse = () => new Error("Cannot ask by HTTP/2: it was not agreed on");
  return {
    ask: () => Promise.reject(refuse()),
    open: () => {
      throw refuse();
    },
    [Symbol.dispose]: () => void duplex.destroy(),
  };
}

interface AskOptions {
  readonly body: readonly (string | Uint8Array)[] | undefined;
  readonly trailers: http2.OutgoingHttpHeaders | undefined;
}

function ask(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  { body, trailers }: AskOptions,
): Promise<Http2Answer> {
  const stream = session.request(headers, {
    endStream: body === undefined,
    waitForTrailers: trailers !== undefined,
  });
  const pieces: Uint8Array[] = [];
  const interim: number[] = [];
  let answered: http2.IncomingHttpHeaders = {};
  let trailing: http2.IncomingHttpHeaders | undefined;
  let hasEnded = false;
  stream.on("headers", (fields) => interim.push(fields[":status"] ?? 0));
  stream.on("response", (fields) => answered = fields);
  stream.on("trailers", (fields) => trailing = fields);
  stream.on("data", (piece: Uint8Array) => pieces.push(piece));
  stream.on("end", () => hasEnded = true);
  stream.on("error", () => {});
  stream.on("wantTrailers", () => stream.sendTrailers(trailers ?? {}));
  const ended = new Promise<void>((resolve) => {
    stream.on("close", resolve);
    stream.on("aborted", resolve);
    stream.on("end", resolve);
  });
  return (async () => {
    for (const piece of body ?? []) {
      await new Promise<void>((resolve) => stream.write(piece, () => resolve()));
    }
    if (body !== undefined) stream.end();
    await ended;
    return {
      status: Number(answered[":status"] ?? 0),
      headers: answered,
      body: Buffer.concat(pieces).toString("utf8"),
      trailers: trailing,
      interim,
      isReset: !hasEnded || (stream.rstCode ?? 0) !== 0,
      resetCode: stream.rstCode ?? 0,
    };
  })();
}

/** An HTTP/2 origin. */
export interface Http2Origin extends AsyncDisposable {
  readonly port: number;
  /** All that arrived in bodies, by path. */
  readonly received: ReadonlyMap<string, string>;
  /** Paths of requests, as they began. */
  readonly paths: readonly string[];
  /** Connections accepted since the start. */
  readonly connections: number;
  /** Says on every connection that it takes no more requests (GOAWAY, RFC 9113 §6.8). */
  goAway(): void;
}

/** Starts one that answers with `play`; bodies are recorded besides. */
export async function startHttp2Origin(
  identity: TestIdentity,
  play: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
  settings: http2.Settings = {},
): Promise<Http2Origin> {
  const server = http2.createSecureServer({
    cert: identity.certPem,
    key: identity.keyPem,
    settings,
    allowHTTP1: true,
  });
  const received = new Map<string, string>();
  const paths: string[] = [];
  const sessions = new Set<http2.ServerHttp2Session>();
  let connections = 0;
  server.on("session", (session) => {
    connections++;
    sessions.add(session);
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    paths.push(path);
    stream.on("error", () => {});
    stream.on(
      "data",
      (piece: Uint8Array) =>
        received.set(path, (received.get(path) ?? "") + Buffer.from(piece).toString("latin1")),
    );
    play(stream, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    paths,
    get connections() {
      return connections;
    },
    goAway() {
      for (const session of sessions) session.goaway();
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
