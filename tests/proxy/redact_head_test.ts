import assert from "node:assert/strict";
import { type HeaderEntry, HeaderList } from "../../src/http1/header_list.ts";
import type { Ruling } from "../../src/proxy/exchange.ts";
import { redactHead } from "../../src/proxy/redact_head.ts";

function ruling(location: string, secret: string): Ruling {
  return { location, action: "redact", finding: { secret } } as Ruling;
}

function redact(path: string, fields: readonly HeaderEntry[], rulings: readonly Ruling[]) {
  const headers = HeaderList.from(fields);
  const redacted = redactHead({ method: "GET", target: path, version: "1.1", headers }, {
    path,
    rulings,
    marker: ({ finding }) => `[REDACTED:${finding.secret.length}]`,
  });
  return redacted && { path: redacted.path, fields: redacted.head.headers.entries };
}

const CASES: readonly (readonly [
  string,
  Parameters<typeof redact>,
  ReturnType<typeof redact>,
])[] = [
  ["a field, in any case, each time it stands there", [
    "/",
    [["X-Note", "a SECRET, SECRET"], ["x-other", "SECRET"]],
    [ruling("header:x-note", "SECRET")],
  ], { path: "/", fields: [["X-Note", "a [REDACTED:6], [REDACTED:6]"], ["x-other", "SECRET"]] }],
  ["the URL, the marker escaped", ["/?k=SECRET&l=1", [], [ruling("url", "SECRET")]], {
    path: "/?k=%5BREDACTED%3A6%5D&l=1",
    fields: [],
  }],
  [
    "several",
    ["/SECRET", [["A", "OTHER"]], [ruling("url", "SECRET"), ruling("header:a", "OTHER")]],
    {
      path: "/%5BREDACTED%3A6%5D",
      fields: [["A", "[REDACTED:5]"]],
    },
  ],
  ["nothing", ["/", [["A", "b"]], []], { path: "/", fields: [["A", "b"]] }],
  ["a secret that is only in a decoded view of a field", [
    "/",
    [["A", "U0VDUkVU"]],
    [ruling("header:a", "SECRET")],
  ], undefined],
  ["a secret that is only in a decoded view of the URL", [
    "/?k=%53ECRET",
    [],
    [ruling("url", "SECRET")],
  ], undefined],
  ["a field that is not there", ["/", [["A", "b"]], [ruling("header:b", "SECRET")]], undefined],
];

for (const [reason, args, expected] of CASES) {
  Deno.test(`\`redactHead()\` ${expected ? "replaces" : "gives up on"} ${reason}`, () => {
    assert.deepEqual(redact(...args), expected);
  });
}
