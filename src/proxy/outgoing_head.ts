/** Heads as they are sent on: without the fields of the connection they came in by. Pure. */
import type { BodyFraming } from "../http1/body_framing.ts";
import { HeaderList } from "../http1/header_list.ts";
import { connectionOptions, withoutHopByHop } from "../http1/hop_by_hop.ts";
import type { RequestHead, ResponseHead } from "../http1/message_head.ts";
import { formatAuthority } from "../http1/request_target.ts";
import { basicCredentials, type NextProxy } from "../net/dial_through.ts";
import type { Origin } from "./origin_pool.ts";

/** How a receiver sees a payload: as it is, in chunks, or as all there is until the connection ends. */
export type OutgoingFraming = "bare" | "chunked" | "until_close";

/** Answers lose `Alt-Svc`: it would lead the client around the proxy over QUIC (RFC 7838). */
export const DROPPED_FROM_ANSWERS = new Set(["alt-svc"]);
export const CONTENT_LENGTH = new Set(["content-length"]);

/** What a request turns into. */
export interface OutgoingRequestOptions {
  readonly origin: Origin;
  /** In origin-form. */
  readonly path: string;
  readonly framing: OutgoingFraming;
  /** The proxy that takes it on its way, in absolute-form. @default none */
  readonly forwardProxy?: NextProxy | undefined;
}

/** The request head as the origin gets it: HTTP/1.1, origin-form, its `Host` that of the origin. */
export function outgoingRequest(
  head: RequestHead,
  { origin, path, framing, forwardProxy }: OutgoingRequestOptions,
): RequestHead {
  let headers = withoutHopByHop(head.headers);
  // RFC 9112 §3.2.2: what an absolute-form target names replaces `Host`.
  if (!head.target.startsWith("/") || !headers.has("host")) {
    const defaultPort = origin.scheme === "https" ? 443 : 80;
    headers = headers.with("Host", formatAuthority({ ...origin, defaultPort }));
  }
  if (framing === "chunked") headers = headers.without(CONTENT_LENGTH);
  const added: [string, string][] = [];
  if (framing === "chunked") added.push(["Transfer-Encoding", "chunked"]);
  const upgrade = requestedUpgrade(head);
  if (upgrade !== undefined) added.push(["Connection", "Upgrade"], ["Upgrade", upgrade]);
  const credentials = forwardProxy && basicCredentials(forwardProxy);
  if (credentials !== undefined) added.push(["Proxy-Authorization", credentials]);
  if (added.length > 0) headers = HeaderList.from([...headers.entries, ...added]);
  const target = forwardProxy === undefined
    ? path
    : `http://${formatAuthority({ ...origin, defaultPort: 80 })}${path === "*" ? "" : path}`;
  return { method: head.method, target, version: "1.1", headers };
}

/**
 * The protocols a request asks to change to; undefined where it does not ask. RFC 9110 §7.8.
 *
 * HTTP/2 in clear text is never among them: it would change the framing under our feet, and
 * RFC 9113 §3.1 has dropped it.
 */
export function requestedUpgrade(head: RequestHead): string | undefined {
  const { headers, version } = head;
  if (version !== "1.1" || !connectionOptions(headers).includes("upgrade")) return undefined;
  const protocols = protocolsIn(headers).filter((protocol) => protocol.toLowerCase() !== "h2c");
  return protocols.length === 0 ? undefined : protocols.join(", ");
}

/** The protocol that a 101 changes to; undefined if that is not one of those asked for. */
export function acceptedUpgrade(request: RequestHead, answer: ResponseHead): string | undefined {
  const asked = requestedUpgrade(request)?.toLowerCase().split(", ") ?? [];
  const chosen = protocolsIn(answer.headers);
  return chosen.length === 1 && asked.includes(chosen[0]!.toLowerCase()) ? chosen[0] : undefined;
}

function protocolsIn(headers: HeaderList): string[] {
  return headers.getAll("upgrade").join(",").split(",").map((name) => name.trim()).filter(Boolean);
}

/** What an answer turns into. */
export interface OutgoingAnswerOptions {
  /** Of the request it answers. */
  readonly requestVersion: RequestHead["version"];
  readonly received: BodyFraming;
  readonly framing: OutgoingFraming;
  readonly after: "keep" | "close";
}

/** The answer's head as the client gets it. */
export function outgoingAnswer(answer: ResponseHead, options: OutgoingAnswerOptions): ResponseHead {
  let { headers } = outgoingInterim(answer);
  const added: [string, string][] = [];
  // HEAD and 304 name the coding the body would have had.
  const namesCoding = options.received.kind === "none" && answer.headers.has("transfer-encoding") &&
    options.requestVersion !== "1.0";
  if (options.framing !== "bare") headers = headers.without(CONTENT_LENGTH);
  if (options.framing === "chunked" || namesCoding) added.push(["Transfer-Encoding", "chunked"]);
  if (options.after === "close") added.push(["Connection", "close"]);
  return {
    ...answer,
    version: "1.1",
    headers: added.length === 0 ? headers : HeaderList.from([...headers.entries, ...added]),
  };
}

/** An interim answer (1xx) as the client gets it. */
export function outgoingInterim(answer: ResponseHead): ResponseHead {
  const headers = withoutHopByHop(answer.headers).without(DROPPED_FROM_ANSWERS);
  return { ...answer, version: "1.1", headers };
}

/** The answer that changes protocol: `Connection` and `Upgrade` belong to it. RFC 9110 §15.2.2. */
export function outgoingUpgrade(answer: ResponseHead, upgrade: string): ResponseHead {
  const { headers } = outgoingInterim(answer);
  return {
    ...answer,
    version: "1.1",
    headers: HeaderList.from([
      ...headers.entries,
      ["Connection", "Upgrade"],
      ["Upgrade", upgrade],
    ]),
  };
}
