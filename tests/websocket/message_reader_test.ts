/** The messages of one direction: joined, unmasked, inflated; with what is wrong with each. */
import assert from "node:assert/strict";
import { RawInflater } from "../../src/scan/raw_inflater.ts";
import { OPCODE, RESERVED_BIT_1 } from "../../src/websocket/frame_head.ts";
import { MessageReader } from "../../src/websocket/message_reader.ts";
import { negotiatedExtensions } from "../../src/websocket/negotiated_extensions.ts";
import { bytesOf } from "../support/latin1_bytes.ts";
import { latin1 } from "../support/stream_pair.ts";
import { deflateMessage, deflateMessages, frameOf } from "../support/web_socket_peer.ts";

const DEFLATE = "permessage-deflate";
const DROPPED = "permessage-deflate; client_no_context_takeover";
const COMPRESSED = { reservedBits: RESERVED_BIT_1 } as const;

/** Each message as `kind[+deflate] text → how it ended[: flaw]`. */
async function read(sent: string, extensions: string | undefined, step: number) {
  const messages: string[] = [];
  const reader = new MessageReader({
    sender: "client",
    extensions: negotiatedExtensions(extensions),
    createInflater: () => new RawInflater(),
    onMessage: ({ kind, isCompressed }) => {
      let text = "";
      return {
        text: (bytes) => void (text += latin1(bytes)),
        end: (end) => {
          const name = isCompressed ? `${kind}+deflate` : kind;
          const flaw = end.flaw === undefined ? "" : `: ${end.flaw}`;
          messages.push(`${name} ${text} → ${end.kind}${flaw}`);
        },
      };
    },
  });
  for (let at = 0; at < sent.length; at += step) {
    await reader.read(bytesOf(sent.slice(at, at + step)));
  }
  await reader.end();
  reader.close();
  return messages;
}

const texts = ["the first message, and it is long", "the first message, and it is longer"];
const taken = (await deflateMessages(texts)).map((payload) => frameOf(payload, COMPRESSED));
const alone = texts.map((text) => frameOf(deflateMessage(text), COMPRESSED));
const [a = "", b = ""] = [texts[0], texts[1]];
const payload = latin1(deflateMessage(a));

const CASES: readonly (readonly [
  reason: string,
  extensions: string | undefined,
  sent: string,
  messages: readonly string[],
])[] = [
  ["two messages", undefined, frameOf("a") + frameOf("b"), [
    "data a → complete",
    "data b → complete",
  ]],
  [
    "fragments, a ping between them",
    undefined,
    frameOf("he", { isFinal: false }) + frameOf("?", { opcode: OPCODE.ping }) +
    frameOf("l", { opcode: 0, isFinal: false }) + frameOf("lo", { opcode: 0 }),
    ["control ? → complete", "data hello → complete"],
  ],
  ["compressed, window kept", DEFLATE, taken.join(""), [
    `data+deflate ${a} → complete`,
    `data+deflate ${b} → complete`,
  ]],
  ["compressed, window dropped", DROPPED, alone.join(""), [
    `data+deflate ${a} → complete`,
    `data+deflate ${b} → complete`,
  ]],
  ["compressed without need of the window that is kept", DEFLATE, alone.join(""), [
    `data+deflate ${a} → complete`,
    `data+deflate ${b} → complete`,
  ]],
  ["plain between compressed ones", DEFLATE, taken[0] + frameOf("plain") + taken[1], [
    `data+deflate ${a} → complete`,
    "data plain → complete",
    `data+deflate ${b} → complete`,
  ]],
  [
    "compressed in fragments, a ping between them",
    DEFLATE,
    frameOf(payload.slice(0, 5), { ...COMPRESSED, isFinal: false }) +
    frameOf("?", { opcode: OPCODE.ping }) + frameOf(payload.slice(5), { opcode: 0 }),
    ["control ? → complete", `data+deflate ${a} → complete`],
  ],
  ["an empty compressed message", DROPPED, frameOf("\x00", COMPRESSED), [
    "data+deflate  → complete",
  ]],
  [
    "no DEFLATE; the next one has a window of its own",
    DROPPED,
    frameOf("\xff\xff", COMPRESSED) +
    alone[0],
    [
      "data+deflate  → unreadable: Cannot read a message: …",
      `data+deflate ${a} → complete`,
    ],
  ],
  [
    "no DEFLATE; the next one shares its window",
    DEFLATE,
    frameOf("\xff\xff", COMPRESSED) +
    alone[0],
    [
      "data+deflate  → unreadable: Cannot read a message: …",
      "data+deflate  → unreadable: Cannot read a message: …",
    ],
  ],
  ["cut off by the end", undefined, frameOf("he", { isFinal: false }), ["data he → cut_off"]],
  ["cut off within a frame", undefined, frameOf("hello").slice(0, -2), ["data hel → cut_off"]],
  [
    "cut off by a close",
    undefined,
    frameOf("he", { isFinal: false }) +
    frameOf("\x03\xe8", { opcode: OPCODE.close }),
    [
      "data he → cut_off",
      "control \x03\xe8 → complete",
    ],
  ],
  ["a message within a message", undefined, frameOf("he", { isFinal: false }) + frameOf("x"), [
    "data he → cut_off",
    "data x → complete: a new message within a message",
  ]],
];

for (const [reason, extensions, sent, messages] of CASES) {
  Deno.test(`\`MessageReader\` reads whole, byte by byte and in between: ${reason}`, async () => {
    for (const step of [1, 3, sent.length]) {
      const found = (await read(sent, extensions, step)).map((message) =>
        message.replace(/(Cannot read a message:).*/, "$1 …")
      );
      assert.deepEqual(found, messages);
    }
  });
}

Deno.test("`MessageReader` gives up a bomb, and says how much was not read", async () => {
  const bomb = deflateMessage("\0".repeat(5_000_000));
  let end: { readonly kind: string; readonly unreadBytes: number } | undefined;
  let length = 0;
  const reader = new MessageReader({
    sender: "client",
    extensions: negotiatedExtensions(DEFLATE),
    createInflater: () => new RawInflater(),
    onMessage: () => ({
      text: (bytes) => void (length += bytes.length),
      end: (how) => void (end = how),
    }),
  });
  await reader.read(bytesOf(frameOf(bomb, COMPRESSED)));
  reader.close();
  assert.equal(end?.kind, "unreadable");
  assert.ok(end.unreadBytes > 0);
  assert.ok(length < 2_000_000);
});
