import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  byteName,
  fieldLines,
  findSectionEnd,
  parseFieldLines,
  refuseBareLineFeed,
} from "../../src/http1/field_section.ts";
import { HeaderList } from "../../src/http1/header_list.ts";
import { refusalOf } from "./arrivals.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

for (
  const [reason, text, end] of [
    ["nothing", "", undefined],
    ["only the empty line", "\r\n\r\n", 4],
    ["a cut empty line", "A: b\r\n\r", undefined],
    ["one line", "A: b\r\n\r\n", 8],
    ["the first of two", "A\r\n\r\nB\r\n\r\n", 5],
    ["three line breaks", "A\r\n\r\n\r\n", 5],
    ["CR CR LF CR LF: CR stands before the line break", "A\r\r\n\r\n", 6],
    ["LF CR LF: no line break at first", "A\n\r\n", undefined],
    ["line feeds", "A\n\n", undefined],
  ] as const
) {
  Deno.test(`findSectionEnd() finds the end of ${reason}`, () => {
    equal(findSectionEnd(bytesOf(text), 0), end);
  });
}

// Invariant: the skipping search finds what a plain search finds, wherever an earlier one stopped.
Deno.test("findSectionEnd() agrees with a plain search", () => {
  const text = fc.string({ unit: fc.constantFrom("\r", "\n", "\r\n", "a"), maxLength: 30 });
  fc.assert(
    fc.property(text, fc.nat(), (text, seed) => {
      const bytes = bytesOf(text);
      const found = text.indexOf("\r\n\r\n");
      const expected = found === -1 ? undefined : found + 4;
      equal(findSectionEnd(bytes, 0), expected);
      const stopped = seed % (bytes.length + 1);
      const early = findSectionEnd(bytes.subarray(0, stopped), 0);
      equal(early ?? findSectionEnd(bytes, stopped), expected);
    }),
    { numRuns: 5_000 },
  );
});

for (
  const [reason, text, from, refused] of [
    ["no line feed", "abc", 0, false],
    ["a line break", "abc\r\ndef", 0, false],
    ["a line break cut by the mark", "abc\r\ndef", 4, false],
    ["a bare line feed", "abc\ndef", 0, true],
    ["a bare line feed before the mark", "abc\ndef", 4, false],
    ["a bare line feed after a line break", "abc\r\n\n", 0, true],
    ["a line feed first of all", "\n", 0, true],
  ] as const
) {
  Deno.test(`refuseBareLineFeed() ${refused ? "refuses" : "passes"} ${reason}`, () => {
    const client = refusalOf(() => refuseBareLineFeed(bytesOf(text), from, "client"));
    equal(client?.status, refused ? 400 : undefined);
    const origin = refusalOf(() => refuseBareLineFeed(bytesOf(text), from, "origin"));
    equal(origin?.status, refused ? 502 : undefined);
  });
}

function parse(text: string, { from = 0, maxFields = 10 } = {}) {
  return parseFieldLines({ bytes: bytesOf(text), text, peer: "client", maxFields }, from);
}

Deno.test("parseFieldLines() starts where it is told", () => {
  deepEqual(parse("GET /\r\nA: b\r\n\r\n", { from: 7 }), [["A", "b"]]);
});

Deno.test("parseFieldLines() counts the fields", () => {
  deepEqual(parse("A:\r\nB:\r\n\r\n", { maxFields: 2 }), [["A", ""], ["B", ""]]);
  equal(refusalOf(() => parse("A:\r\nB:\r\n\r\n", { maxFields: 1 }))?.status, 431);
});

for (
  const [reason, text, said] of [
    ["obs-fold", "A: b\r\n c\r\n\r\n", "offset 6 has a folded line (obs-fold)"],
    ["white space before the colon", "A : b\r\n\r\n", "offset 1 has white space before the colon"],
    ["an empty name", ": b\r\n\r\n", "offset 0 has an empty field name"],
    ["a bad byte in a name", "A\0: b\r\n\r\n", "offset 1 has 0x00 in a field name"],
    ["a bad byte in a value", "A: b\x7f\r\n\r\n", "offset 4 has 0x7f in a field value"],
    ["a bare CR where a line starts", "\rA: b\r\n\r\n", "offset 0 has 0x0d without 0x0a after it"],
  ] as const
) {
  Deno.test(`parseFieldLines() names the place of ${reason}`, () => {
    const refusal = refusalOf(() => parse(text));
    equal(refusal?.message, `Cannot parse the client's fields: ${said}`);
  });
}

Deno.test("parseFieldLines() takes a value of white space only in linear time", () => {
  const text = `A:${" ".repeat(60_000)}b${" ".repeat(60_000)}\r\n\r\n`;
  deepEqual(parse(text), [["A", "b"]]);
});

Deno.test("fieldLines() writes what parseFieldLines() reads", () => {
  const entries = [["A", "b"], ["a", ""], ["X-Y", "c: d"]] as const;
  const text = fieldLines(HeaderList.from(entries));
  equal(text, "A: b\r\na: \r\nX-Y: c: d\r\n");
  deepEqual(parse(`${text}\r\n`), entries);
  ok(fieldLines(HeaderList.from([])) === "");
});

Deno.test("byteName() writes two hex digits", () => {
  deepEqual([byteName(0x0a), byteName(0xff), byteName(undefined)], ["0x0a", "0xff", "0x00"]);
});
