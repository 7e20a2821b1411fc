import assert from "node:assert/strict";
import { dialTls } from "../../src/net/dial.ts";
import { SessionPool } from "../../src/proxy/session_pool.ts";
import { type Http2Origin, startHttp2Origin } from "../support/http2_client.ts";
import { testCertificates } from "../support/start_proxy_in_process.ts";

/** As many as the pool makes to one origin. */
const MAX_SESSIONS = 8;
const KEY = "https://localhost:1";

async function silentOrigin(maxConcurrentStreams: number): Promise<Http2Origin> {
  const { trusted } = await testCertificates();
  return await startHttp2Origin(trusted, () => {}, { maxConcurrentStreams });
}

async function dialTo(pool: SessionPool, { port }: Http2Origin): Promise<void> {
  const { caPem } = await testCertificates();
  const { stream } = await dialTls({ host: "localhost", port }, {
    extraRoots: [caPem],
    protocols: ["h2"],
  });
  await pool.add(KEY, stream);
}

Deno.test("exchanges that begin together share one dial, and then its session", async () => {
  await using origin = await silentOrigin(10);
  using pool = new SessionPool();
  let dials = 0;
  const dial = () => {
    dials++;
    return dialTo(pool, origin);
  };
  const sessions = await Promise.all(Array.from({ length: 10 }, () => pool.acquire(KEY, dial)));
  assert.deepEqual([new Set(sessions).size, dials], [1, 1]);
});

Deno.test("every exchange that waits finds a place when a session ends and another has room", async () => {
  await using narrow = await silentOrigin(1);
  await using wide = await silentOrigin(100);
  using pool = new SessionPool();
  let origin = narrow;
  const dial = () => dialTo(pool, origin);
  const held = [];
  for (let index = 0; index < MAX_SESSIONS; index++) held.push(await pool.acquire(KEY, dial));
  const waiting = Array.from({ length: 5 }, () => pool.acquire(KEY, dial));
  origin = wide;
  held[0]!.destroy();
  assert.equal(new Set(await Promise.all(waiting)).size, 1);
});

Deno.test("exchanges that wait are told when the only dial fails", async () => {
  await using narrow = await silentOrigin(1);
  using pool = new SessionPool();
  const held = [];
  for (let index = 0; index < MAX_SESSIONS; index++) {
    held.push(await pool.acquire(KEY, () => dialTo(pool, narrow)));
  }
  const fail = () => Promise.reject(new Error("refused"));
  const waiting = Array.from({ length: 3 }, () => pool.acquire(KEY, fail));
  for (const session of held) session.destroy();
  for (const each of waiting) await assert.rejects(each, /refused/);
});
