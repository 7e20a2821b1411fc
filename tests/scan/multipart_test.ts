/** Secrets in multipart bodies, with the part they stand in, however the body is cut. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import { multipartBoundary } from "../../src/scan/multipart.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { everyPiece, scanAt } from "./scan_in_pieces.ts";
import { sampleRule } from "./sample_rules.ts";

const RULES = compileRules([
  sampleRule({ id: "token", anchors: ["tok-"], regexp: /tok-[A-Za-z0-9=]{20}/, maxLength: 24 }),
]);
const TOKEN = "tok-" + "Zq7vNf3TkX9bLw2RcJ5y";
const PROSE = "Nothing of worth stands here. ".repeat(5);

/** A body of parts, each a header and a text. */
function body(
  parts: readonly (readonly [header: string, text: string])[],
  lineBreak = "\r\n",
): string {
  const written = parts.map(([header, text]) =>
    ["--b0undary", header, "", text].join(lineBreak) + lineBreak
  );
  return `${written.join("")}--b0undary--${lineBreak}`;
}

function field(name: string): string {
  return `Content-Disposition: form-data; name="${name}"`;
}

/** Reason, body, part and encoding of what is found. */
const BODIES: readonly (readonly [string, string, string, string | undefined])[] = [
  [
    "a field",
    body([[field("a"), PROSE], [field("key"), TOKEN], [field("b"), PROSE]]),
    "key",
    undefined,
  ],
  ["the first field", body([[field("key"), TOKEN], [field("b"), PROSE]]), "key", undefined],
  ["the last field", body([[field("a"), PROSE], [field("key"), TOKEN]]), "key", undefined],
  ["bare line feeds", body([[field("a"), PROSE], [field("key"), TOKEN]], "\n"), "key", undefined],
  ["a preamble", `${PROSE}\r\n${body([[field("key"), TOKEN]])}`, "key", undefined],
  [
    "a file",
    body([[`${field("up[0]")}; filename="x.env"\r\nContent-Type: text/plain`, TOKEN]]),
    "up[0]",
    undefined,
  ],
  [
    "a file's name",
    body([[field("a"), PROSE], [`${field("up")}; filename="${TOKEN}"`, PROSE]]),
    "up",
    undefined,
  ],
  [
    "a name without quotes",
    body([["content-disposition: form-data; name=key", TOKEN]]),
    "key",
    undefined,
  ],
  ["a name of odd characters", body([[field("k e/y\u001b"), TOKEN]]), "k?e?y?", undefined],
  [
    "no name",
    body([["Content-Type: text/plain", PROSE], ["Content-Type: text/plain", TOKEN]]),
    "1",
    undefined,
  ],
  [
    "base64",
    body([[
      `${field("up")}\r\nContent-Transfer-Encoding: base64`,
      wrapped(btoa(`${PROSE}key: ${TOKEN}`)),
    ]]),
    "up",
    "base64",
  ],
  [
    "quoted-printable",
    body([[
      `${field("up")}\r\nContent-Transfer-Encoding: quoted-printable`,
      `a =3D ${TOKEN.slice(0, 9)}=\r\n${TOKEN.slice(9)}`,
    ]]),
    "up",
    "quoted-printable",
  ],
];

function wrapped(base64: string): string {
  return base64.replace(/.{76}/g, "$&\r\n");
}

for (const [reason, text, part, encoding] of BODIES) {
  Deno.test(`\`Multipart\` finds a secret once and names its part: ${reason}`, () => {
    const bytes = Buffer.from(text, "latin1");
    for (const size of [bytes.length, 1, 2, 50]) {
      const scanner = createMessageScanner(RULES, {
        direction: "outbound",
        contentType: 'multipart/form-data; charset=utf-8; boundary="b0undary"',
        maxScanBytes: 65_536,
      });
      const found = scanAt(scanner, bytes, everyPiece(bytes, size));
      assert.deepEqual(
        found.map((one) => [one.secret, one.part, one.encoding]),
        [[TOKEN, `multipart:${part}`, encoding]],
        `pieces of ${size}`,
      );
      scanner.close();
    }
  });
}

Deno.test("`multipartBoundary()` reads a boundary as RFC 2046 has it", () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ["multipart/form-data; boundary=abc", "abc"],
    ["multipart/mixed;charset=x;BOUNDARY=abc;x=y", "abc"],
    ['multipart/form-data; boundary="a b:c"', "a b:c"],
    ["multipart/form-data", undefined],
    ['multipart/form-data; boundary=""', undefined],
    [`multipart/form-data; boundary=${"x".repeat(71)}`, undefined],
  ];
  for (const [contentType, boundary] of table) {
    assert.equal(multipartBoundary(contentType), boundary, contentType);
  }
});

Deno.test("`Multipart` scans a body that has none of its delimiters, and very many", () => {
  const scan = (text: string) => {
    const scanner = createMessageScanner(RULES, {
      direction: "outbound",
      contentType: "multipart/form-data; boundary=b0undary",
      maxScanBytes: 65_536,
    });
    return scanAt(scanner, Buffer.from(text), []);
  };
  assert.deepEqual(scan(`${PROSE}${TOKEN}`).map(({ part }) => part), [undefined]);
  const many = body([
    ...Array.from({ length: 1_000 }, (_, index) => [field(`f${index}`), "x"] as const),
    [field("key"), TOKEN],
  ]);
  assert.deepEqual(scan(many).map(({ part }) => part), ["multipart:key"]);
});
