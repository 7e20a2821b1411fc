/**
 * In block mode no byte of a match that is stopped is released, wherever a body is cut and however it is
 * coded; a clean body comes out as it went in.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";
import { takenAction } from "../../src/proxy/policy.ts";
import type { Proxy } from "../../src/proxy/proxy.ts";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import type { Direction } from "../../src/scan/rule.ts";
import { filterFixture, passFilter } from "../support/filter_fixture.ts";
import { anthropicKey } from "../support/sample_secrets.ts";
import { latin1 } from "../support/stream_pair.ts";

const SECRET = anthropicKey();
/** Every how many rules one is tried; every how many offsets. */
const RULE_STEP = 9;
const OFFSETS = 5;

const CLEAN = JSON.stringify({
  model: "any",
  text:
    "A plain text: sk-, AKIA, rm -r, curl | and base64 QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo= too",
  list: Array.from({ length: 30 }, (_, index) => ({ index, "é": "\\u00e9\n" })),
});

interface Coding {
  readonly name: string;
  readonly encode: (bytes: Uint8Array) => Uint8Array;
  /** Decodes as much as a beginning holds. */
  readonly decode: (bytes: Uint8Array) => Uint8Array;
}

const plainBytes = (buffer: Uint8Array) => new Uint8Array(buffer);
const { constants: c } = zlib;
const flush = { finishFlush: c.Z_SYNC_FLUSH };

const CODINGS: readonly Coding[] = [
  {
    name: "gzip",
    encode: (bytes) => plainBytes(zlib.gzipSync(bytes)),
    decode: (bytes) => plainBytes(zlib.gunzipSync(bytes, flush)),
  },
  {
    name: "br",
    encode: (bytes) => plainBytes(zlib.brotliCompressSync(bytes)),
    decode: (bytes) =>
      plainBytes(zlib.brotliDecompressSync(bytes, { finishFlush: c.BROTLI_OPERATION_FLUSH })),
  },
  {
    name: "zstd",
    encode: (bytes) => plainBytes(zlib.zstdCompressSync(bytes)),
    decode: (bytes) => plainBytes(zlib.zstdDecompressSync(bytes, { finishFlush: c.ZSTD_e_flush })),
  },
];

const bytesOfText = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function splitAt(bytes: Uint8Array, at: number): readonly Uint8Array[] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

/** Where the first match that block mode stops begins; undefined if there is none. */
async function firstStopped(
  { ruleSet, config }: Proxy,
  body: Uint8Array,
  direction: Direction,
): Promise<number | undefined> {
  const scanner = createMessageScanner(ruleSet, {
    direction,
    contentType: undefined,
    contentEncoding: undefined,
    maxScanBytes: config.maxScanBytes,
  });
  const findings = [...await scanner.push(body), ...await scanner.end()];
  scanner.close();
  const stopped = findings.filter((finding) =>
    takenAction({ pattern: finding.rule.pattern, severity: finding.severity }, config) !== "log"
  );
  return stopped.length === 0 ? undefined : Math.min(...stopped.map(({ start }) => start));
}

Deno.test("`HoldBack` releases no byte of what rules' examples match, cut anywhere", async () => {
  using fixture = await filterFixture({ mode: "block" });
  const { proxy, rules } = fixture;
  let tried = 0;
  for (let index = 0; index < rules.length; index += RULE_STEP) {
    const { id, examples, directions } = rules[index]!;
    const direction = directions[0]!;
    const [example] = examples;
    if (example === undefined) continue;
    const body = bytesOfText(`some words before; ${example} ; and some after\n`);
    const start = await firstStopped(proxy, body, direction);
    if (start === undefined) continue;
    tried++;
    for (let part = 1; part <= OFFSETS; part++) {
      const at = Math.floor(body.length * part / (OFFSETS + 1));
      const { released, blocked } = await passFilter(proxy, splitAt(body, at), { direction });
      assert.ok(blocked !== undefined, `${id} cut at ${at} was not stopped`);
      // Blanks that a match begins with are no secret.
      const beyond = latin1(released.slice(start)).trim();
      assert.equal(beyond, "", `${id} cut at ${at}`);
    }
  }
  assert.ok(tried >= 10, `only ${tried} rules were tried`);
});

const VIEWS: readonly (readonly [name: string, body: string, from: number])[] = [
  ["as it is", `{"key": "${SECRET}"}`, 9],
  ["JSON escapes", `{"key": "${escaped(SECRET)}"}`, 9],
  ["base64", `{"key": "${btoa(SECRET)}"}`, 9],
  ["base64 from an odd byte", `{"key": "${btoa(` ${SECRET}`)}"}`, 10],
  ["hex", `{"key": "${Buffer.from(SECRET).toString("hex")}"}`, 9],
  ["percent escapes", `key=${SECRET.replaceAll("-", "%2D")}&x=1`, 4],
];

function escaped(text: string): string {
  return Array.from(
    text,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  ).join("");
}

for (const [name, text, from] of VIEWS) {
  Deno.test(`\`HoldBack\` releases no byte of a secret at any split: ${name}`, async () => {
    using fixture = await filterFixture({ mode: "block" });
    const body = bytesOfText(text);
    for (let at = 0; at <= body.length; at += text.length > 300 ? 7 : 3) {
      const { released, blocked } = await passFilter(fixture.proxy, splitAt(body, at));
      assert.equal(blocked?.pattern, "ai_api_key", `cut at ${at}`);
      assert.ok(released.length <= from, `cut at ${at}: ${latin1(released)}`);
    }
    const single = Array.from(body, (byte) => Uint8Array.of(byte));
    const { released, blocked } = await passFilter(fixture.proxy, single);
    assert.equal(blocked?.pattern, "ai_api_key");
    assert.ok(released.length <= from, latin1(released));
  });
}

