/** Heads and host names: where a finding stands, and what is encoded there. Queries: form_body_test. */
import assert from "node:assert/strict";
import { scanHead, scanHost, type ScannedHead } from "../../src/scan/head_scanner.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { sampleRule } from "./sample_rules.ts";

const RULES = compileRules([
  sampleRule({ id: "token", anchors: ["tok-"], regexp: /tok-[A-Za-z0-9]{20}/, maxLength: 24 }),
  sampleRule({
    id: "long_hex",
    anchors: ["hex0"],
    regexp: /hex0[0-9a-f]{70}/,
    maxLength: 74,
  }),
  sampleRule({
    id: "over_lines",
    anchors: ["begin"],
    regexp: /begin[^]{1,40}?finish/,
    maxLength: 60,
  }),
]);
const TOKEN = "tok-" + "Zq7vNf3TkX9bLw2RcJ5y";

type Header = readonly [string, string];

/** Reason, head, part and encoding of what is found. */
const HEADS: readonly (readonly [string, ScannedHead, string, string | undefined])[] = [
  ["a path", head(`/a/${TOKEN}/b`), "url", undefined],
  ["a path, percent-encoded", head(`/a/${TOKEN.replace("-", "%2D")}`), "url", "percent"],
  ["a header", head("/", ["X-Key", TOKEN]), "header:x-key", undefined],
  [
    "the last header",
    head("/", ["A", "b"], ["Host", "h"], ["Cookie", `k=${TOKEN}`]),
    "header:cookie",
    undefined,
  ],
  [
    "Basic credentials",
    head("/", ["Authorization", `Basic ${btoa(`u:${TOKEN}`)}`]),
    "header:authorization",
    "base64",
  ],
  [
    "a cookie, percent-encoded",
    head("/", ["Cookie", `k=${TOKEN.replace("-", "%2d")}`]),
    "header:cookie",
    "percent",
  ],
  [
    "an answer",
    { target: "", headers: [["Set-Cookie", `k=${TOKEN}`]] },
    "header:set-cookie",
    undefined,
  ],
];

function head(target: string, ...headers: readonly Header[]): ScannedHead {
  return { target, headers };
}

for (const [reason, scanned, part, encoding] of HEADS) {
  Deno.test(`\`scanHead()\` finds a secret once in ${reason}`, () => {
    const found = scanHead(RULES, scanned, { direction: "outbound" });
    assert.deepEqual(
      found.map((one) => [one.secret, one.part, one.encoding]),
      [[TOKEN, part, encoding]],
    );
  });
}

Deno.test("`scanHead()` takes headers apart: none is the context or the rest of another's match", () => {
  const found = scanHead(RULES, head("/begin", ["A", "finish"], ["B", TOKEN], ["C", "d"]), {
    direction: "outbound",
  });
  assert.deepEqual(found.map(({ rule, before, after }) => [rule.id, before, after]), [
    ["token", "B: ", ""],
  ]);
});

Deno.test("`scanHead()` leaves the proxy's own credentials alone", () => {
  const headers = [["Proxy-Authorization", `Bearer ${TOKEN}`]] as const;
  assert.deepEqual(scanHead(RULES, { target: "/", headers }, { direction: "outbound" }), []);
});

Deno.test("`scanHost()` finds secrets in labels, over labels and encoded", () => {
  const hex = "hex0" + "0123456789abcdef".repeat(5).slice(0, 70);
  const base32 = "ORXWWLK2OE3XMTTGGNKGWWBZMJGHOMSSMNFDK6I"; // of the token
  for (
    const [reason, host, secret] of [
      ["a label", `${TOKEN}.example.com`, TOKEN],
      ["labels", `${hex.slice(0, 40)}.${hex.slice(40)}.example.com`, hex],
      ["base32", `${base32}.example.com`, TOKEN],
    ] as const
  ) {
    assert.deepEqual(scanHost(RULES, host).map((one) => one.secret), [secret], reason);
  }
  assert.deepEqual(scanHost(RULES, "api.anthropic.com"), []);
});

/** Headers that are sent again and again, some with something in them. */
const LINES: readonly Header[] = [
  ["Accept", "*/*"],
  ["X-Key", TOKEN],
  ["X-Key", "none"],
  ["x-key", "none"],
  ["Cookie", `k=${TOKEN.replace("-", "%2d")}`],
  ["Referer", `k=${TOKEN.replace("-", "%2d")}`],
  ["Authorization", `Basic ${btoa(`u:${TOKEN}`)}`],
  ["A", "begin"],
  ["B", "finish"],
  ["A", "begin and finish"],
  ["Proxy-Authorization", `Bearer ${TOKEN}`],
  ["Long", `${"-".repeat(600)}${TOKEN}`],
  ["", TOKEN],
];
const TARGETS = [
  "/",
  `/${TOKEN}`,
  "/begin",
  `/?a=${TOKEN.slice(0, 9)}&b=${TOKEN.slice(9)}`,
  "/?a=1&b=2",
];

Deno.test("what `scanHead()` finds doesn't depend on the heads before, nor on other parts", () => {
  const options = { direction: "outbound" } as const;
  const alone = (target: string, ...headers: readonly Header[]) =>
    scanHead({ ...RULES }, head(target, ...headers), options);
  for (let round = 0; round < 300; round++) {
    const target = TARGETS[round % TARGETS.length]!;
    const headers = LINES.filter((_, index) => (round * 2_654_435_761 >>> index) % 3 === 0);
    assert.deepEqual(
      scanHead(RULES, head(target, ...headers), options),
      [...alone(target), ...headers.flatMap((header) => alone("", header))],
    );
  }
});

Deno.test("other rules find what others didn't, in either direction and in host names", () => {
  const scanned = head("/later-0000", ["A", "later-1111"]);
  const host = "later-2222.example.com";
  const later = compileRules([
    sampleRule({ id: "later", anchors: ["later-"], regexp: /later-\d{4}/, maxLength: 10 }),
  ]);
  for (const [ruleSet, count] of [[RULES, 0], [later, 2], [RULES, 0]] as const) {
    for (const direction of ["outbound", "inbound"] as const) {
      assert.equal(scanHead(ruleSet, scanned, { direction }).length, count);
    }
    assert.equal(scanHost(ruleSet, host).length, count / 2);
  }
});
