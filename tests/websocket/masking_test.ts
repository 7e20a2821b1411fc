/** Masks: the quick way by words against the RFC's definition by bytes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { mask } from "../../src/websocket/masking.ts";

Deno.test("`mask()` XORs each byte with that of the key at its place (RFC 6455 §5.3)", () => {
  const key = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), key, fc.nat(), (bytes, maskingKey, position) => {
      const into = new Uint8Array((bytes.length + 7) & ~3);
      const expected = bytes.map((byte, at) => byte ^ maskingKey[(position + at) % 4]!);
      const masked = mask(bytes, { maskingKey, position, into });
      assert.deepEqual([...masked], [...expected]);
    }),
  );
});
