import { deepEqual, equal } from "node:assert/strict";
import { requestFraming, responseFraming } from "../../src/http1/body_framing.ts";
import { type HeaderEntry, HeaderList } from "../../src/http1/header_list.ts";
import { refusalOf } from "./arrivals.ts";

const none = { kind: "none" } as const;
const chunked = { kind: "chunked" } as const;
const close = { kind: "close" } as const;
const length = (length: number) => ({ kind: "length", length }) as const;

function request(fields: readonly HeaderEntry[], { method = "POST", version = "1.1" } = {}) {
  const headers = HeaderList.from(fields);
  return { method, target: "/", version: version as "1.0" | "1.1", headers };
}

function response(fields: readonly HeaderEntry[], { status = 200, version = "1.1" } = {}) {
  const headers = HeaderList.from(fields);
  return { version: version as "1.0" | "1.1", status, reason: "", headers };
}

const CL = "Content-Length";
const TE = "Transfer-Encoding";

/** Framing that both directions state alike. */
const STATED = [
  ["a length", [[CL, "5"]], length(5)],
  ["length 0", [[CL, "0"]], length(0)],
  ["a length in another case", [["CONTENT-length", "5"]], length(5)],
  ["the greatest length", [[CL, "999999999999999"]], length(999_999_999_999_999)],
  ["chunked", [[TE, "chunked"]], chunked],
  ["chunked in another case", [["TRANSFER-ENCODING", "ChunKed"]], chunked],
] as const;

for (const [reason, fields, framing] of STATED) {
  Deno.test(`bodyFraming: both directions read ${reason}`, () => {
    deepEqual(requestFraming(request(fields)), framing);
    deepEqual(responseFraming(response(fields), "GET"), framing);
  });
}

/** Heads without a single reading: the known shapes of request smuggling. */
const AMBIGUOUS = [
  ["a length, then chunked (CL.TE)", [[CL, "5"], [TE, "chunked"]]],
  ["chunked, then a length (TE.CL)", [[TE, "chunked"], [CL, "5"]]],
  ["chunked with length 0 (TE.0)", [[TE, "chunked"], [CL, "0"]]],
  ["chunked with a length, other case", [["transfer-encoding", "CHUNKED"], [
    "content-length",
    "5",
  ]]],
  ["chunked with a length that is bad", [[TE, "chunked"], [CL, "x"]]],
  ["an unknown coding with a length", [[TE, "identity"], [CL, "5"]]],
  ["two lengths that differ", [[CL, "5"], [CL, "6"]]],
  ["two lengths that agree", [[CL, "5"], [CL, "5"]]],
  ["two lengths in different case", [[CL, "5"], ["content-length", "5"]]],
  ["a list of equal lengths", [[CL, "5, 5"]]],
  ["a list of equal lengths without space", [[CL, "5,5"]]],
  ["a list of different lengths", [[CL, "5, 6"]]],
  ["a list of one length", [[CL, "5,"]]],
  ["an empty length", [[CL, ""]]],
  ["a positive sign", [[CL, "+5"]]],
  ["a negative length", [[CL, "-5"]]],
  ["negative zero", [[CL, "-0"]]],
  ["a hex length", [[CL, "0x5"]]],
  ["hex digits", [[CL, "a"]]],
  ["an octal length", [[CL, "0o5"]]],
  ["a leading zero", [[CL, "05"]]],
  ["zero twice", [[CL, "00"]]],
  ["a fraction", [[CL, "5.0"]]],
  ["an exponent", [[CL, "5e0"]]],
  ["a separator", [[CL, "5_0"]]],
  ["white space inside", [[CL, "5 0"]]],
  ["a tab inside", [[CL, "5\t0"]]],
  ["a quoted length", [[CL, '"5"']]],
  ["a comment behind", [[CL, "5;"]]],
  ["a digit of another script, as bytes", [[CL, "\xd9\xa5"]]],
  ["a no-break space behind", [[CL, "5\xa0"]]],
  ["a length of 16 digits", [[CL, "9999999999999999"]]],
  ["a length above 2^64", [[CL, "18446744073709551621"]]],
  ["a length above 2^32, wrapped by some", [[CL, "4294967296000000"]]],
  ["an empty coding", [[TE, ""]]],
  ["identity", [[TE, "identity"]]],
  ["gzip alone", [[TE, "gzip"]]],
  ["gzip, then chunked", [[TE, "gzip, chunked"]]],
  ["chunked, then gzip", [[TE, "chunked, gzip"]]],
  ["chunked, then identity", [[TE, "chunked, identity"]]],
  ["identity, then chunked", [[TE, "identity, chunked"]]],
  ["chunked twice in a list", [[TE, "chunked, chunked"]]],
  ["chunked twice", [[TE, "chunked"], [TE, "chunked"]]],
  ["chunked, then junk in a second field", [[TE, "chunked"], [TE, "x"]]],
  ["junk, then chunked in a second field", [[TE, "x"], [TE, "chunked"]]],
  ["chunked, then an empty field", [[TE, "chunked"], [TE, ""]]],
  ["chunked with a comma behind", [[TE, "chunked,"]]],
  ["chunked with a comma before", [[TE, ",chunked"]]],
  ["chunked with a parameter", [[TE, "chunked;q=1"]]],
  ["chunked in quotes", [[TE, '"chunked"']]],
  ["chunked in single quotes", [[TE, "'chunked'"]]],
  ["junk before chunked", [[TE, "xchunked"]]],
  ["junk behind chunked", [[TE, "chunkedx"]]],
  ["a word before chunked", [[TE, "x chunked"]]],
  ["chunked with a no-break space", [[TE, "\xa0chunked"]]],
  ["chunked spelled by another k", [[TE, "chun\xe2\x84\xaaed"]]],
  ["chunk", [[TE, "chunk"]]],
] as const;

