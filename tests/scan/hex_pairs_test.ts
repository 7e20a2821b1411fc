/** Hexadecimal bytes with something between them. */
import { eachCharacter, hexByte, SECRET, testViews } from "./view_cases.ts";

const between = (delimiter: string) =>
  eachCharacter(SECRET, (code) => `${hexByte(code)}${delimiter}`).slice(0, -delimiter.length);

testViews("HexPairs", [
  { reason: "spaces", message: `dump: ${between(" ")} .`, encoding: "hex", covered: between(" ") },
  { reason: "colons", message: `id=${between(":")}!`, encoding: "hex", covered: between(":") },
  { reason: "hyphens", message: `(${between("-")})`, encoding: "hex", covered: between("-") },
  { reason: "commas", message: `[${between(",")}]`, encoding: "hex", covered: between(",") },
  {
    reason: "an array in C",
    message: `char k[] = {${eachCharacter(SECRET, (code) => `0x${hexByte(code)}, `)}};`,
    encoding: "hex",
  },
  {
    reason: "lines of a dump",
    message: `${between(" ").slice(0, 47)}\n    ${between(" ").slice(48)}\n`,
    encoding: "hex",
  },
  { reason: "capitals", message: ` ${between(" ").toUpperCase()} `, encoding: "hex" },
  { reason: "numbers of three digits", message: between(" ").replaceAll(" ", "0 ") },
  { reason: "two pairs", message: "at 10:20:3x and 12:34 on 2024-10-11" },
]);
