import { equal, ok } from "node:assert/strict";
import { HttpError, malformed, tooLarge } from "../../src/http1/http_error.ts";

Deno.test("HttpError carries status, fault and cause", () => {
  const cause = new Error("reset");
  const error = new HttpError(504, "origin", "Cannot reach the origin: no answer", { cause });
  ok(error instanceof Error);
  equal(error.name, "HttpError");
  equal(error.status, 504);
  equal(error.fault, "origin");
  equal(error.cause, cause);
  equal(String(error), "HttpError: Cannot reach the origin: no answer");
});

for (
  const [name, make, peer, status] of [
    ["malformed()", malformed, "client", 400],
    ["malformed()", malformed, "origin", 502],
    ["tooLarge()", tooLarge, "client", 431],
    ["tooLarge()", tooLarge, "origin", 502],
  ] as const
) {
  Deno.test(`${name} by the ${peer} is answered ${status}`, () => {
    const error = make(peer, "Cannot read it: it is bad");
    equal(error.status, status);
    equal(error.fault, peer);
  });
}
