/**
 * The origin of the bench, a program of its own: what nginx cannot do (events with a pause between
 * them), and everything where nginx is missing.
 *
 * Arguments: certificate file, key file. Prints `{"port":…,"tlsPort":…}` once it listens; ends with SIGTERM.
 */
import { jsonText } from "./sample_json.ts";

/** Long enough that the first event's arrival is not the end's. */
const EVENT_PAUSE_MS = 20;

const encoder = new TextEncoder();
const SMALL = encoder.encode(jsonText(1_024));
const LARGE = encoder.encode(jsonText(1_000_000));
const FIRST_EVENT = encoder.encode('event: delta\ndata: {"text":"Once upon"}\n\n');
const LAST_EVENT = encoder.encode('event: delta\ndata: {"text":" a time"}\n\n');

async function* events(): AsyncGenerator<Uint8Array> {
  yield FIRST_EVENT;
  await new Promise((resolve) => setTimeout(resolve, EVENT_PAUSE_MS));
  yield LAST_EVENT;
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/events") {
    return new Response(ReadableStream.from(events()), {
      headers: { "content-type": "text/event-stream" },
    });
  }
  if (request.method === "POST") await request.arrayBuffer();
  const body = pathname === "/large" ? LARGE : SMALL;
  return new Response(body, { headers: { "content-type": "application/json" } });
}

const [certFile = "", keyFile = ""] = Deno.args;
const address = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
const plain = Deno.serve(address, answer);
const secure = Deno.serve({
  ...address,
  cert: Deno.readTextFileSync(certFile),
  key: Deno.readTextFileSync(keyFile),
}, answer);
console.log(JSON.stringify({ port: plain.addr.port, tlsPort: secure.addr.port }));
