import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import {
  ChunkedReader,
  chunkHeader,
  encodeChunk,
  encodeLastChunk,
} from "../../src/http1/chunked.ts";
import { type HeaderEntry, HeaderList } from "../../src/http1/header_list.ts";
import { HttpError, type Peer } from "../../src/http1/http_error.ts";
import { ARRIVALS, readArriving, refusalOf, textOf } from "./arrivals.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

interface Body {
  readonly content: string;
  readonly trailers: readonly HeaderEntry[] | undefined;
}

/** Reads on over any number of calls; `undefined` until the body has ended. */
function bodyReading(peer: Peer = "client"): (queue: ByteQueue) => Body | undefined {
  const reader = new ChunkedReader(peer);
  let content = "";
  return (queue) => {
    for (;;) {
      const part = reader.read(queue);
      if (part === undefined) return undefined;
      if (part.kind === "end") return { content, trailers: part.trailers?.entries };
      ok(part.bytes.length > 0, "a part is never empty");
      content += textOf(part.bytes);
    }
  };
}

const LONG = "0123456789abcdef".repeat(256);

const ACCEPTED = [
  ["an empty body", "0\r\n\r\n", "", undefined],
  ["one chunk", "3\r\nabc\r\n0\r\n\r\n", "abc", undefined],
  ["chunks of one byte", "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", "abc", undefined],
  [
    "a chunk too large to be joined",
    `1\r\na\r\n1000\r\n${LONG}\r\n1\r\nz\r\n0\r\n\r\n`,
    `a${LONG}z`,
  ],
  ["small chunks behind a large one", `1000\r\n${LONG}\r\n2\r\nyz\r\n0\r\n\r\n`, `${LONG}yz`],
  [
    "a chunk moved as a block",
    "1\r\na\r\n14\r\n01234567890123456789\r\n0\r\n\r\n",
    "a01234567890123456789",
  ],
  [
    "hex digits of both cases",
    `a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    "01234567890123456789",
  ],
  ["leading zeros", "0003\r\nabc\r\n0000\r\n\r\n", "abc", undefined],
  ["13 digits", "0000000000003\r\nabc\r\n0000000000000\r\n\r\n", "abc", undefined],
  ["line breaks as content", "8\r\n\r\n0\r\n\r\n\0\r\n0\r\n\r\n", "\r\n0\r\n\r\n\0", undefined],
  ["an extension, dropped", "3;a=b\r\nabc\r\n0;c\r\n\r\n", "abc", undefined],
  ["an extension behind white space", '3 \t;a="b; c"\r\nabc\r\n0 ;c\r\n\r\n', "abc", undefined],
  ["an extension of 256 bytes", `3;${"x".repeat(255)}\r\nabc\r\n0\r\n\r\n`, "abc", undefined],
  [
    "an extension of each chunk, the limit being of one",
    `1;${"x".repeat(200)}\r\na\r\n1;${"x".repeat(200)}\r\nb\r\n0\r\n\r\n`,
    "ab",
    undefined,
  ],
  ["a trailer", "1\r\na\r\n0\r\nX-T: 1\r\n\r\n", "a", [["X-T", "1"]]],
  [
    "trailers in order and case",
    "0\r\ngrpc-status: 0\r\nX-A:\r\nx-a: 2\r\n\r\n",
    "",
    [["grpc-status", "0"], ["X-A", ""], ["x-a", "2"]],
  ],
  [
    "forbidden trailers, dropped",
    "0\r\nContent-Length: 5\r\nX: 1\r\nTransfer-Encoding: chunked\r\nHOST: b\r\nAuthorization: c\r\n\r\n",
    "",
    [["X", "1"]],
  ],
  ["nothing but forbidden trailers", "0\r\nSet-Cookie: a\r\n\r\n", "", undefined],
] as const;

for (const [reason, text, content, trailers] of ACCEPTED) {
  for (const arrival of ARRIVALS) {
    Deno.test(`ChunkedReader reads ${reason}, ${arrival}`, () => {
      deepEqual(readArriving(arrival, bytesOf(text), bodyReading()), { content, trailers });
    });
  }
}

const REFUSED = [
  // Sizes.
  ["no size", 400, "\r\nabc\r\n0\r\n\r\n"],
  ["an extension without a size", 400, ";a\r\n\r\n"],
  ["no hex digit", 400, "g\r\n"],
  ["a 0x prefix", 400, "0x3\r\nabc\r\n0\r\n\r\n"],
  ["a sign", 400, "+3\r\nabc\r\n0\r\n\r\n"],
  ["a negative size", 400, "-3\r\nabc\r\n0\r\n\r\n"],
  ["white space before the size", 400, " 3\r\nabc\r\n0\r\n\r\n"],
  ["white space behind the size", 400, "3 \r\nabc\r\n0\r\n\r\n"],
  ["a tab behind the size", 400, "3\t\r\nabc\r\n0\r\n\r\n"],
  ["white space within the size", 400, "1 0\r\n"],
  ["an underscore", 400, "1_0\r\n"],
  ["a fraction", 400, "3.0\r\nabc\r\n0\r\n\r\n"],
  ["NUL behind the size", 400, "3\0\r\nabc\r\n0\r\n\r\n"],
  ["a byte above ASCII in the size", 400, "3\xb2\r\nabc\r\n0\r\n\r\n"],
  ["14 digits", 400, "00000000000003\r\nabc\r\n0\r\n\r\n"],
  ["a size that wraps at 64 bits", 400, "10000000000000003\r\nabc\r\n0\r\n\r\n"],
  ["a text for a size", 400, "chunk\r\n"],
  // Line ends.
  ["a bare LF behind the size", 400, "3\nabc\r\n0\r\n\r\n"],
  ["a bare CR behind the size", 400, "3\rabc\r\n0\r\n\r\n"],
  ["CR CR LF behind the size", 400, "3\r\r\nabc\r\n0\r\n\r\n"],
  ["a bare LF behind the content", 400, "3\r\nabc\n0\r\n\r\n"],
  ["a bare CR behind the content", 400, "3\r\nabc\r0\r\n\r\n"],
  ["content longer than its size", 400, "3\r\nabcd\r\n0\r\n\r\n"],
  ["content shorter than its size", 400, "4\r\nabc\r\n0\r\n\r\n"],
  ["no line break behind the content", 400, "3\r\nabc0\r\n\r\n"],
  ["two line breaks behind the content", 400, "3\r\nabc\r\n\r\n0\r\n\r\n"],
  // Extensions.
  ["a bare LF in an extension (TERM.EXT)", 400, "3;a\nabc\r\n0\r\n\r\n"],
  ["a bare CR in an extension", 400, "3;a\rb\r\nabc\r\n0\r\n\r\n"],
  ["a line break in a quoted extension", 400, '3;a="\r\nabc"\r\n0\r\n\r\n'],
  ["NUL in an extension", 400, "3;a\0\r\nabc\r\n0\r\n\r\n"],
  ["an extension without a semicolon", 400, "3 a\r\nabc\r\n0\r\n\r\n"],
  ["an extension of 257 bytes", 400, `3;${"x".repeat(256)}\r\nabc\r\n0\r\n\r\n`],
  ["endless white space behind the size", 400, `3${" ".repeat(257)};\r\nabc\r\n0\r\n\r\n`],
  ["an extension of the last chunk too long", 400, `0;${"x".repeat(256)}\r\n\r\n`],
  // The end.
  ["a bare LF as the end", 400, "0\r\n\n"],
  ["LF LF as the end", 400, "0\n\n"],
  ["a request in place of the trailers", 400, "0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a space before a trailer's colon", 400, "0\r\nX : 1\r\n\r\n"],
  ["a folded trailer", 400, "0\r\nX: 1\r\n 2\r\n\r\n"],
  ["a bare LF between trailers", 400, "0\r\nX: 1\nY: 2\r\n\r\n"],
  ["a bare CR in a trailer", 400, "0\r\nX: 1\rY: 2\r\n\r\n"],
  ["a bare CR in place of the end", 400, "0\r\n\rX: 1\r\n\r\n"],
  ["NUL in a trailer", 400, "0\r\nX: \0\r\n\r\n"],
  ["a trailer without a colon", 400, "0\r\njunk\r\n\r\n"],
  ["65 trailers", 431, `0\r\n${"X: 1\r\n".repeat(65)}\r\n`],
  ["trailers of more than 8 KiB", 431, `0\r\nX: ${"a".repeat(8_192)}\r\n\r\n`],
] as const;

for (const [reason, status, text] of REFUSED) {
  for (const arrival of ARRIVALS) {
    Deno.test(`ChunkedReader refuses ${reason}, ${arrival}`, () => {
      const client = refusalOf(() => readArriving(arrival, bytesOf(text), bodyReading("client")));
      deepEqual([client?.status, client?.fault], [status, "client"]);
      const origin = refusalOf(() => readArriving(arrival, bytesOf(text), bodyReading("origin")));
      deepEqual([origin?.status, origin?.fault], [502, "origin"]);
    });
  }
}

Deno.test("ChunkedReader reads trailers of 8 KiB exactly", () => {
  const trailers = `X: ${"a".repeat(8_192 - 7)}\r\n\r\n`;
  equal(trailers.length, 8_192);
  const body = readArriving("whole", bytesOf(`0\r\n${trailers}`), bodyReading());
  equal(body?.trailers?.[0]?.[1].length, 8_185);
});

Deno.test("ChunkedReader refuses trailers of 8 KiB and one byte", () => {
  const text = `0\r\nX: ${"a".repeat(8_192 - 6)}\r\n\r\n`;
  equal(refusalOf(() => readArriving("whole", bytesOf(text), bodyReading()))?.status, 431);
});

Deno.test("ChunkedReader searches each byte of the trailers once, however they arrive", () => {
  const queue = new ByteQueue();
  const reader = new ChunkedReader("client");
  queue.append(bytesOf("0\r\n"));
  reader.read(queue);
  const trailers = bytesOf(`X: ${"a".repeat(1_000)}\r\n\r\n`);
  for (const [i, byte] of trailers.entries()) {
    equal(queue.scanned, i, "the search goes on where it stopped");
    queue.append(Uint8Array.of(byte));
    equal(reader.read(queue) !== undefined, i === trailers.length - 1);
  }
});

Deno.test("ChunkedReader refuses endless trailers before their end", () => {
  const endless = `0\r\nX: ${"a".repeat(8_192)}`;
  equal(refusalOf(() => readArriving("whole", bytesOf(endless), bodyReading()))?.status, 431);
});

Deno.test("ChunkedReader announces a size above 4 GiB without a wrap", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf("100000000\r\nabc"));
  const read = bodyReading();
  equal(read(queue), undefined);
  // 2^32 bytes are due: what looks like the end of the body is content.
  queue.append(bytesOf("\r\n0\r\n\r\n"));
  equal(read(queue), undefined);
});

Deno.test("ChunkedReader asks for more bytes at every cut of a body", () => {
  const text = "3;x\r\nabc\r\n2\r\nde\r\n0\r\nX: 1\r\n\r\n";
  for (let length = 0; length < text.length; length++) {
    const body = readArriving("whole", bytesOf(text.slice(0, length)), bodyReading());
    equal(body, undefined, `cut at ${length}`);
  }
});

Deno.test("ChunkedReader joins small chunks to one part", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf("1\r\na\r\n".repeat(1_000)));
  const part = new ChunkedReader("origin").read(queue);
  ok(part?.kind === "data");
  equal(textOf(part.bytes), "a".repeat(1_000));
});

Deno.test("ChunkedReader does not copy a large chunk to join it", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf(`1\r\na\r\n1000\r\n${LONG}\r\n`));
  const reader = new ChunkedReader("origin");
  for (const expected of ["a", LONG]) {
    const part = reader.read(queue);
    ok(part?.kind === "data");
    equal(textOf(part.bytes), expected);
  }
});

Deno.test("ChunkedReader hands out content as it arrives, in mid-chunk too", () => {
  const queue = new ByteQueue();
  const reader = new ChunkedReader("origin");
  queue.append(bytesOf("10\r\nabc"));
  const part = reader.read(queue);
  ok(part?.kind === "data");
  equal(textOf(part.bytes), "abc");
  equal(reader.read(queue), undefined);
});

Deno.test("ChunkedReader leaves the next message alone when it joins chunks", () => {
  const queue = new ByteQueue();
  queue.append(bytesOf("1\r\na\r\n1\r\nb\r\n0\r\n\r\nGET / HTTP/1.1"));
  equal(bodyReading()(queue)?.content, "ab");
  equal(textOf(queue.peek()), "GET / HTTP/1.1");
});

// Invariant: content and allowed trailers survive any cut into chunks and any cut into reads.
Deno.test("a chunked body survives encode and read", () => {
  const chunk = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 3_000 }));
  const name = fc.constantFrom("x-a", "X-B", "grpc-status", "Digest");
  const trailers = fc.array(fc.tuple(name, fc.constantFrom("", "1", "a b")), { maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(chunk, { maxLength: 12 }),
      trailers,
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
      (chunks, trailers, readSizes) => {
        const wire = new ByteQueue();
        for (const chunk of chunks) wire.append(encodeChunk(chunk));
        wire.append(encodeLastChunk(HeaderList.from(trailers)));
        const queue = new ByteQueue();
        const read = bodyReading();
        let body: Body | undefined;
        for (let turn = 0; wire.length > 0; turn++) {
          equal(body, undefined, "the end comes with the last byte");
          queue.append(wire.take(Math.min(wire.length, readSizes[turn % readSizes.length]!)));
          body = read(queue);
        }
        equal(body?.content, chunks.map(textOf).join(""));
        deepEqual(body?.trailers ?? [], trailers);
      },
    ),
  );
});

// Invariant: whatever bytes arrive, the reader reads them or throws an HttpError, and the cut of
// the reads changes neither the content nor whether it is refused.
Deno.test("ChunkedReader reads any bytes or refuses them, wherever they are cut", () => {
  const piece = fc.oneof(
    fc.constantFrom("0\r\n", "\r\n", "1\r\na\r\n", "3\r\nabc\r\n", "2;x=y\r\nab\r\n", "X: y\r\n"),
    fc.constantFrom("\r", "\n", "0", "f", ";", " ", "\0", "\xff", "a\r\n"),
  );
  const outcome = (bytes: Uint8Array, step: number) => {
    const queue = new ByteQueue();
    const read = bodyReading();
    try {
      for (let at = 0; at < bytes.length; at += step) {
        queue.append(bytes.subarray(at, at + step));
        const body = read(queue);
        if (body !== undefined) {
          return { ...body, length: Math.min(at + step, bytes.length) - queue.length };
        }
      }
      return "more";
    } catch (error) {
      ok(error instanceof HttpError, String(error));
      return "refused";
    }
  };
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.integer({ min: 1, max: 9 }),
      (pieces, step) => {
        const bytes = bytesOf(pieces.join(""));
        deepEqual(outcome(bytes, step), outcome(bytes, bytes.length + 1));
      },
    ),
    { numRuns: 5_000 },
  );
});

Deno.test("encodeChunk() frames bytes", () => {
  equal(textOf(encodeChunk(bytesOf("abc"))), "3\r\nabc\r\n");
  equal(textOf(encodeChunk(new Uint8Array(5_000))).slice(0, 6), "1388\r\n");
});

Deno.test("encodeChunk() writes nothing for no bytes: an empty chunk would be the end", () => {
  equal(encodeChunk(new Uint8Array(0)).length, 0);
});

Deno.test("chunkHeader() writes the size in hex and refuses the end", () => {
  equal(textOf(chunkHeader(1)), "1\r\n");
  equal(textOf(chunkHeader(65_536)), "10000\r\n");
  for (const length of [0, -1, 1.5, NaN, Infinity]) throws(() => chunkHeader(length), RangeError);
});

Deno.test("encodeLastChunk() writes the end, with trailers that are allowed", () => {
  equal(textOf(encodeLastChunk()), "0\r\n\r\n");
  equal(textOf(encodeLastChunk(HeaderList.from([]))), "0\r\n\r\n");
  const trailers = HeaderList.from([["Host", "a"], ["X-T", "1"], ["content-length", "1"]]);
  equal(textOf(encodeLastChunk(trailers)), "0\r\nX-T: 1\r\n\r\n");
});
