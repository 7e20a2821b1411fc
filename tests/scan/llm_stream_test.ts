/** What a model says a few characters an event is found as if it stood in one piece. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Finding } from "../../src/scan/finding.ts";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { ANSWER_SHAPES, inPieces } from "./llm_answers.ts";
import { sampleRule } from "./sample_rules.ts";
import { everyPiece, scanAt } from "./scan_in_pieces.ts";

const RULES = compileRules([
  sampleRule({ id: "token", anchors: ["tok-"], regexp: /tok-[A-Za-z0-9]{20}/, maxLength: 24 }),
  sampleRule({
    id: "removal",
    type: "INJECTION",
    anchors: ["rm -rf"],
    regexp: /rm -rf [/~"](?![\w])/,
    maxLength: 8,
  }),
]);
const TOKEN = "tok-" + "Zq7vNf3TkX9bLw2RcJ5y";

function scan(text: string, contentType: string, size?: number): readonly Finding[] {
  const bytes = Buffer.from(text);
  const scanner = createMessageScanner(RULES, {
    direction: "inbound",
    contentType,
    maxScanBytes: 65_536,
  });
  const found = scanAt(scanner, bytes, everyPiece(bytes, size ?? bytes.length));
  scanner.close();
  return found;
}

for (const { name, contentType, part, write } of ANSWER_SHAPES) {
  Deno.test(`\`LlmStream\` finds what is split over deltas: ${name}`, () => {
    const plain = `Sure: the key is ${TOKEN}, and then run \`rm -rf / \` as root. ${
      "More. ".repeat(12)
    }`;
    const said = part.includes("tool_use") ? JSON.stringify({ command: plain }) : plain;
    for (const size of [3, 1, 7]) {
      const answer = write(inPieces(said, size));
      const [framing] = part.split(":");
      for (const pieceSize of size === 7 ? [undefined, 1, 100] : [undefined, 33]) {
        const found = scan(answer, contentType, pieceSize);
        assert.deepEqual(
          found.map(({ rule, secret }) => [rule.id, secret]).sort(),
          [["removal", "rm -rf /"], ["token", TOKEN]],
          `deltas of ${size}, pieces of ${pieceSize}`,
        );
        for (const finding of found) {
          assert.equal(finding.part, part);
          assert.equal(finding.encoding?.split(">")[0], framing);
          const events = answer.slice(finding.start, finding.end);
          assert.ok(
            events.includes(JSON.stringify(finding.secret.slice(0, 1)).slice(1, -1)),
            events,
          );
          assert.ok(events.startsWith(framing === "sse" ? "data: {" : "{"), events.slice(0, 40));
          assert.ok(events.endsWith("}"), events.slice(-40));
        }
      }
    }
  });

  Deno.test(`\`LlmStream\` names the block of what stands in one event, once: ${name}`, () => {
    const said = part.includes("tool_use") ? JSON.stringify({ key: TOKEN }) : `It is ${TOKEN}.`;
    const answer = write([said, ..."and so on and on".repeat(9).split(" ")]);
    for (const pieceSize of [undefined, 500]) {
      const found = scan(answer, contentType, pieceSize);
      assert.deepEqual(found.map(({ secret }) => secret), [TOKEN]);
      const [finding] = found as [Finding];
      assert.equal(finding.part, part);
      assert.equal(answer.slice(finding.start, finding.end), TOKEN, "it stands in the bytes");
      assert.equal(finding.encoding, undefined);
    }
  });
}

Deno.test("`LlmStream` resolves escapes that are split over deltas of arguments", () => {
  const { contentType, write } = ANSWER_SHAPES.find(({ name }) => name === "Anthropic tool use")!;
  const input = String.raw`{"command":"r\u006d -rf \"; echo tok\u002d${TOKEN.slice(4)} "}`;
  for (const size of [1, 2, 3, 5]) {
    const found = scan(write(inPieces(input, size)), contentType);
    assert.deepEqual(
      found.map(({ rule, encoding }) => [rule.id, encoding]).sort(),
      [["removal", "sse>json"], ["token", "sse>json"]],
    );
  }
});

Deno.test("`LlmStream` keeps blocks apart", () => {
  const [text] = ANSWER_SHAPES;
  const half = TOKEN.length >> 1;
  const delta = (index: number, text: string) =>
    `data: ${
      JSON.stringify({ type: "content_block_delta", index, delta: { type: "text_delta", text } })
    }\n\n`;
  const apart = delta(0, TOKEN.slice(0, half)) + delta(1, TOKEN.slice(half)) + delta(2, ".");
  assert.deepEqual(scan(apart, text!.contentType), []);
  const mixed = delta(0, TOKEN.slice(0, half)) + delta(1, "Hello") + delta(0, TOKEN.slice(half));
  assert.deepEqual(scan(mixed, text!.contentType).map(({ part }) => part), ["sse:text[0]"]);
});

Deno.test("`LlmStream` lets go of each event whose text begins nothing, and holds the others", () => {
  const scanner = createMessageScanner(RULES, {
    direction: "inbound",
    contentType: "text/event-stream",
    maxScanBytes: 65_536,
  });
  const delta = (content: string) =>
    Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
  let sent = 0;
  const push = (bytes: Uint8Array) => {
    sent += bytes.length;
    assert.deepEqual(scanner.push(bytes), []);
    return sent - scanner.cleared;
  };
  for (const word of ["Hello", " world", ", this", " is", " fine", "."]) {
    assert.equal(push(delta(word)), 0, word);
  }
  const first = delta(TOKEN.slice(0, 6));
  const second = delta(TOKEN.slice(6, 12));
  assert.equal(push(first), first.length);
  assert.equal(push(second), first.length + second.length);
  assert.equal(push(delta(" no token after all.")), 0);
  assert.equal(push(Buffer.from(": keep-alive\n\n")), 0);
  assert.equal(push(Buffer.from("event: message\n")), 0);
  const partial = Buffer.from('data: {"choices":[{"index":0,"delta":{"con');
  assert.equal(push(partial), partial.length, "an event that is incomplete waits");
  scanner.close();
});

/** Reason, body. */
const ODDITIES: readonly (readonly [string, string])[] = [
  ["no JSON", "data: hello\n\ndata: {broken\n\ndata: {}}\n\n"],
  ["other JSON", 'data: null\n\ndata: [1]\n\ndata: {"a":1}\n\ndata: "x"\n\n'],
  ["wrong types", 'data: {"choices":[1,null,{"delta":"x"},{"delta":{"tool_calls":{}}}]}\n\n'],
  ["more wrong types", 'data: {"type":"content_block_delta","index":"x","delta":{"text":7}}\n\n'],
  [
    "wrong candidates",
    'data: {"candidates":[{"content":{"parts":[null,{"functionCall":3}]}}]}\n\n',
  ],
  ["no line break at the end", 'data: {"choices":[{"delta":{"content":"x"}}]}'],
  ["carriage returns", 'data: {"choices":[{"delta":{"content":"x"}}]}\r\rdata:\r\n\r\n'],
  ["no events", "<html>502 Bad Gateway</html>"],
  ["nothing", ""],
];

