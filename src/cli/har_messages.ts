/**
 * The text of a HAR file → the messages in it, for scanning. Pure.
 *
 * HAR 1.2 (W3C web-performance draft, "HTTP Archive (HAR) format"): a JSON object `log` with a list of
 * `entries`, each a request and its answer. Bodies stand there decoded, those that are no text in base64.
 */

/** One head or body of the archive. */
export type HarMessage =
  & {
    /** `entries[3].request`: begins the location of what is found. */
    readonly place: string;
    readonly direction: "outbound" | "inbound";
    /** Of the origin; lower case. */
    readonly host: string;
  }
  & (
    | {
      readonly kind: "head";
      /** The URL of a request; empty for an answer. */
      readonly target: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
    }
    | {
      readonly kind: "body";
      readonly bytes: Uint8Array;
      readonly contentType: string | undefined;
    }
  );

type Json = Readonly<Record<string, unknown>>;

/** Recognises a HAR file by how its text begins. */
export function looksLikeHar(text: string): boolean {
  return /^\uFEFF?\s*\{\s*"log"\s*:\s*\{/.test(text);
}

/**
 * Lists the messages in the order of the file.
 *
 * @throws {SyntaxError} if the text is no JSON, or no HAR
 */
export function harMessages(text: string): readonly HarMessage[] {
  const { log } = asObject(JSON.parse(text.replace(/^\uFEFF/, "")), "the file");
  const { entries } = asObject(log, "log");
  if (!Array.isArray(entries)) throw new SyntaxError("log.entries is no list");
  return entries.flatMap((entry, index) => {
    const place = `entries[${index}]`;
    const { request, response } = asObject(entry, place);
    const sent = asObject(request, `${place}.request`);
    const url = textOf(sent.url);
    const host = URL.parse(url)?.hostname ?? "";
    return [
      ...messagesOf(sent, { place: `${place}.request`, direction: "outbound", host, target: url }),
      ...response === undefined ? [] : messagesOf(asObject(response, `${place}.response`), {
        place: `${place}.response`,
        direction: "inbound",
        host,
        target: "",
      }),
    ];
  });
}

interface MessageContext {
  readonly place: string;
  readonly direction: "outbound" | "inbound";
  readonly host: string;
  readonly target: string;
}

function messagesOf(message: Json, { target, ...about }: MessageContext): readonly HarMessage[] {
  const headers = (Array.isArray(message.headers) ? message.headers : [])
    .map((header: unknown) => asObject(header, `${about.place}.headers`))
    .map(({ name, value }) => [textOf(name), latin1Of(textOf(value))] as const);
  const head: HarMessage = { ...about, kind: "head", target: latin1Of(target), headers };
  const body = isObject(message.postData) ? message.postData : message.content;
  if (!isObject(body) || typeof body.text !== "string" || body.text === "") return [head];
  const contentType = typeof body.mimeType === "string" ? body.mimeType : undefined;
  return [head, { ...about, kind: "body", bytes: bytesOf(body), contentType }];
}

function bytesOf({ text, encoding }: Json): Uint8Array {
  const plain = textOf(text);
  if (encoding !== "base64") return new TextEncoder().encode(plain);
  try {
    return Uint8Array.fromBase64(plain);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Said to be base64 and is not: what stands there is what can be scanned.
    return new TextEncoder().encode(plain);
  }
}

/** Heads are scanned as latin1: one character a byte. */
function latin1Of(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function asObject(value: unknown, what: string): Json {
  if (!isObject(value)) throw new SyntaxError(`${what} is no object`);
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