for (const [reason, fields] of AMBIGUOUS) {
  Deno.test(`requestFraming() refuses ${reason}`, () => {
    const refusal = refusalOf(() => requestFraming(request(fields)));
    deepEqual([refusal?.status, refusal?.fault], [400, "client"]);
  });
  Deno.test(`responseFraming() refuses ${reason}`, () => {
    for (
      const [method, status] of [["GET", 200], ["HEAD", 200], ["GET", 304], ["GET", 204]] as const
    ) {
      const refusal = refusalOf(() => responseFraming(response(fields, { status }), method));
      deepEqual([refusal?.status, refusal?.fault], [502, "origin"]);
    }
  });
}

Deno.test("a transfer coding in HTTP/1.0 is refused", () => {
  const fields = [[TE, "chunked"]] as const;
  equal(refusalOf(() => requestFraming(request(fields, { version: "1.0" })))?.status, 400);
  equal(refusalOf(() => responseFraming(response(fields, { version: "1.0" }), "GET"))?.status, 502);
});

Deno.test("requestFraming() finds no body where none is stated", () => {
  for (const method of ["GET", "POST", "PUT", "DELETE", "HEAD"]) {
    deepEqual(requestFraming(request([], { method })), none);
    deepEqual(requestFraming(request([], { method, version: "1.0" })), none);
  }
});

Deno.test("requestFraming() reads a body of any method but CONNECT", () => {
  for (const method of ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "X"]) {
    deepEqual(requestFraming(request([[CL, "5"]], { method })), length(5));
  }
});

Deno.test("requestFraming() refuses content of a CONNECT", () => {
  const framing = (fields: readonly HeaderEntry[]) =>
    requestFraming(request(fields, { method: "CONNECT" }));
  equal(refusalOf(() => framing([[CL, "5"]]))?.status, 400);
  equal(refusalOf(() => framing([[TE, "chunked"]]))?.status, 400);
  deepEqual(framing([[CL, "0"]]), none);
  deepEqual(framing([]), none);
});

Deno.test("responseFraming() reads to the end of the connection where nothing is stated", () => {
  deepEqual(responseFraming(response([]), "GET"), close);
  deepEqual(responseFraming(response([], { version: "1.0" }), "POST"), close);
  deepEqual(responseFraming(response([], { status: 404 }), "CONNECT"), close);
});

for (
  const [reason, status, method] of [
    ["the answer to HEAD", 200, "HEAD"],
    ["an error that answers HEAD", 404, "HEAD"],
    ["304", 304, "GET"],
  ] as const
) {
  Deno.test(`responseFraming() finds no body in ${reason}, whatever is stated`, () => {
    for (const fields of [[], [[CL, "5"]], [[CL, "0"]], [[TE, "chunked"]]] as const) {
      deepEqual(responseFraming(response(fields, { status }), method), none);
    }
  });
}

for (const status of [100, 101, 103, 199, 204]) {
  Deno.test(`responseFraming() finds no body in ${status}, and refuses one that is stated`, () => {
    deepEqual(responseFraming(response([], { status }), "GET"), none);
    deepEqual(responseFraming(response([[CL, "0"]], { status }), "GET"), none);
    for (const fields of [[[CL, "5"]], [[TE, "chunked"]]] as const) {
      const refusal = refusalOf(() => responseFraming(response(fields, { status }), "GET"));
      deepEqual([refusal?.status, refusal?.fault], [502, "origin"]);
    }
  });
}

Deno.test("responseFraming() ignores all fields of a tunnel's 2xx (RFC 9110 §9.3.6)", () => {
  for (const status of [200, 204, 299]) {
    for (const fields of [[], [[CL, "5"]], [[TE, "chunked"], [CL, "5"]]] as const) {
      deepEqual(responseFraming(response(fields, { status }), "CONNECT"), none);
    }
  }
  deepEqual(responseFraming(response([[CL, "5"]], { status: 407 }), "CONNECT"), length(5));
  deepEqual(responseFraming(response([[CL, "5"]], { status: 300 }), "CONNECT"), length(5));
});

Deno.test("205 and other answers keep their stated body", () => {
  deepEqual(responseFraming(response([[CL, "5"]], { status: 205 }), "GET"), length(5));
  deepEqual(responseFraming(response([[CL, "5"]], { status: 500 }), "GET"), length(5));
});
