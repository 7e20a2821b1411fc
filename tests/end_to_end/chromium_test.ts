/**
 * Headless Chromium through the proxy, trusting our CA as a person would have it: a page over HTTP and one over
 * HTTPS, each of which fetches, listens to events, and opens a WebSocket.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { hasProgram } from "../support/has_program.ts";
import { runProgram } from "../support/run_program.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { startClawsec } from "../support/start_clawsec.ts";
import { SCHEMES } from "../support/start_world.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { makeTestCertificates, type TestIdentity } from "../support/test_certificates.ts";
import { waitFor } from "../support/wait_for.ts";

const KEY = anthropicKey(53);
/** `certutil` puts our CA where Chromium looks for roots that the user has added. */
const NEEDED = ["chromium", "certutil", "openssl"];
const MISSING = NEEDED.filter((name) => !hasProgram(name));

const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  // Else it goes to loopback addresses past every proxy.
  "--proxy-bypass-list=<-loopback>",
];

const PAGE = `<!doctype html><title>sample</title><script>
const said = [];
const say = (what) => {
  said.push(what);
  if (said.length === 4) fetch("/done", { method: "POST", body: said.sort().join(", ") });
};
fetch("/echo", { method: "POST", body: "key ${KEY}" }).then((answer) => answer.text()).then(
  (text) => say("fetched " + text.length),
);
say("page " + performance.getEntriesByType("navigation")[0].nextHopProtocol);
const events = new EventSource("/events");
events.onmessage = ({ data }) => {
  if (data !== "two") return;
  events.close();
  say("event " + data);
};
const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
socket.onopen = () => socket.send("hello");
socket.onmessage = ({ data }) => say("socket " + data);
</script>`;

async function* twoEvents() {
  const encoder = new TextEncoder();
  yield encoder.encode("data: one\n\n");
  yield encoder.encode("data: two\n\n");
}

/** Starts the pages' origin; `report()` resolves to what a page says. */
function startPages(tls?: TestIdentity) {
  let reported: string | undefined;
  const answer = async (request: Request): Promise<Response> => {
    if (request.headers.get("upgrade") === "websocket") {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(`echo ${data}`);
      return response;
    }
    switch (new URL(request.url).pathname) {
      case "/echo":
        return new Response(await request.text());
      case "/done":
        reported = await request.text();
        return new Response();
      case "/events":
        return new Response(ReadableStream.from(twoEvents()), {
          headers: { "content-type": "text/event-stream" },
        });
      default:
        return new Response(PAGE, { headers: { "content-type": "text/html" } });
    }
  };
  const address = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = tls === undefined
    ? Deno.serve(address, answer)
    : Deno.serve({ ...address, cert: tls.certPem, key: tls.keyPem }, answer);
  return {
    authority: `localhost:${server.addr.port}`,
    report: () => waitFor(() => reported, { what: "the page's report" }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Runs Chromium until it is disposed of. */
function startChromium(url: string, { proxyUrl, home, profile }: {
  readonly proxyUrl: string;
  readonly home: string;
  readonly profile: string;
}): AsyncDisposable {
  const child = new Deno.Command("chromium", {
    args: [...FLAGS, `--user-data-dir=${profile}`, `--proxy-server=${proxyUrl}`, url],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", HOME: home },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

async function trustCa(home: string, caFile: string): Promise<void> {
  const database = join(home, ".pki/nssdb");
  await Deno.mkdir(database, { recursive: true });
  for (
    const args of [
      ["-N", "--empty-password"],
      ["-A", "-t", "C,,", "-n", "clawsec", "-i", caFile],
    ]
  ) {
    const { code, stderr } = await runProgram("certutil", ["-d", `sql:${database}`, ...args]);
    assert.equal(code, 0, stderr);
  }
}

Deno.test({
  name: `Chromium fetches, listens and talks through the proxy, over HTTP and HTTPS${
    MISSING.length > 0 ? ` (skipped: no ${MISSING.join(", ")})` : ""
  }`,
  ignore: MISSING.length > 0,
  async fn(t) {
    await using directory = await temporaryDirectory();
    const { caFile, trusted } = await makeTestCertificates(directory.path);
    await using http = startPages();
    await using https = startPages(trusted);
    const origins = { http, https };
    await using clawsec = await startClawsec({
      config: { upstream_ca_file: caFile, dedup_window_secs: 0 },
    });
    const home = join(directory.path, "home");
    await trustCa(home, clawsec.caFile);
    for (const scheme of SCHEMES) {
      await t.step(scheme, async () => {
        const { authority, report } = origins[scheme];
        const { proxyUrl } = clawsec;
        const profile = join(directory.path, `profile-${scheme}`);
        await using _ = startChromium(`${scheme}://${authority}/`, { proxyUrl, home, profile });
        // Deno's server speaks HTTP/2 with those that can; a WebSocket takes a connection of HTTP/1.1.
        const protocol = scheme === "https" ? "h2" : "http/1.1";
        assert.equal(
          await report(),
          `event two, fetched ${KEY.length + 4}, page ${protocol}, socket echo hello`,
        );
        const path = `${scheme}://${authority}/echo`;
        const { id, intercepted } = await waitFor(
          async () => (await clawsec.requests()).find(({ url }) => url === path),
          { what: `a request to ${path}` },
        );
        assert.equal(intercepted, scheme === "https");
        const threats = (await clawsec.threats()).filter(({ request_id }) => request_id === id);
        assert.ok(
          threats.some(({ pattern, direction }) =>
            pattern === "ai_api_key" && direction === "outbound"
          ),
          JSON.stringify(threats),
        );
        // Written when the exchange has ended, which may be after the report.
        const events = `${scheme}://${authority}/events`;
        await waitFor(
          async () => (await clawsec.requests()).some(({ url }) => url === events),
          { what: `a request to ${events}` },
        );
      });
    }
  },
});
