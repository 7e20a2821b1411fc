/** Plays an origin of HTTP/1.1 request by request, on bytes. */
import type { RawConnection } from "./start_origin.ts";

/** One request as a raw origin got it. */
export interface PlayedRequest {
  /** Request line and fields, without the empty line. */
  readonly head: string;
  /** Among the requests of its connection, from 0. */
  readonly index: number;
  readonly connection: RawConnection;
  /** Reads `count` bytes that follow; fewer at the end of the stream. */
  read(count: number): Promise<string>;
  /** Reads what follows up to and with `marker`, or to the end of the stream. */
  readUntil(marker: string): Promise<string>;
}

/** What a request is answered with: bytes to write, or undefined where all has been done. */
export type Reply = (request: PlayedRequest) => Promise<string | undefined> | string | undefined;

/** An answer of 200 with a length. */
export function ok(body: string, ...fields: readonly string[]): string {
  const head = ["HTTP/1.1 200 OK", ...fields, `Content-Length: ${body.length}`];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** Makes the `play` of a raw origin: answers each head, in order, until the client closes. */
export function answerRequests(reply: Reply): (connection: RawConnection) => Promise<void> {
  return async (connection) => {
    let at = 0;
    const readUntil = async (marker: string) => {
      let end: number;
      while ((end = connection.received.indexOf(marker, at)) < 0) {
        if (!await connection.readMore()) {
          end = connection.received.length - marker.length;
          break;
        }
      }
      const text = connection.received.slice(at, end + marker.length);
      at += text.length;
      return text;
    };
    const read = async (count: number) => {
      while (connection.received.length - at < count && await connection.readMore());
      const text = connection.received.slice(at, at + count);
      at += text.length;
      return text;
    };
    for (let index = 0;; index++) {
      const head = await readUntil("\r\n\r\n");
      if (!head.endsWith("\r\n\r\n")) return;
      const answer = await reply({ head: head.slice(0, -4), index, connection, read, readUntil });
      if (answer !== undefined) await connection.write(answer);
    }
  };
}
