/** Quoted-printable of mail. */
import assert from "node:assert/strict";
import { QUOTED_PRINTABLE } from "../../src/scan/quoted_printable.ts";
import { decodeEscapes } from "./decode_escapes.ts";
import { SECRET, testViews } from "./view_cases.ts";

/** Reason, text, what it says. */
const TEXTS: readonly (readonly [string, string, string])[] = [
  ["bytes", String.raw`=C3=A9 =3D`, "\u00e9 ="],
  ["soft line breaks", "a=\r\nb=\nc", "abc"],
  ["what is none", String.raw`a=b, x==y, ?q=3d`, "a=b, x==y, ?q=3d"],
  ["a byte that is cut short", String.raw`a=3`, "a \u2026"],
  ["a line break that is cut short", "a=\r", "a \u2026"],
  ["a sign at the end", String.raw`a=`, "a \u2026"],
];

for (const [reason, text, said] of TEXTS) {
  Deno.test(`\`QUOTED_PRINTABLE\` reads ${reason}`, () => {
    assert.equal(decodeEscapes(QUOTED_PRINTABLE, text), said);
  });
}

testViews("QUOTED_PRINTABLE", [
  {
    reason: "a secret",
    message: ` ${SECRET.replace("/", "=2F")} `,
    encoding: "quoted-printable",
    covered: SECRET.replace("/", "=2F"),
  },
  {
    reason: "a secret on two lines",
    message: ` ${SECRET.slice(0, 9)}=\r\n${SECRET.slice(9)} `,
    encoding: "quoted-printable",
  },
  { reason: "digits in lower case", message: ` ${SECRET.replace("/", "=2f")} ` },
]);
