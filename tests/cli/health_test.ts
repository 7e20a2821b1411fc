import assert from "node:assert/strict";
import { health } from "../../src/cli/health.ts";
import { NotRunningError } from "../../src/control/control_client.ts";
import { startOrigin } from "../support/start_origin.ts";
import {
  CapturedTerminal,
  commandDirectory,
  SAMPLE_STATUS,
  serveControl,
} from "./command_fixture.ts";

/** Runs the command against a monitor that says it listens where `contentType` is answered. */
async function check(contentType: string, status: number): Promise<string> {
  await using directory = await commandDirectory();
  await using proxy = await startOrigin({
    answer: () => ({ status, headers: { "content-type": contentType } }),
  });
  const address = { host: "127.0.0.1", port: proxy.port };
  await using _control = await serveControl(directory.logDir, { ...SAMPLE_STATUS, address });
  const terminal = new CapturedTerminal();
  await health(directory.command("health"), terminal);
  return terminal.printed;
}

Deno.test("`health()` is content with a refusal of the proxy", async () => {
  assert.equal(await check("application/problem+json", 400), "healthy\n");
});

Deno.test("`health()` does not take another program for the proxy", async () => {
  await assert.rejects(check("text/html", 200), /something else answers there$/);
});

Deno.test("`health()` says that nothing answers on the port", async () => {
  await using directory = await commandDirectory();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const address = { host: "127.0.0.1", port };
  await using _control = await serveControl(directory.logDir, { ...SAMPLE_STATUS, address });
  const checked = health(directory.command("health"), new CapturedTerminal());
  await assert.rejects(checked, /it does not answer$/);
});

Deno.test("`health()` says that no monitor runs", async () => {
  await using directory = await commandDirectory();
  const checked = health(directory.command("health"), new CapturedTerminal());
  await assert.rejects(checked, NotRunningError);
});
