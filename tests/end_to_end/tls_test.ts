/** TLS to the origin is always verified; what is not to be decrypted is tunnelled untouched. */
import assert from "node:assert/strict";
import { hasProgram } from "../support/has_program.ts";
import { runProgram } from "../support/run_program.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { startOrigin } from "../support/start_origin.ts";
import { curlOptions, startWorld } from "../support/start_world.ts";
import type { TestCertificates } from "../support/test_certificates.ts";

const ignore = !hasProgram("curl") || !hasProgram("openssl");

type CertificateName = Exclude<keyof TestCertificates, "caFile" | "trusted">;
const WRONG: readonly { readonly name: CertificateName; readonly reason: RegExp }[] = [
  { name: "expired", reason: /expired/i },
  { name: "notYetValid", reason: /not (yet )?valid/i },
  { name: "wrongHost", reason: /name|not valid for/i },
  { name: "selfSigned", reason: /issuer|self/i },
  { name: "unknownIssuer", reason: /issuer/i },
];

Deno.test({
  name:
    "an origin's certificate that is wrong is a 502 with the reason, and nothing reaches the origin",
  ignore,
  async fn(t) {
    await using world = await startWorld();
    for (const { name, reason } of WRONG) {
      await t.step(name, async () => {
        await using origin = await startOrigin({ tls: world.certificates[name] });
        const url = `https://localhost:${origin.port}/${name}`;
        const header = `x-api-key: ${anthropicKey()}`;
        const { code, stdout } = await world.curl(
          "-i",
          "--suppress-connect-headers",
          "-H",
          header,
          url,
        );
        assert.notEqual(code, 0, "curl sees the CONNECT refused");
        assert.equal(stdout, "");
        assert.deepEqual(origin.requests, []);
        const answer = await connectTo(world.clawsec.port, `localhost:${origin.port}`);
        assert.match(answer, /^HTTP\/1\.1 502 /);
        assert.match(answer, /origin-certificate/);
        assert.match(answer.slice(answer.indexOf("\r\n\r\n")), reason);
      });
    }
    await t.step("the right one is accepted, by name and by both addresses", async () => {
      const { port } = world.origins.https;
      for (const host of ["localhost", "127.0.0.1"]) {
        const { stdout, stderr } = await world.curl(`https://${host}:${port}/right`);
        assert.equal(stdout, "hello", stderr);
      }
    });
  },
});

/** What the proxy answers to a CONNECT. */
async function connectTo(port: number, authority: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  return await new Response(connection.readable).text();
}

Deno.test({
  name: "--no-mitm tunnels: the client sees the origin's own certificate, the log its destination",
  ignore,
  async fn() {
    await using world = await startWorld({ args: ["--no-mitm"] });
    const { clawsec, certificates, origins: { https } } = world;
    const header = `x-api-key: ${anthropicKey()}`;
    const withOurCa = await world.curl("-H", header, https.url("/a"));
    assert.equal(withOurCa.code, 60, "our CA did not sign what the client sees");
    const { stdout, stderr } = await runProgram("curl", [
      ...curlOptions({ ...clawsec, caFile: certificates.caFile }),
      ...["-H", header, https.url("/b")],
    ]);
    assert.equal(stdout, "hello", stderr);
    const { record, threats } = await world.evidence(https.authority);
    assert.equal(record.method, "CONNECT");
    assert.equal(record.intercepted, false);
    assert.deepEqual(threats, []);
    assert.ok((await clawsec.status()).counters.tunnelled >= 1);
  },
});

Deno.test({
  name: "mitm_bypass tunnels the hosts it names and no others",
  ignore,
  async fn() {
    await using world = await startWorld({ config: { mitm_bypass: ["localhost"] } });
    const { clawsec, certificates, origins: { https } } = world;
    const bypassed = await runProgram("curl", [
      ...curlOptions({ ...clawsec, caFile: certificates.caFile }),
      `https://localhost:${https.port}/`,
    ]);
    assert.equal(bypassed.stdout, "hello", bypassed.stderr);
    const intercepted = await world.curl(https.url("/seen"));
    assert.equal(intercepted.stdout, "hello", intercepted.stderr);
    assert.equal((await world.evidence("/seen")).record.intercepted, true);
  },
});
