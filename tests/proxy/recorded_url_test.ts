import assert from "node:assert/strict";
import { recordedUrl } from "../../src/proxy/recorded_url.ts";

const PLAIN = "http://a.example/first/second?page=2";

Deno.test("`recordedUrl()` masks the same each time, and what was known as plain", () => {
  for (const secrets of [[], [], ["second"], [], ["second"]]) {
    const expected = secrets.length === 0 ? PLAIN : "http://a.example/first/s...?page=2";
    assert.equal(recordedUrl(PLAIN, secrets), expected);
    assert.equal(
      recordedUrl("http://me:pw@a.example/?token=1", []),
      "http://...@a.example/?token=...",
    );
    assert.equal(recordedUrl("a.example:80", []), "a.example:80");
  }
});
