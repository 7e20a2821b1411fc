/** A request through a proxy, and what is said of proxies that do something else with it. */
import assert from "node:assert/strict";
import { requestThroughProxy } from "../../src/cli/proxied_request.ts";

/** What answers where the proxy should be. */
async function withProxy(
  answer: (request: Request) => Response,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  try {
    await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("`requestThroughProxy()` is content with an answer that was counted", async () => {
  let requests = 0;
  let authorization: string | null = null;
  await withProxy((request) => {
    requests++;
    authorization = request.headers.get("proxy-authorization");
    return new Response("Good day");
  }, async (url) => {
    const requestCount = () => Promise.resolve(requests);
    const found = await requestThroughProxy(url, { token: "t0ken-of-8", requestCount });
    assert.equal(found.state, "ok");
  });
  assert.equal(authorization, `Basic ${btoa("doctor:t0ken-of-8")}`);
});

Deno.test("`requestThroughProxy()` says what else came of it", async (t) => {
  const cases: readonly (readonly [string, Response, string, RegExp])[] = [
    ["not counted", new Response("Good day"), "warning", /the proxy did not see it/],
    ["refused by the settings", new Response("", { status: 403 }), "ok", /refuse 127\.0\.0\.1/],
    ["failed", new Response("", { status: 502 }), "failure", /answered 502/],
  ];
  for (const [reason, response, state, words] of cases) {
    await t.step(reason, async () => {
      await withProxy(() => response, async (url) => {
        const requestCount = () => Promise.resolve(0);
        const found = await requestThroughProxy(url, { token: undefined, requestCount });
        assert.equal(found.state, state);
        assert.match(found.text, words);
      });
    });
  }
});

Deno.test("`requestThroughProxy()` says that nothing answers", async () => {
  let address = "";
  await withProxy(() => new Response(), (url) => {
    address = url;
    return Promise.resolve();
  });
  const requestCount = () => Promise.resolve(0);
  const found = await requestThroughProxy(address, { token: undefined, requestCount });
  assert.equal(found.state, "failure");
  assert.match(found.text, /does not answer/);
});