for (const [reason, body] of ODDITIES) {
  Deno.test(`\`LlmStream\` takes anything, and scans it as bytes: ${reason}`, () => {
    for (const contentType of ["text/event-stream", "application/x-ndjson", "application/json"]) {
      for (const size of [undefined, 1]) {
        assert.deepEqual(scan(body, contentType, size), []);
        const found = scan(`${body} ${TOKEN} ${"x ".repeat(40)}`, contentType, size);
        assert.deepEqual(found.map(({ secret }) => secret), [TOKEN]);
      }
    }
  });
}

Deno.test("`LlmStream` joins no more blocks than it may, and forgets none of their findings", () => {
  const delta = (index: number, text: string) =>
    `data: ${
      JSON.stringify({ type: "content_block_delta", index, delta: { type: "text_delta", text } })
    }\n\n`;
  let answer = "";
  for (let index = 0; index < 200; index++) {
    answer += inPieces(`${TOKEN} `, 9).map((text) => delta(index, text)).join("");
  }
  const found = scan(answer, "text/event-stream");
  assert.equal(found.length, 200);
  assert.equal(found.at(-1)!.part, "sse:text[199]");
});

Deno.test("`LlmStream` keeps a tool's name fit for a log line", () => {
  const start = {
    type: "content_block_start",
    index: 0,
    content_block: {
      type: "tool_use",
      name: `a\u001b[31m b/${"x".repeat(99)}`,
      input: { key: TOKEN },
    },
  };
  const [finding] = scan(`data: ${JSON.stringify(start)}\n\n`, "text/event-stream");
  assert.match(finding!.part!, /^sse:tool_use\[0\]\.input\(a\?\?31m\?b\?x{55}\)$/);
});

Deno.test("`LlmStream` finds what is split in an answer that is compressed", async () => {
  const { contentType, write, part } = ANSWER_SHAPES[0]!;
  const answer = write(inPieces(`It is ${TOKEN}.`, 3));
  const stream = new Blob([answer]).stream().pipeThrough(new CompressionStream("gzip"));
  const scanner = createMessageScanner(RULES, {
    direction: "inbound",
    contentType,
    contentEncoding: "gzip",
    maxScanBytes: 65_536,
  });
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const found = [...await scanner.push(bytes), ...await scanner.end()];
  assert.deepEqual(found.map((one) => [one.part, one.encoding]), [[part, "gzip>sse"]]);
  scanner.close();
});
