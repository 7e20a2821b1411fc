/** The digest of known secrets, against a vector of RFC 4231 §4.3. */
import assert from "node:assert/strict";
import { keyedDigest } from "../../src/threats/keyed_digest.ts";

Deno.test("`keyedDigest()` is HMAC-SHA-256", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.equal(
    keyedDigest(bytes("Jefe"))(bytes("what do ya want for nothing?")),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});
