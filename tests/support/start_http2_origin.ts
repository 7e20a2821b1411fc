/** An origin that speaks HTTP/2 and nothing else. */
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import type { TestIdentity } from "./test_certificates.ts";

/** A running origin. */
export interface Http2Origin extends AsyncDisposable {
  /** Makes a URL of a path that begins with a slash. */
  url(path: string): string;
}

/** Starts one that echoes what is posted, answers `/command` with `command`, and everything else with `hello`. */
export async function startHttp2Origin(
  { certPem, keyPem }: TestIdentity,
  { command = "" }: { readonly command?: string } = {},
): Promise<Http2Origin> {
  const server = http2.createSecureServer({ cert: certPem, key: keyPem });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    stream.respond({ ":status": 200, "content-type": "text/plain" });
    if (headers[":method"] === "POST") stream.pipe(stream);
    else stream.end(headers[":path"] === "/command" ? command : "hello");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `https://127.0.0.1:${port}${path}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}
