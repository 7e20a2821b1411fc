import assert from "node:assert/strict";
import { hasProgram } from "./has_program.ts";
import { startOrigin, startRawOrigin } from "./start_origin.ts";
import { temporaryDirectory } from "./temporary_directory.ts";
import { makeTestCertificates, type TestCertificates } from "./test_certificates.ts";
import { waitFor } from "./wait_for.ts";

Deno.test("`startOrigin()` records requests and streams answers", async () => {
  await using origin = await startOrigin({
    answer: () => ({
      status: 201,
      headers: { "x-two": ["a", "b"] },
      body: (async function* () {
        yield "one,";
        yield "two";
      })(),
    }),
  });
  const response = await fetch(origin.url("/path?q"), { method: "POST", body: "sent" });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("x-two"), "a, b");
  assert.equal(await response.text(), "one,two");
  const [request] = origin.requests;
  assert.equal(request?.method, "POST");
  assert.equal(request?.target, "/path?q");
  assert.deepEqual(request?.body, new TextEncoder().encode("sent"));
});

Deno.test("`startRawOrigin()` plays bytes", async () => {
  await using origin = await startRawOrigin({
    play: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    },
  });
  const response = await fetch(`http://${origin.authority}/`);
  assert.equal(await response.text(), "ok");
  assert.match(origin.connections[0]?.received ?? "", /^GET \/ HTTP\/1\.1\r\n/);
});

Deno.test("`waitFor()` fails at its deadline and says of what", async () => {
  const waiting = waitFor(() => false, { what: "the moon", deadlineMs: 20 });
  await assert.rejects(waiting, /Waited 20 ms for the moon/);
});

const CASES: readonly { name: keyof TestCertificates & string; error: RegExp | undefined }[] = [
  { name: "trusted", error: undefined },
  { name: "expired", error: /expired/i },
  { name: "notYetValid", error: /not valid yet/i },
  { name: "wrongHost", error: /not valid for/i },
  { name: "selfSigned", error: /UnknownIssuer/i },
  { name: "unknownIssuer", error: /UnknownIssuer/i },
];

Deno.test({
  name: "`makeTestCertificates()` makes each certificate right or wrong as named",
  ignore: !hasProgram("openssl"),
  async fn(t) {
    await using directory = await temporaryDirectory();
    const certificates = await makeTestCertificates(directory.path);
    const caCerts = [await Deno.readTextFile(certificates.caFile)];
    for (const { name, error } of CASES) {
      await t.step(name, async () => {
        const tls = certificates[name];
        assert.ok(typeof tls !== "string");
        await using origin = await startOrigin({ tls });
        // Not fetch: its client resumes the session of another origin of that name, unverified.
        const connected = Deno.connectTls({ hostname: "localhost", port: origin.port, caCerts });
        const handshake = connected.then(async (connection) => {
          using _closed = connection;
          await connection.handshake();
        });
        if (error === undefined) await handshake;
        else await assert.rejects(handshake, error);
      });
    }
  },
});
