/**
 * Invariant: a secret is found exactly once, covered by the finding's offsets, however it is encoded up to
 * three levels deep and however the message is cut; no byte of it is cleared before it is reported.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { ViewScanner } from "../../src/scan/encoded_views.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { everyPiece, scanAt } from "./scan_in_pieces.ts";
import { sampleRule } from "./sample_rules.ts";

const RULES = compileRules([
  sampleRule({
    id: "token",
    anchors: ["tok/q"],
    regexp: /tok\/q[A-Za-z0-9]{10}&[A-Za-z0-9]{10}/,
    maxLength: 26,
  }),
]);
/**
 * Holds what most kinds of encoding have to escape. JSON escapes its neighbours: with a quote in it, it
 * would need four levels where HTML stands around JSON.
 */
const SECRET = "tok/q" + "Zq7vNf3TkX" + "&" + "9bLw2RcJ5y";

/** Writes bytes one character each. */
const bytesOf = (text: string) => Buffer.from(text, "latin1");

/** By name as in `encoding`: the text encoded, with its neighbours where the form needs some. */
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  json: (text) => JSON.stringify(text),
  html: (text) => text.replace(/[&<>"'/]/g, (character) => `&#${character.charCodeAt(0)};`),
  percent: (text) => encodeURIComponent(text),
  "quoted-printable": (text) =>
    text.replace(/[^ -<>-~]|"/g, (character) => `=${hexOf(character).toUpperCase()}`),
  base64: (text) => bytesOf(text).toString("base64"),
  base32: (text) => base32(bytesOf(text)),
  hex: (text) => bytesOf(text).toString("hex"),
  "utf-16": (text) => Buffer.from(text, "utf16le").toString("latin1"),
};

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, "0");
}

function base32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return bits.match(/.{1,5}/g)!
    .map((group) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[parseInt(group.padEnd(5, "0"), 2)])
    .join("");
}

/** Text in which nothing is found and no encoding begins. */
const filler = (maxLength: number) =>
  fc.array(
    fc.constantFrom("the", "quick", "brown", "fox.", "(jumps", "over)", "a", "lazy;", "dog"),
    {
      maxLength,
    },
  ).map((words) => words.join(" "));

/** UTF-16 of UTF-16 is no text that anybody writes. */
const encodings = fc.array(fc.constantFrom(...Object.keys(ENCODINGS)), { maxLength: 3 })
  .filter((names) => names.indexOf("utf-16") === names.lastIndexOf("utf-16"));

Deno.test("`ViewScanner` finds a secret once, encoded in any way and cut anywhere", () => {
  fc.assert(
    fc.property(
      encodings,
      fc.array(filler(6), { minLength: 4, maxLength: 4 }),
      filler(40),
      filler(40),
      fc.array(fc.nat(4_000), { maxLength: 8 }),
      fc.constantFrom(undefined, 1, 2, 3, 17),
      (names, inner, before, after, cuts, size) => {
        const { message, start, end } = planted(names, inner, before, after);
        const splits = size === undefined
          ? [...new Set(cuts)].filter((cut) => cut < message.length).sort((a, b) => a - b)
          : everyPiece(message, size);
        const scanner = new ViewScanner(RULES, { direction: "outbound" });
        const found = scanAt(scanner, message, splits);
        const about = `${names.join(" < ")}: ${message.toString("latin1")}`;
        assert.ok(found.length >= 1, `none in ${about}`);
        assert.ok(found.length === 1, `${found.map((f) => f.encoding).join()} in ${about}`);
        const [finding] = found;
        assert.equal(finding!.secret, SECRET);
        assert.ok(finding!.start >= start && finding!.end <= end, about);
        assert.ok(finding!.end - finding!.start >= SECRET.length, about);
      },
    ),
    { numRuns: 800 },
  );
});

/** The secret in fillers, encoded inside out; and where the encoded text stands in the message. */
function planted(
  names: readonly string[],
  inner: readonly string[],
  before: string,
  after: string,
): { message: Buffer; start: number; end: number } {
  let text = SECRET;
  names.forEach((name, level) => {
    text = ENCODINGS[name]!(`${inner[level]} ${text} ${inner[level + 1]}`);
  });
  const message = bytesOf(`${before} ${text} ${after}`);
  return { message, start: before.length + 1, end: before.length + 1 + text.length };
}
