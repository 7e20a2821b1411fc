/** Base64, base32 and hexadecimal digits: any alphabet, any alignment, wrapped, in long rows. */
import { Buffer } from "node:buffer";
import { eachCharacter, hexByte, SECRET, testViews } from "./view_cases.ts";

const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");
const base64url = (text: string) => Buffer.from(text, "latin1").toString("base64url");
const PROSE = "It was a bright cold day in April, and the clocks were striking thirteen. ".repeat(
  3,
);
const wrap = (digits: string, indent = "") => digits.replace(/.{76}/g, `$&\n${indent}`);
/** Bytes of no text, as an image has them. */
const NOISE = Buffer.from(Array.from({ length: 300 }, (_, index) => index * 7919 % 251 | 0x80));

testViews("EncodedRows", [
  {
    reason: "base64",
    message: `a: ${base64(`ab ${SECRET}`)};`,
    encoding: "base64",
    covered: base64(`ab ${SECRET}`).slice(4, -1),
  },
  ...["", "x", "xy"].map((before) => ({
    reason: `base64 that begins ${before.length} bytes on`,
    message: `a: ${base64(before + SECRET).replace(/=+$/, "")};`,
    encoding: "base64",
  })),
  ...["/", "ab/", "x-"].map((before) => ({
    reason: `base64 behind digits that aren't of it: ${before}`,
    message: ` ${before}${base64url(`key ${SECRET}`)} `,
    encoding: "base64",
  })),
  {
    reason: "wrapped base64",
    message: `\n${wrap(base64(`${PROSE}${SECRET} ${PROSE}`))}\n`,
    encoding: "base64",
  },
  {
    reason: "wrapped and indented base64",
    message: `k: |\n  ${wrap(base64(`${PROSE}${SECRET} ${PROSE}`), "  ")}\n`,
    encoding: "base64",
  },
  {
    reason: "a long row",
    message: base64(`${PROSE.repeat(12)}${SECRET} ${PROSE.repeat(12)}`),
    encoding: "base64",
  },
  {
    reason: "text among other bytes",
    message: Buffer.concat([NOISE, Buffer.from(` ${SECRET} `), NOISE]).toString("base64"),
    encoding: "base64",
  },
  {
    reason: "hexadecimal digits",
    message: `(${eachCharacter(SECRET, hexByte)})`,
    encoding: "hex",
    covered: eachCharacter(SECRET, hexByte),
  },
  {
    reason: "hexadecimal digits, half a byte on",
    message: `(a${eachCharacter(SECRET, hexByte).toUpperCase()})`,
    encoding: "hex",
  },
  { reason: "noise", message: ` ${NOISE.toString("base64")} ` },
  { reason: "words", message: "internationalization/characterization_of-implementations" },
]);
