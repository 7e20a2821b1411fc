import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { HeaderList, nameLengths } from "../../src/http1/header_list.ts";

const ENTRIES = [
  ["Host", "example.com"],
  ["X-Twice", "1"],
  ["accept", ""],
  ["x-twice", "2"],
  ["X-TWICE", "3"],
] as const;

const list = HeaderList.from(ENTRIES);

Deno.test("HeaderList keeps order, case and duplicates", () => {
  deepEqual(list.entries, ENTRIES);
});

Deno.test("HeaderList.from() copies what it is given", () => {
  const entries: [string, string][] = [["A", "1"]];
  const copy = HeaderList.from(entries);
  entries.push(["B", "2"]);
  deepEqual(copy.entries, [["A", "1"]]);
});

Deno.test("HeaderList.from() takes any iterable", () => {
  deepEqual(HeaderList.from(new Map([["A", "1"]])).entries, [["A", "1"]]);
});

Deno.test("HeaderList looks names up without regard to case", () => {
  equal(list.get("host"), "example.com");
  equal(list.get("x-twice"), "1");
  equal(list.get("accept"), "");
  equal(list.get("hose"), undefined);
  deepEqual(list.getAll("x-twice"), ["1", "2", "3"]);
  deepEqual(list.getAll("none"), []);
  equal(list.has("accept"), true);
  equal(list.has("accep"), false);
});

Deno.test("HeaderList.without() drops all fields of the names, and nothing else", () => {
  const left = list.without(new Set(["x-twice", "not-there"]));
  deepEqual(left.entries, [["Host", "example.com"], ["accept", ""]]);
  equal(list.entries.length, 5, "the list itself is unchanged");
  equal(list.without(new Set(["not-there"])), list);
});

Deno.test("HeaderList.with() replaces all duplicates in the place of the first", () => {
  deepEqual(list.with("X-Twice", "new").entries, [
    ["Host", "example.com"],
    ["X-Twice", "new"],
    ["accept", ""],
  ]);
  equal(list.get("x-twice"), "1", "the list itself is unchanged");
});

Deno.test("HeaderList.with() adds a missing field at the end", () => {
  deepEqual(list.with("Via", "x").entries.at(-1), ["Via", "x"]);
});

for (
  const [reason, name, value] of [
    ["an empty name", "", "x"],
    ["a space in the name", "X A", "x"],
    ["a colon in the name", "X:", "x"],
    ["a line break in the name", "X\r\nY", "x"],
    ["a non-ASCII name", "X\xe9", "x"],
    ["a line break in the value: a second header", "X", "a\r\nY: b"],
    ["a bare CR in the value", "X", "a\rb"],
    ["a bare LF in the value", "X", "a\n"],
    ["NUL in the value", "X", "a\0"],
    ["DEL in the value", "X", "a\x7f"],
    ["a value that is not latin1", "X", "\u20ac"],
  ] as const
) {
  Deno.test(`HeaderList refuses ${reason}`, () => {
    throws(() => HeaderList.from([[name, value]]), TypeError);
    throws(() => list.with(name, value), TypeError);
  });
}

Deno.test("HeaderList errors never repeat the value", () => {
  const secret = "sk-ant-" + "api03-secret";
  throws(
    () => HeaderList.from([["X-Api-Key", `${secret}\r\n`]]),
    (error: Error) => !error.message.includes("secret"),
  );
});

Deno.test("nameLengths() never rules out a name of a length that is there", () => {
  for (const length of [1, 4, 31, 32, 33, 64, 100]) {
    const lengths = nameLengths(["a".repeat(length)]);
    ok((lengths & (1 << length)) !== 0);
    equal(lengths & (1 << (length + 1)), 0);
  }
  equal(nameLengths([]), 0);
});

Deno.test("HeaderList.without() drops names longer than a shift is wide", () => {
  const long = "x".repeat(40);
  deepEqual(list.with(long, "1").without(new Set([long])).entries, list.entries);
});
