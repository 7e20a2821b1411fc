/** Invariant: where the hint says that nothing is encoded, the decoders decode nothing. */
import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { endsPlainly, mayHoldEncoded } from "../../src/scan/encoded_hint.ts";
import { ViewScanner } from "../../src/scan/encoded_views.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { sampleRule } from "./sample_rules.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");
const base64 = (text: string) => Buffer.from(text).toString("base64");

const ENCODED: readonly (readonly [reason: string, text: string])[] = [
  ["a JSON escape", 'say \\"no\\"'],
  ["a shell's escape at the end", "echo \\162"],
  ["percent-encoding", "a%2Fb"],
  ["JavaScript's escape()", "%u0041"],
  ["a named character", "a &lt; b"],
  ["the longest name", "&NewLine;"],
  ["a number without its semicolon", "a &#65 b"],
  ["quoted-printable", "a=3Db"],
  ["a soft line break", "a=\nb"],
  ["a soft line break, CRLF", "a=\r\nb"],
  ["UTF-16", "a\0b\0c\0d\0"],
  ["a byte order mark", "\xff\xfe\x41\x26"],
  ["base64", base64("some text")],
  ["base64 after a path", `/path/${base64("some text")}`],
  ["base64 of another script", base64("Это другой текст")],
  ["base32", "ORSXG5BAORSXG5BA"],
  ["hexadecimal", Buffer.from("rm -rf /").toString("hex")],
  ["a wrapped row", "AAAAAAAAAAAAAAAA\nAAAA"],
  ["a long row", "A".repeat(65)],
  ["hexadecimal with colons", "72:6d:20:2d"],
  ["hexadecimal with hyphens", "72-6d-20-2d"],
  ["hexadecimal with spaces", "72 6d 20 2d"],
  ["bytes of C", "0x72, 0x6d"],
];

const PLAIN: readonly (readonly [reason: string, text: string])[] = [
  ["nothing", ""],
  ["prose", "Please read the file, and say what it does: briefly."],
  ["JSON without escapes", '{"model":"gpt-5","messages":[{"role":"user","content":"Hi"}]}'],
  ["a header's long name", "X-Stainless-Package-Version: 4.77.0"],
  ["a query", "/search?q=rust&page=2&sort=new"],
  ["an ampersand in prose", "research & development"],
  ["a percentage", "100 % of it, 5%"],
  ["NULs that part pieces", "one\0two\0three"],
  ["a time", "12:30:45"],
];

Deno.test("`mayHoldEncoded()` sees the beginnings of every encoding", async (t) => {
  for (const [reason, text] of ENCODED) {
    await t.step(reason, () => ok(mayHoldEncoded(latin1(text))));
  }
});

Deno.test("`mayHoldEncoded()` passes over plain text", async (t) => {
  for (const [reason, text] of PLAIN) {
    await t.step(reason, () => equal(mayHoldEncoded(latin1(text)), false));
  }
});

Deno.test("`mayHoldEncoded()` looks at a part alone", () => {
  const head = "a: \\n\nAccept: application/json\nb: %2F";
  const from = head.indexOf("Accept");
  const to = head.lastIndexOf("\n");
  ok(mayHoldEncoded(latin1(head)));
  equal(mayHoldEncoded(latin1(head), { from, to }), false);
  ok(mayHoldEncoded(latin1(head), { from, to: head.length }));
});

Deno.test("`endsPlainly()` tells whether what follows could complete an encoding", () => {
  for (const text of ["{}", "[]", "the end.", "a\n", "<p>"]) ok(endsPlainly(latin1(text)), text);
  for (const text of ["", "a", "7", "%", "\\", "&", "=", "\r", "\0", ":", " ", "-", "0x1,"]) {
    equal(endsPlainly(latin1(text)), false, JSON.stringify(text));
  }
});

Deno.test("`mayHoldEncoded()` says no only where the decoders find nothing", () => {
  // Whatever is decoded is found: any three characters of text.
  const rules = compileRules([
    sampleRule({ id: "any", anchors: ["key"], regexp: /key/, maxLength: 3 }),
  ]);
  const key = "key key key key";
  const parts = [
    ...["a", " ", "\n", "\r\n", "=", "&", "%", ";", ":", "-", "0x", "\0", "word", "Identifier"],
    ...["\\u006bey", "%6bey", "&#107;ey", "=6Bey", "k\0e\0y\0!\0", "\0k\0e\0y\0!"],
    ...[base64(key), base64(key).slice(1), base64(key).toLowerCase(), "NNSXSIDLMV4SA23FPE"],
    ...[Buffer.from(key).toString("hex"), "6b:65:79:20:", "0x6b, 0x65, 0x79, "],
  ];
  const text = fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map((all) => all.join(""));
  fc.assert(
    fc.property(text, (message) => {
      const bytes = latin1(message);
      if (mayHoldEncoded(bytes)) return;
      // A first byte that doesn't end plainly makes the decoders, which then see everything.
      const scanner = new ViewScanner(rules, { direction: "inbound" });
      const found = [...scanner.push(latin1("-")), ...scanner.push(bytes), ...scanner.end()];
      ok(found.every(({ encoding }) => encoding === undefined), JSON.stringify(message));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("`ViewScanner` finds what is encoded after text in which nothing was", () => {
  const rules = compileRules([
    sampleRule({ id: "wide", anchors: ["key"], regexp: /key"{0,9}:x{5}/, maxLength: 20 }),
  ]);
  const scanner = new ViewScanner(rules, { direction: "inbound" });
  const plain = "Nothing is encoded here.".repeat(200) + " key}";
  const start = plain.length - 4;
  equal(scanner.push(latin1(plain)).length, 0);
  equal(scanner.cleared, plain.length);
  const found = [...scanner.push(latin1('key\\":xxxxx')), ...scanner.end()];
  equal(found.map(({ encoding }) => encoding).join(), "json");
  equal(found[0]!.start, start + 4);
  equal(found[0]!.end, plain.length + 'key\\":xxxxx'.length);
});