for (const { name, encode, decode } of CODINGS) {
  Deno.test(`\`HoldBack\` releases nothing that decodes to a secret: ${name}`, async () => {
    using fixture = await filterFixture({ mode: "block" });
    const before = '{"text": "some words before", "key": "';
    const body = encode(bytesOfText(`${before}${SECRET}", "n": 1}`));
    const headers = { "content-encoding": name };
    for (let at = 0; at <= body.length; at += 5) {
      const { released, blocked } = await passFilter(fixture.proxy, splitAt(body, at), {
        headers,
      });
      assert.equal(blocked?.pattern, "ai_api_key", `cut at ${at}`);
      const decoded = released.length === 0 ? "" : latin1(decode(released));
      assert.ok(before.startsWith(decoded), `cut at ${at}: ${decoded}`);
    }
  });

  Deno.test(`\`HoldBack\` lets a clean body out as it went in: ${name}`, async () => {
    using fixture = await filterFixture({ mode: "block" });
    const body = encode(bytesOfText(CLEAN));
    for (let at = 0; at <= body.length; at += 11) {
      const result = await passFilter(fixture.proxy, splitAt(body, at), {
        headers: { "content-encoding": name },
      });
      assert.equal(result.blocked, undefined);
      assert.deepEqual(result.released, body);
    }
  });
}

Deno.test("`HoldBack` lets a clean body out as it went in, cut anywhere", async () => {
  using fixture = await filterFixture({ mode: "block" });
  const body = bytesOfText(CLEAN);
  for (let at = 0; at <= body.length; at += 13) {
    const { released } = await passFilter(fixture.proxy, splitAt(body, at));
    assert.deepEqual(released, body);
  }
});

Deno.test("`HoldBack` redacts a secret wherever it is cut, and nothing else", async () => {
  const config = { mode: "block", actions: { ai_api_key: "redact" } };
  using fixture = await filterFixture(config);
  const body = bytesOfText(`{"a": "${SECRET}", "b": "clean", "c": "${SECRET}"}`);
  for (let at = 0; at <= body.length; at += 3) {
    const { released, blocked } = await passFilter(fixture.proxy, splitAt(body, at));
    assert.equal(blocked, undefined);
    const text = latin1(released);
    const { a, b, c } = JSON.parse(text);
    assert.match(a, /^\[REDACTED:ai_api_key:[^\]]+\]$/, `cut at ${at}`);
    assert.deepEqual([b, c], ["clean", a]);
  }
});

Deno.test("`HoldBack` stops what cannot be decoded, or lets it go as on_scan_error says", async () => {
  const body = bytesOfText("this is no gzip");
  const headers = { "content-encoding": "gzip" };
  using closed = await filterFixture({ mode: "block" });
  assert.equal(
    (await passFilter(closed.proxy, [body], { headers })).blocked?.pattern,
    "undecodable",
  );
  using open = await filterFixture({ mode: "block", on_scan_error: "allow" });
  assert.deepEqual(await passFilter(open.proxy, [body], { headers }), {
    released: body,
    blocked: undefined,
  });
});

Deno.test("`HoldBack` delays clean text by no more than what could become a match", async () => {
  using fixture = await filterFixture({ mode: "block" });
  const before = `{"text": "${"some ordinary words, ".repeat(2_000)}", "key": "`;
  const body = bytesOfText(`${before}${SECRET}"}`);
  const { released } = await passFilter(fixture.proxy, splitAt(body, before.length + 4));
  assert.ok(released.length <= before.length);
  assert.ok(released.length > before.length - 64, `${before.length - released.length} were held`);
});

const LINES: readonly (readonly [reason: string, line: string])[] = [
  ["a command that ends with a line", "PING\r\n"],
  ["a JSON message a line", '{"jsonrpc":"2.0","id":1,"method":"ping"}\n'],
  ["an event of an event stream", 'data: {"text":"hello"}\n\n'],
];

for (const [reason, line] of LINES) {
  Deno.test(`\`HoldBack\` lets a line go with its end: ${reason}`, async () => {
    using fixture = await filterFixture({ mode: "block" });
    const pieces = [bytesOfText(line), bytesOfText(SECRET)];
    const { released, blocked } = await passFilter(fixture.proxy, pieces);
    assert.equal(blocked?.pattern, "ai_api_key");
    assert.equal(latin1(released), line);
  });
}

Deno.test("`HoldBack` redacts behind blanks that have gone", async () => {
  using fixture = await filterFixture({ mode: "block", actions: { ai_api_key: "redact" } });
  for (const blank of [" ", "\n", "\r\n\r\n "]) {
    const { released } = await passFilter(fixture.proxy, [
      bytesOfText(`key:${blank}`),
      bytesOfText(`${SECRET}\nend`),
    ]);
    const [head, tail] = latin1(released).split(/\[REDACTED:ai_api_key:[^\]]+\]/);
    assert.deepEqual([head, tail], [`key:${blank}`, "\nend"]);
  }
});

Deno.test("`HoldBack` blocks what it cannot redact: text joined from lines of a streamed answer", async () => {
  using fixture = await filterFixture({ mode: "block", actions: { ai_api_key: "redact" } });
  const line = (text: string) =>
    `${JSON.stringify({ message: { role: "assistant", content: text }, done: false })}\n`;
  const lines = SECRET.match(/.{1,9}/g)!.map(line);
  const { released, blocked } = await passFilter(fixture.proxy, lines.map(bytesOfText), {
    direction: "inbound",
    headers: { "content-type": "application/x-ndjson" },
  });
  assert.equal(blocked?.pattern, "ai_api_key");
  assert.ok(!latin1(released).includes(SECRET.slice(0, 9)));
});
