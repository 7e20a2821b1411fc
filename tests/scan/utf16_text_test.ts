/** UTF-16 with and without a byte order mark, in both orders. */
import { eachCharacter, SECRET, testViews } from "./view_cases.ts";

const little = (text: string) =>
  eachCharacter(text, (code) => String.fromCharCode(code & 0xff, code >> 8));
const big = (text: string) =>
  eachCharacter(text, (code) => String.fromCharCode(code >> 8, code & 0xff));

testViews("Utf16Text", [
  { reason: "little-endian", message: `x: ${little(`k=${SECRET}.`)}`, encoding: "utf-16" },
  { reason: "big-endian", message: `x: ${big(`k=${SECRET}.`)}`, encoding: "utf-16" },
  { reason: "a whole message", message: little(SECRET), encoding: "utf-16" },
  { reason: "a mark, little-endian", message: `\xff\xfe${little(SECRET)}`, encoding: "utf-16" },
  { reason: "a mark, big-endian", message: `\xfe\xff${big(SECRET)}`, encoding: "utf-16" },
  {
    reason: "other scripts after a mark",
    message: `\xff\xfe${little("\u4f60\u597d".repeat(20) + SECRET)}`,
    encoding: "utf-16",
  },
  { reason: "characters with accents", message: little(`caf\u00e9 ${SECRET}`), encoding: "utf-16" },
  { reason: "NULs that are none", message: "\0\0\0a\0\0\0b\0\0\0c\0\0\0d" },
  { reason: "three characters", message: "binary \x01a\0b\0c\0\x02\x03 data" },
  {
    reason: "what is cut between a character and its NUL, from the NUL on at the latest",
    message: `${little("k =")}${little(SECRET)}`,
    encoding: "utf-16",
    covered: little(SECRET),
  },
]);
