/** A key → the digest that known secrets are recognised by: HMAC-SHA-256 (RFC 2104). */
import { createHmac } from "node:crypto";

/** Makes a function from bytes to the 64 hexadecimal digits of their HMAC. */
export function keyedDigest(key: Uint8Array): (bytes: Uint8Array) => string {
  return (bytes) => createHmac("sha256", key).update(bytes).digest("hex");
}
