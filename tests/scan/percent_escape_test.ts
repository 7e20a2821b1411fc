/** Percent-encoding of URLs and forms. */
import assert from "node:assert/strict";
import { PERCENT_ESCAPE } from "../../src/scan/percent_escape.ts";
import { decodeEscapes } from "./decode_escapes.ts";
import { SECRET, testViews } from "./view_cases.ts";

/** Reason, text, what it says. */
const TEXTS: readonly (readonly [string, string, string])[] = [
  ["digits of either case", String.raw`%2f%2F%c3%a9`, "//\u00e9"],
  ["JavaScript's own", String.raw`%u0041%u4f60`, "A\u4f60"],
  ["what is none", String.raw`100% %zz %u00g0 %%41`, "100% %zz %u00g0 %A"],
  ["an escape that is cut short", String.raw`a%4`, "a \u2026"],
  ["a sign at the end", String.raw`a%`, "a \u2026"],
];

for (const [reason, text, said] of TEXTS) {
  Deno.test(`\`PERCENT_ESCAPE\` reads ${reason}`, () => {
    assert.equal(decodeEscapes(PERCENT_ESCAPE, text), said);
  });
}

testViews("PERCENT_ESCAPE", [
  {
    reason: "a secret",
    message: ` ${encodeURIComponent(SECRET)} `,
    encoding: "percent",
    covered: encodeURIComponent(SECRET),
  },
  {
    reason: "a secret encoded twice",
    message: ` ${encodeURIComponent(encodeURIComponent(SECRET))} `,
    encoding: "percent>percent",
  },
  { reason: "a sign that begins none", message: ` ${SECRET.replace("q", "%q")} ` },
]);
