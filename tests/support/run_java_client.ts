/** Java's HttpClient through the proxy, trusting our CA by a trust store that keytool makes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProgramResult, runProgram } from "./run_program.ts";
import type { World } from "./start_world.ts";

/** Gets `url` with the header `x-api-key: KEY` and prints the answer's body. Needs `javac`: it runs from source. */
export async function runJavaClient(
  { directory, clawsec }: World,
  url: string,
  key: string,
): Promise<ProgramResult> {
  const keyStore = join(directory, "trust.p12");
  const source = fileURLToPath(new URL("../end_to_end/ProxyClient.java", import.meta.url));
  if (!await exists(keyStore)) {
    const made = await runProgram("keytool", [
      ...["-importcert", "-noprompt", "-alias", "clawsec", "-file", clawsec.caFile],
      ...["-keystore", keyStore, "-storetype", "PKCS12", "-storepass", "changeit"],
    ]);
    assert.equal(made.code, 0, made.stderr);
  }
  return await runProgram("java", [
    `-Djavax.net.ssl.trustStore=${keyStore}`,
    "-Djavax.net.ssl.trustStorePassword=changeit",
    ...[source, String(clawsec.port), url, key],
  ]);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
