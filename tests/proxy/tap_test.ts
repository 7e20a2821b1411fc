/** In monitor mode every byte goes on as it came, at once, and what it holds is found all the same. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { filterFixture, openFilter, passFilter } from "../support/filter_fixture.ts";
import { anthropicKey } from "../support/sample_secrets.ts";

const SECRET = anthropicKey();
const TEXT = new TextEncoder().encode(`{"key": "${SECRET}", "n": 1}`);

const BODIES: readonly (readonly [name: string, body: Uint8Array, coding: string | undefined])[] = [
  ["as it is", TEXT, undefined],
  ["gzip", new Uint8Array(gzipSync(TEXT)), "gzip"],
];

for (const [name, body, coding] of BODIES) {
  Deno.test(`\`Tap\` changes nothing and finds the secret, cut anywhere: ${name}`, async () => {
    using fixture = await filterFixture({ mode: "monitor" });
    const headers = coding === undefined ? {} : { "content-encoding": coding };
    let rounds = 0;
    for (let at = 0; at <= body.length; at += 3) {
      const pieces = [body.subarray(0, at), body.subarray(at)];
      const { released, blocked } = await passFilter(fixture.proxy, pieces, { headers });
      assert.equal(blocked, undefined);
      assert.deepEqual(released, body);
      rounds++;
    }
    fixture.proxy.evidence.flush();
    fixture.proxy.evidence.taken();
    const found = fixture.threats.map(({ pattern, action, would }) =>
      `${pattern} ${action} ${would}`
    );
    assert.deepEqual(found, Array(rounds).fill("ai_api_key logged blocked"));
  });
}

Deno.test("`Tap` judges what has gone of a body that breaks off", async () => {
  using fixture = await filterFixture({ mode: "monitor" });
  const filter = openFilter(fixture.proxy);
  await filter.push(TEXT.subarray(0, TEXT.indexOf(0x2c)));
  await filter.settle();
  filter.close();
  fixture.proxy.evidence.flush();
  fixture.proxy.evidence.taken();
  assert.deepEqual(fixture.threats.map(({ pattern }) => pattern), ["ai_api_key"]);
});

Deno.test("`Tap` lets a body that cannot be decoded pass, and counts it", async () => {
  using fixture = await filterFixture({ mode: "monitor" });
  const body = new TextEncoder().encode("this is no gzip");
  const headers = { "content-encoding": "gzip" };
  const { released } = await passFilter(fixture.proxy, [body], { headers });
  assert.deepEqual(released, body);
  assert.equal(fixture.proxy.counters.undecodable, 1);
  assert.match(fixture.log.join("\n"), /Cannot decode the whole outbound body/);
});
