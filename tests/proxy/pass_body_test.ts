import assert from "node:assert/strict";
import type { BodyFraming } from "../../src/http1/body_framing.ts";
import { BodyReader } from "../../src/http1/body_reader.ts";
import { HttpError } from "../../src/http1/http_error.ts";
import { BufferedStream } from "../../src/proxy/buffered_stream.ts";
import type { OutgoingFraming } from "../../src/proxy/outgoing_head.ts";
import {
  type BodyFilter,
  passBody,
  type PassBodyOptions,
  SinkError,
} from "../../src/proxy/pass_body.ts";
import { bytesOf } from "../support/latin1_bytes.ts";
import { latin1, type Played, PlayedStream } from "../support/stream_pair.ts";

const HEAD = "HEAD\r\n\r\n";
const CHUNKS = "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n";

interface Passed {
  readonly writes: readonly string[];
  readonly events: readonly string[];
  readonly error: unknown;
}

async function pass(
  pieces: readonly Played[],
  framing: BodyFraming,
  sent: OutgoingFraming,
  more: Partial<PassBodyOptions> = {},
): Promise<Passed> {
  const sink = new PlayedStream();
  const events: string[] = [];
  let error: unknown;
  try {
    await passBody({
      source: new BufferedStream(new PlayedStream(pieces)),
      reader: new BodyReader(framing, { fault: "origin" }),
      sink,
      preamble: bytesOf(HEAD),
      framing: sent,
      filter: undefined,
      onProgress: (bytes) => events.push(`${bytes}`),
      onTrailers: (trailers) => events.push(trailers.entries.join()),
      onHeadSent: () => events.push("head"),
      ...more,
    });
  } catch (caught) {
    error = caught;
  }
  return { writes: sink.writes, events, error };
}

const CASES: readonly (readonly [string, string, BodyFraming, OutgoingFraming, string])[] = [
  ["a length, bare", "abcde", { kind: "length", length: 5 }, "bare", "abcde"],
  [
    "a length, in chunks",
    "abcde",
    { kind: "length", length: 5 },
    "chunked",
    "5\r\nabcde\r\n0\r\n\r\n",
  ],
  ["a length of 0", "", { kind: "length", length: 0 }, "bare", ""],
  ["a length of 0, in chunks", "", { kind: "length", length: 0 }, "chunked", "0\r\n\r\n"],
  ["chunks, bare", CHUNKS, { kind: "chunked" }, "until_close", "abcde"],
  ["all there is", "abcde", { kind: "close" }, "bare", "abcde"],
  ["all there is, in chunks", "abcde", { kind: "close" }, "chunked", "5\r\nabcde\r\n0\r\n\r\n"],
];

for (const [reason, body, framing, sent, expected] of CASES) {
  for (const step of [1, 1_000]) {
    Deno.test(`\`passBody()\`: ${reason}, ${step} bytes a read`, async () => {
      const pieces = body.match(new RegExp(`[^]{1,${step}}`, "g")) ?? [];
      const { writes, events, error } = await pass(pieces, framing, sent);
      assert.equal(error, undefined);
      const written = writes.join("");
      assert.ok(written.startsWith(HEAD));
      const payload = written.slice(HEAD.length);
      // Chunks are as large as reads were: their content is what counts.
      const content = (text: string) => text.replaceAll(/[0-9a-f]+\r\n([^]*?)\r\n/g, "$1");
      if (step === 1) assert.equal(content(payload), content(expected));
      else assert.equal(payload, expected);
      assert.equal(events.filter((event) => event === "head").length, 1);
    });
  }
}

Deno.test("`passBody()` frames chunks anew, and passes trailers on", async () => {
  const { writes, events } = await pass([CHUNKS], { kind: "chunked" }, "chunked");
  assert.match(writes.join(""), /^HEAD\r\n\r\n[^;]*0\r\nX-Sum: 1\r\n\r\n$/);
  assert.ok(events.includes("X-Sum,1"));
});

Deno.test("`passBody()` sends the head without waiting for a body", async () => {
  const source = new PlayedStream([], "silence");
  const sink = new PlayedStream();
  const passing = passBody({
    source: new BufferedStream(source),
    reader: new BodyReader({ kind: "length", length: 2 }, { fault: "client" }),
    sink,
    preamble: bytesOf(HEAD),
    framing: "bare",
    filter: undefined,
    onProgress: () => {},
    onTrailers: () => {},
    onHeadSent: () => {},
  });
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(sink.written, HEAD);
  source.play("ok");
  await passing;
  assert.equal(sink.written, `${HEAD}ok`);
});

Deno.test("what one read brought goes on in one write", async () => {
  const length = { kind: "length", length: 6 } as const;
  const { writes } = await pass(["abc", "def"], length, "chunked");
  assert.deepEqual(writes, [HEAD, "3\r\nabc\r\n", "3\r\ndef\r\n0\r\n\r\n"]);
});

const CUT: readonly (readonly [string, readonly Played[], BodyFraming, string])[] = [
  ["a length", ["abc"], { kind: "length", length: 5 }, "abc"],
  ["chunks", ["3\r\nabc\r\n"], { kind: "chunked" }, "3\r\nabc\r\n"],
  ["a chunk", ["5\r\nabc"], { kind: "chunked" }, "3\r\nabc\r\n"],
];

for (const [reason, pieces, framing, expected] of CUT) {
  Deno.test(`\`passBody()\` throws for ${reason} cut short, and writes no end`, async () => {
    const sent = framing.kind === "length" ? "bare" : "chunked";
    const { writes, error } = await pass(pieces, framing, sent);
    assert.ok(error instanceof HttpError && error.status === 502, String(error));
    assert.equal(writes.join(""), HEAD + expected);
  });
}

Deno.test("`passBody()` passes a read's own error on, and wraps one of a write", async () => {
  const reset = new Deno.errors.ConnectionReset("reset");
  const { error } = await pass(["a", reset], { kind: "close" }, "chunked");
  assert.equal(error, reset);
  const sink = new PlayedStream();
  sink.writeError = new Deno.errors.BrokenPipe("gone");
  const failed = await pass(["a"], { kind: "close" }, "bare", { sink });
  assert.ok(failed.error instanceof SinkError);
});

/** Upper-cases, holds back `held` bytes, and notes in which order it is called. */
class NotingFilter implements BodyFilter {
  readonly calls: string[] = [];
  readonly #held: string[] = [];

  push(bytes: Uint8Array): Uint8Array {
    const text = latin1(bytes).toUpperCase();
    this.calls.push(`push ${text}`);
    this.#held.push(text.slice(-1));
    return bytesOf(text.slice(0, -1));
  }

  settle(): void {
    this.calls.push("settle");
  }

  end(): Promise<Uint8Array> {
    this.calls.push("end");
    return Promise.resolve(bytesOf(this.#held.join("")));
  }

  close(): void {}
}

Deno.test("`passBody()` writes what the filter releases, and what it held at the end", async () => {
  const filter = new NotingFilter();
  const { writes } = await pass(["abc", "de"], { kind: "length", length: 5 }, "chunked", {
    filter,
  });
  assert.deepEqual(filter.calls.filter((call) => call !== "settle"), [
    "push ABC",
    "push DE",
    "end",
  ]);
  assert.equal(writes.join(""), `${HEAD}2\r\nAB\r\n1\r\nD\r\n2\r\nCE\r\n0\r\n\r\n`);
});
