/** Real origins on a free port of the loopback: an HTTP one that records, and one scripted by bytes. */
import { Buffer } from "node:buffer";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TestIdentity } from "./test_certificates.ts";

/** A request as an origin received it. */
export interface RecordedRequest {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  /** In order, with case and duplicates. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** After the transfer coding, before the content coding. */
  readonly body: Uint8Array;
  /** Trailer fields, in order. */
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

/** What an origin answers. */
export interface OriginAnswer {
  /** @default {200} */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Pieces are written as they come, chunked; a whole body has a Content-Length. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>;
}

/** How an origin works. */
export interface StartOriginOptions {
  /** @default answers `hello` */
  readonly answer?: (request: RecordedRequest) => OriginAnswer | Promise<OriginAnswer>;
  /** Speaks TLS with this certificate. @default plain HTTP */
  readonly tls?: TestIdentity;
  /** @default {"127.0.0.1"} */
  readonly hostname?: string;
}

/** A running origin. */
export interface Origin extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:port`, IPv6 in brackets. */
  readonly authority: string;
  /** Complete requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Connections accepted since the start. */
  readonly connections: number;
  /** Makes a URL of a path that begins with a slash. */
  url(path: string): string;
}

/** Starts an HTTP origin. */
export async function startOrigin(options: StartOriginOptions = {}): Promise<Origin> {
  const { tls, hostname = "127.0.0.1", answer = () => ({ body: "hello" }) } = options;
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener: http.RequestListener = (incoming, response) => {
    serve(incoming, response).catch((error) => response.destroy(error));
  };
  async function serve(incoming: http.IncomingMessage, response: http.ServerResponse) {
    const request = await record(incoming);
    requests.push(request);
    await send(response, await answer(request));
  }
  const server = tls === undefined
    ? http.createServer(listener)
    : https.createServer({ cert: tls.certPem, key: tls.keyPem }, listener);
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  // A handshake the proxy refuses, as it must, is no failure of the origin.
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve));
  const { port } = server.address() as AddressInfo;
  const authority = hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  return {
    port,
    authority,
    requests,
    get connections() {
      return connections;
    },
    url: (path) => `${tls === undefined ? "http" : "https"}://${authority}${path}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function record(incoming: http.IncomingMessage): Promise<RecordedRequest> {
  const pieces: Uint8Array[] = [];
  for await (const piece of incoming) pieces.push(piece);
  return {
    method: incoming.method ?? "",
    target: incoming.url ?? "",
    headers: pairs(incoming.rawHeaders),
    body: new Uint8Array(Buffer.concat(pieces)),
    trailers: pairs(incoming.rawTrailers),
  };
}

async function send(response: http.ServerResponse, answer: OriginAnswer): Promise<void> {
  const { status = 200, headers = {}, body = "" } = answer;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.statusCode = status;
  if (typeof body === "string" || body instanceof Uint8Array) {
    response.end(body);
    return;
  }
  response.flushHeaders();
  for await (const piece of body) response.write(piece);
  response.end();
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  const list: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    list.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  }
  return list;
}

/** One connection of a raw origin, latin1. */
export interface RawConnection {
  /** Everything read so far. */
  readonly received: string;
  /** Reads until `marker` has come; resolves to all that was received, without it at the end of the stream too. */
  readUntil(marker: string): Promise<string>;
  /** Reads once; false at the end of the stream. */
  readMore(): Promise<boolean>;
  /** Reads to the end of the stream. */
  readToEnd(): Promise<string>;
  write(text: string | Uint8Array): Promise<void>;
  closeWrite(): Promise<void>;
}

/** How a raw origin works. */
export interface StartRawOriginOptions {
  /** Plays one connection; it is closed when this ends. An error ends it too: the peer may cut. */
  readonly play: (connection: RawConnection) => Promise<void>;
  /** @default plain TCP */
  readonly tls?: TestIdentity;
  /** Protocols offered in the TLS handshake. @default none */
  readonly alpn?: readonly string[];
}

/** A running raw origin. */
export interface RawOrigin extends AsyncDisposable {
  readonly port: number;
  readonly authority: string;
  /** In the order of acceptance. */
  readonly connections: readonly RawConnection[];
}

/** Starts an origin that plays bytes. */
export function startRawOrigin(options: StartRawOriginOptions): Promise<RawOrigin> {
  const { play, tls, alpn } = options;
  const address = { hostname: "127.0.0.1", port: 0 };
  const listener = tls === undefined ? Deno.listen(address) : Deno.listenTls({
    ...address,
    cert: tls.certPem,
    key: tls.keyPem,
    ...(alpn === undefined ? {} : { alpnProtocols: [...alpn] }),
  });
  const connections: RawConnection[] = [];
  const open = new Set<Deno.Conn>();
  const plays: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) {
      const connection = new PlayedConnection(conn);
      connections.push(connection);
      open.add(conn);
      plays.push(
        play(connection).catch(() => {}).finally(() => {
          if (open.delete(conn)) conn.close();
        }),
      );
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return Promise.resolve({
    port,
    authority: `127.0.0.1:${port}`,
    connections,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) conn.close();
      open.clear();
      await accepting.catch(() => {});
      await Promise.all(plays);
    },
  });
}

class PlayedConnection implements RawConnection {
  readonly #conn: Deno.Conn;
  received = "";

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async readUntil(marker: string): Promise<string> {
    while (!this.received.includes(marker) && await this.readMore());
    return this.received;
  }

  async readToEnd(): Promise<string> {
    while (await this.readMore());
    return this.received;
  }

  async write(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string" ? new Uint8Array(Buffer.from(text, "latin1")) : text;
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  async readMore(): Promise<boolean> {
    const bytes = new Uint8Array(16_384);
    const length = await this.#conn.read(bytes);
    if (length === null) return false;
    this.received += Buffer.from(bytes.subarray(0, length)).toString("latin1");
    return true;
  }
}
