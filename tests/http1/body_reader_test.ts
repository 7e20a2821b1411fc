import { deepEqual, equal, ok } from "node:assert/strict";
import type { BodyFraming } from "../../src/http1/body_framing.ts";
import { BodyReader } from "../../src/http1/body_reader.ts";
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import { ARRIVALS, readArriving, refusalOf, textOf } from "./arrivals.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

const none = { kind: "none" } as const;
const chunked = { kind: "chunked" } as const;
const close = { kind: "close" } as const;
const length = (length: number) => ({ kind: "length", length }) as const;

/** Reads all parts there are and returns the content once the body has ended. */
function contentReading(reader: BodyReader): (queue: ByteQueue) => string | undefined {
  let content = "";
  return (queue) => {
    for (let part = reader.read(queue); part !== undefined; part = reader.read(queue)) {
      if (part.kind === "end") return content;
      ok(part.bytes.length > 0, "a part is never empty");
      content += textOf(part.bytes);
    }
    return undefined;
  };
}

for (
  const [reason, framing, text, content] of [
    ["a body with a length", length(5), "a\r\n\0b", "a\r\n\0b"],
    ["a body of one byte", length(1), "a", "a"],
    ["a chunked body", chunked, "3\r\nabc\r\n0\r\n\r\n", "abc"],
    ["a chunked body with trailers", chunked, "0\r\nX: 1\r\n\r\n", ""],
  ] as const
) {
  for (const arrival of ARRIVALS) {
    Deno.test(`BodyReader reads ${reason}, ${arrival}`, () => {
      const reader = new BodyReader(framing, { fault: "client" });
      equal(reader.done, false);
      equal(readArriving(arrival, bytesOf(text), contentReading(reader)), content);
      equal(reader.done, true);
    });
  }
}

for (const [reason, framing] of [["no body", none], ["length 0", length(0)]] as const) {
  Deno.test(`BodyReader ends at once with ${reason}, and takes nothing`, () => {
    const reader = new BodyReader(framing, { fault: "client" });
    const queue = new ByteQueue();
    deepEqual(reader.read(queue), { kind: "end", trailers: undefined });
    equal(reader.done, true);
    queue.append(bytesOf("GET"));
    deepEqual(reader.read(queue), { kind: "end", trailers: undefined });
    equal(queue.length, 3);
  });
}

Deno.test("BodyReader reads a body that ends with the connection", () => {
  const reader = new BodyReader(close, { fault: "origin" });
  const queue = new ByteQueue();
  equal(reader.read(queue), undefined);
  for (const text of ["a", "bc\r\n"]) {
    queue.append(bytesOf(text));
    const part = reader.read(queue);
    ok(part?.kind === "data");
    equal(textOf(part.bytes), text);
    equal(reader.read(queue), undefined);
    equal(reader.done, false);
  }
  deepEqual(reader.finish(), { kind: "end", trailers: undefined });
  equal(reader.done, true);
});

Deno.test("BodyReader repeats the end, trailers included, and consumes nothing more", () => {
  const reader = new BodyReader(chunked, { fault: "client" });
  const queue = new ByteQueue();
  queue.append(bytesOf("0\r\nX: 1\r\n\r\nGET"));
  const end = reader.read(queue);
  ok(end?.kind === "end");
  deepEqual(end.trailers?.entries, [["X", "1"]]);
  equal(reader.read(queue), end);
  equal(reader.finish(), end);
  equal(textOf(queue.peek()), "GET");
});

const CUT: readonly (readonly [string, BodyFraming, string])[] = [
  ["a length before its first byte", length(5), ""],
  ["a length before its last byte", length(5), "abcd"],
  ["chunks before the first", chunked, ""],
  ["chunks in a size", chunked, "3"],
  ["chunks in a chunk", chunked, "3\r\nab"],
  ["chunks behind a chunk", chunked, "3\r\nabc\r\n"],
  ["chunks in the last one", chunked, "3\r\nabc\r\n0\r\n"],
  ["chunks in the trailers", chunked, "0\r\nX: 1\r\n"],
];

for (const [reason, framing, text] of CUT) {
  Deno.test(`BodyReader.finish() refuses the end of ${reason}`, () => {
    for (const [fault, status] of [["client", 400], ["origin", 502]] as const) {
      const reader = new BodyReader(framing, { fault });
      equal(readArriving("whole", bytesOf(text), contentReading(reader)), undefined);
      const refusal = refusalOf(() => reader.finish());
      deepEqual([refusal?.status, refusal?.fault], [status, fault]);
      equal(reader.done, false);
    }
  });
}

for (const framing of [none, length(0), close]) {
  Deno.test(`BodyReader.finish() accepts the end of ${framing.kind}, unread`, () => {
    const reader = new BodyReader(framing, { fault: "origin" });
    deepEqual(reader.finish(), { kind: "end", trailers: undefined });
    equal(reader.done, true);
  });
}

Deno.test("BodyReader.finish() accepts a length whose bytes were read, before the end was", () => {
  const reader = new BodyReader(length(3), { fault: "origin" });
  const queue = new ByteQueue();
  queue.append(bytesOf("abc"));
  equal(reader.read(queue)?.kind, "data");
  equal(reader.done, false);
  equal(reader.finish().kind, "end");
});

Deno.test("BodyReader throws the fault of the peer for broken chunks", () => {
  for (const [fault, status] of [["client", 400], ["origin", 502]] as const) {
    const queue = new ByteQueue();
    queue.append(bytesOf("zz\r\n"));
    const refusal = refusalOf(() => new BodyReader(chunked, { fault }).read(queue));
    deepEqual([refusal?.status, refusal?.fault], [status, fault]);
  }
});

Deno.test("BodyReader hands out views, not copies", () => {
  for (const framing of [length(3), close, chunked]) {
    const queue = new ByteQueue();
    queue.append(bytesOf(framing.kind === "chunked" ? "3\r\nabc" : "abc"));
    const { buffer } = queue.peek();
    const part = new BodyReader(framing, { fault: "origin" }).read(queue);
    ok(part?.kind === "data");
    equal(part.bytes.buffer, buffer);
  }
});
