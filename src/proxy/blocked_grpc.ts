/**
 * How a gRPC client is told that its call was stopped: a status, in the trailers where the answer has
 * begun and in a head that is the whole answer where it has not.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
import { HeaderList } from "../http1/header_list.ts";
import type { ClientStream } from "../http2/client_session.ts";
import type { MessageStream } from "../http2/message_stream.ts";
import type { BlockedError } from "./blocked_error.ts";
import { type Refusal, refusalOf } from "./refuse.ts";

/** Status codes: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const PERMISSION_DENIED = 7;
const UNAVAILABLE = 14;

/** Whether a message is part of a gRPC call. */
export function isGrpc(headers: HeaderList): boolean {
  return headers.get("content-type")?.toLowerCase().startsWith("application/grpc") ?? false;
}

/** Ends an answer that has begun. */
export function endBlockedGrpc(body: MessageStream, error: BlockedError): void {
  body.end(HeaderList.from(statusFields(refusalOf(error))));
}

/** Answers a call that has not been answered. */
export function respondGrpc(client: ClientStream, refusal: Refusal): void {
  client.respond({
    status: 200,
    headers: HeaderList.from([["content-type", "application/grpc"], ...statusFields(refusal)]),
    hasBody: "no_body",
  });
}

function statusFields({ blocked, detail }: Refusal): [string, string][] {
  return [
    ["grpc-status", String(blocked === undefined ? UNAVAILABLE : PERMISSION_DENIED)],
    ["grpc-message", encodeURIComponent(detail).replaceAll("%20", " ")],
  ];
}
