import assert from "node:assert/strict";
import { resolveHost } from "../../src/net/resolve_host.ts";

Deno.test("`resolveHost()` asks the system, its hosts file included", async () => {
  const addresses = await resolveHost("localhost");
  assert.ok(addresses.length > 0);
  for (const address of addresses) assert.match(address, /^(127\.0\.0\.1|::1)$/);
});

Deno.test("`resolveHost()` takes an address for itself", async () => {
  assert.deepEqual(await resolveHost("192.0.2.7"), ["192.0.2.7"]);
  assert.deepEqual(await resolveHost("2001:db8::7"), ["2001:db8::7"]);
});

Deno.test("`resolveHost()` rejects for a name that has no address", async () => {
  // RFC 6761 §6.4: `.invalid` never resolves.
  await assert.rejects(resolveHost("nothing.invalid"));
});
