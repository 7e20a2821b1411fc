/** Events of every framing, with the bytes that carried them, however the stream is cut. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createEventSplitter, type EventFraming } from "../../src/scan/event_splitter.ts";

type Found = readonly [data: string, carrier: string];

function split(framing: EventFraming, text: string, size: number): readonly Found[] {
  const splitter = createEventSplitter(framing);
  const found: Found[] = [];
  const sink = ({ data, start, end }: { data: Uint8Array; start: number; end: number }) =>
    void found.push([Buffer.from(data).toString().trimEnd(), text.slice(start, end)]);
  for (let at = 0; at < text.length; at += size) {
    splitter.push(Buffer.from(text.slice(at, at + size)), sink);
  }
  splitter.end(sink);
  return found;
}

/** Reason, framing, stream, events as data and the text that carried them. */
const STREAMS: readonly (readonly [string, EventFraming, string, readonly Found[]])[] = [
  ["line feeds", "sse", "data: a\n\ndata: b\n\n", [["a", "data: a"], ["b", "data: b"]]],
  ["both line breaks", "sse", "data: a\r\n\r\ndata: b\r\n\r\n", [["a", "data: a"], [
    "b",
    "data: b",
  ]]],
  ["carriage returns", "sse", "data: a\r\rdata: b\r\r", [["a", "data: a"], ["b", "data: b"]]],
  ["no space", "sse", "data:a\n\n", [["a", "data:a"]]],
  ["two spaces", "sse", "data:  a\n\n", [[" a", "data:  a"]]],
  ["several lines", "sse", "data: a\nid: 1\ndata: b\n\n", [["a\nb", "data: a\nid: 1\ndata: b"]]],
  ["other fields", "sse", ": hi\nevent: x\ndata: a\nretry: 3\n\n", [["a", "data: a"]]],
  ["a name that begins alike", "sse", "database: x\n\ndat: y\n\ndata: a\n\n", [["a", "data: a"]]],
  ["no end", "sse", "data: a", [["a", "data: a"]]],
  ["no data", "sse", "data:\n\ndata\n\n\n\n", [["", "data:"]]],
  ["lines of objects", "json", '{"a":1}\n{"b":"}"}\n', [['{"a":1}', '{"a":1}'], [
    '{"b":"}"}',
    '{"b":"}"}',
  ]]],
  ["nesting and escapes", "json", '[{"a":{"b":"\\"}"}},\n{}]', [
    ['{"a":{"b":"\\"}"}}', '{"a":{"b":"\\"}"}}'],
    ["{}", "{}"],
  ]],
  ["too many ends", "json", '}}{"a":1}]}', [['{"a":1}', '{"a":1}']]],
  ["an object that breaks off", "json", '{"a":1}{"b":', [['{"a":1}', '{"a":1}']]],
  ["Gemini's array", "json_array", ' [\n {\n"candidates":[]},{"x":1}]', [
    ['{\n"candidates":[]}', '{\n"candidates":[]}'],
    ['{"x":1}', '{"x":1}'],
  ]],
  ["another array", "json_array", '[{"name":"candidates"},{"candidates":[]}]', []],
  ["an object", "json_array", '{"candidates":[]}', []],
  ["white space without end", "json_array", `${" ".repeat(300)}[{"candidates":[]}]`, []],
];

for (const [reason, framing, text, events] of STREAMS) {
  Deno.test(`\`createEventSplitter()\` splits ${framing}: ${reason}`, () => {
    for (const size of [text.length, 1, 2, 3]) {
      assert.deepEqual(split(framing, text, size), events, `pieces of ${size}`);
    }
  });
}

Deno.test("`EventSplitter.pendingStart` is where what is incomplete began, and nothing else", () => {
  /** Framing, what was pushed, bytes of it that wait. */
  const cases: readonly (readonly [EventFraming, string, number])[] = [
    ["sse", "data: a\n\n", 0],
    ["sse", "data: a\n\ndat", 3],
    ["sse", "data: a\n\ndata: b\n", 8],
    ["sse", "data: a\n\nevent: x\n", 0],
    ["sse", ": keep-alive", 0],
    ["json", '{"a":1}\n', 0],
    ["json", '{"a":1}\n{"b', 3],
    ["json_array", "[ {", 3],
    ["json_array", '[ {"x', 0],
  ];
  for (const [framing, text, waiting] of cases) {
    const splitter = createEventSplitter(framing);
    splitter.push(Buffer.from(text), () => {});
    assert.equal(text.length - (splitter.pendingStart ?? text.length), waiting, text);
  }
});

Deno.test("`createEventSplitter()` passes over an event that is too long, and holds none of it", () => {
  for (
    const [framing, long] of [
      ["sse", `data: ${"x".repeat(300_000)}`],
      ["json", `{"a":"${"x".repeat(300_000)}`],
    ] as const
  ) {
    const splitter = createEventSplitter(framing);
    splitter.push(Buffer.from(long), () => assert.fail("no event"));
    assert.equal(splitter.pendingStart, undefined);
    const found: string[] = [];
    splitter.push(Buffer.from(framing === "sse" ? "\n\ndata: a\n\n" : '"}{"b":1}'), ({ data }) => {
      found.push(Buffer.from(data).toString().trimEnd());
    });
    assert.deepEqual(found, [framing === "sse" ? "a" : '{"b":1}']);
  }
});
