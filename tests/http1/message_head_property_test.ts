/**
 * Invariants: whatever bytes arrive, a head parser returns a head, asks for more or throws an
 * HttpError, alike wherever the bytes are cut; a head that is written and parsed again has the same
 * order, case and duplicates.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import { HeaderList } from "../../src/http1/header_list.ts";
import { HttpError } from "../../src/http1/http_error.ts";
import {
  parseRequestHead,
  parseResponseHead,
  serializeRequestHead,
  serializeResponseHead,
} from "../../src/http1/message_head.ts";
import { readArriving } from "./arrivals.ts";
import { bytesOf } from "../support/latin1_bytes.ts";

const wirePiece = fc.oneof(
  fc.constantFrom("\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", "\0", "\x7f", "\xff", "HTTP/1.1"),
  fc.constantFrom("GET / HTTP/1.1\r\n", "Host: a\r\n", "HTTP/1.1 200 OK\r\n", "X: y\r\n", "a"),
  fc.string({ unit: "binary-ascii", maxLength: 5 }),
);
const wire = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(wirePiece, { maxLength: 20 }).map((pieces) => bytesOf(pieces.join(""))),
);

for (
  const [name, parse] of [
    ["parseRequestHead()", parseRequestHead],
    ["parseResponseHead()", parseResponseHead],
  ] as const
) {
  const outcome = (queue: ByteQueue) => {
    try {
      return parse(queue) === undefined ? "more" : "head";
    } catch (error) {
      ok(error instanceof HttpError, String(error));
      return error.status;
    }
  };

  Deno.test(`${name} parses any bytes or refuses them`, () => {
    fc.assert(
      fc.property(wire, (bytes) => {
        const queue = new ByteQueue();
        queue.append(bytes);
        outcome(queue);
      }),
      { numRuns: 2_000 },
    );
  });

  Deno.test(`${name} accepts or refuses alike, wherever the bytes are cut`, () => {
    fc.assert(
      fc.property(wire, fc.nat(), (bytes, seed) => {
        const whole = new ByteQueue();
        whole.append(bytes);
        const expected = outcome(whole);
        const cut = new ByteQueue();
        const first = seed % (bytes.length + 1);
        cut.append(bytes.subarray(0, first));
        let actual = outcome(cut);
        cut.append(bytes.subarray(first));
        if (actual === "more") actual = outcome(cut);
        // Which of two faults is found first may differ, and with it the status.
        equal(typeof actual, typeof expected);
        if (expected === "head") equal(cut.length, whole.length);
      }),
      { numRuns: 2_000 },
    );
  });
}

const token = fc.string({ unit: fc.constantFrom(..."aZ09!#$%&'*+-.^_`|~"), minLength: 1 });
const visible = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x7f)
  .map((code) => String.fromCharCode(code));
const value = fc.array(fc.string({ unit: visible, minLength: 1 }), { maxLength: 3 })
  .map((words) => words.join(" \t"));
const fields = fc.array(fc.tuple(token, value), { maxLength: 20 })
  .map((entries) => entries.filter(([name]) => name.toLowerCase() !== "host"));
const target = fc.string({ unit: visible }).map((text) => `/${text}`);

Deno.test("a request head survives serialize and parse", () => {
  fc.assert(fc.property(token, target, fields, (method, target, fields) => {
    const entries = [["Host", "a"], ...fields] as [string, string][];
    const head = { method, target, version: "1.1", headers: HeaderList.from(entries) } as const;
    deepEqual(
      readArriving("with trailing bytes", serializeRequestHead(head), parseRequestHead),
      head,
    );
  }));
});

Deno.test("a response head survives serialize and parse", () => {
  const status = fc.integer({ min: 100, max: 999 });
  fc.assert(fc.property(status, value, fields, (status, reason, fields) => {
    const head = { version: "1.0", status, reason, headers: HeaderList.from(fields) } as const;
    deepEqual(
      readArriving("with trailing bytes", serializeResponseHead(head), parseResponseHead),
      head,
    );
  }));
});
