/** Secrets in forms and queries, in one value or in several, as they are and percent-encoded. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { scanHead } from "../../src/scan/head_scanner.ts";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { everyPiece, scanAt } from "./scan_in_pieces.ts";
import { sampleRule } from "./sample_rules.ts";

const RULES = compileRules([
  sampleRule({
    id: "token",
    anchors: ["tok-"],
    regexp: /tok-[A-Za-z0-9]{10}\/[A-Za-z0-9]{9}/,
    maxLength: 24,
  }),
]);
const TOKEN = "tok-" + "Zq7vNf3TkX/9bLw2RcJ5";
const base64 = btoa(`user:${TOKEN}`);

/** Reason, form, encoding of what is found, the text that the offsets cover. */
const FORMS: readonly (readonly [string, string, string | undefined, string])[] = [
  ["as it is", `a=1&b=${TOKEN}&c=2`, undefined, TOKEN],
  [
    "percent-encoded",
    `a=1&b=tok%2dZq7vNf3TkX%2F9bLw2RcJ5&c=2`,
    "percent",
    "tok%2dZq7vNf3TkX%2F9bLw2RcJ5",
  ],
  [
    "in two values",
    `x=1&a=${TOKEN.slice(0, 7)}&b=${TOKEN.slice(7)}`,
    "joined",
    "tok-Zq7&b=vNf3TkX/9bLw2RcJ5",
  ],
  [
    "in three values, percent-encoded",
    "x=&a=tok%2D&b=Zq7vNf3TkX%2F&long-name=9bLw2RcJ5",
    "joined",
    "tok%2D&b=Zq7vNf3TkX%2F&long-name=9bLw2RcJ5",
  ],
  [
    "a character a value",
    [...TOKEN].map((character) => `c=${character}`).join("&"),
    "joined",
    [...TOKEN].join("&c="),
  ],
  [
    "base64 in two values",
    `a=${base64.slice(0, 20)}&b=${encodeURIComponent(base64.slice(20))}`,
    "joined>base64",
    "",
  ],
];

for (const [reason, form, encoding, covered] of FORMS) {
  Deno.test(`\`FormBody\` finds a secret ${reason}, once, however it is cut`, () => {
    for (const text of [form, `${form}&trailing=${"words+".repeat(20)}`]) {
      const bytes = Buffer.from(text);
      for (const size of [bytes.length, 1, 2, 7]) {
        const scanner = createMessageScanner(RULES, {
          direction: "outbound",
          contentType: "application/x-www-form-urlencoded; charset=utf-8",
          maxScanBytes: 65_536,
        });
        const found = scanAt(scanner, bytes, everyPiece(bytes, size));
        assert.deepEqual(found.map((one) => [one.secret, one.encoding]), [[TOKEN, encoding]]);
        if (covered !== "") assert.equal(text.slice(found[0]!.start, found[0]!.end), covered);
      }
    }
  });

  Deno.test(`\`scanHead()\` finds a secret in a query ${reason}, once`, () => {
    const target = `/path?${form}`;
    const found = scanHead(RULES, { target, headers: [] }, { direction: "outbound" });
    assert.deepEqual(found.map((one) => [one.secret, one.part]), [[TOKEN, "url"]]);
    if (encoding === undefined || encoding === "joined") assert.equal(found[0]!.encoding, encoding);
    if (covered !== "") assert.equal(target.slice(found[0]!.start, found[0]!.end), covered);
  });
}

/** Reason, form in which nothing is found. */
const CLEAN: readonly (readonly [string, string])[] = [
  ["names", `tok-Zq7vNf3TkX=&/9bLw2RcJ5=`],
  ["values in the wrong order", `a=${TOKEN.slice(9)}&b=${TOKEN.slice(0, 9)}`],
  ["a broken escape", "a=tok-%&b=Zq7vNf3TkX/9bLw2RcJ5"],
  ["nothing", ""],
];

for (const [reason, form] of CLEAN) {
  Deno.test(`\`FormValues\` finds nothing in ${reason}`, () => {
    const head = { target: `/?${form}`, headers: [] };
    assert.deepEqual(scanHead(RULES, head, { direction: "outbound" }), []);
    const scanner = createMessageScanner(RULES, {
      direction: "outbound",
      contentType: "application/x-www-form-urlencoded",
      maxScanBytes: 65_536,
    });
    assert.deepEqual(scanAt(scanner, Buffer.from(form), [1].filter((at) => at < form.length)), []);
  });
}
