/** Known secrets in streams: found once, however encoded and cut; held back no more than needed. */
import assert from "node:assert/strict";
import { bytesOf } from "../support/latin1_bytes.ts";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { Finding } from "../../src/scan/finding.ts";
import { KnownSecretIndex } from "../../src/scan/known_secret_scanner.ts";
import {
  compileKnownSecrets,
  type KnownSecretEntry,
  MAX_KNOWN_SECRETS,
} from "../../src/scan/known_secrets.ts";
import { keyedDigest } from "../../src/threats/keyed_digest.ts";

const SECRET = "h0rse/b&ttery" + " st@ple";
const TOKEN = "sk-ant-" + "api03-" + "Zq7vNf3TkX9bLw2RcJ5y";

/** Any numbers will do, as long as a failing test fails again. */
const HASH_KEYS = [0x9e3779b1, 0x85ebca6b] as const;
const DIGEST = keyedDigest(new Uint8Array(32).fill(7));

function compile(entries: readonly KnownSecretEntry[]): KnownSecretIndex {
  const set = compileKnownSecrets(entries, { hashKeys: HASH_KEYS, digest: DIGEST });
  return new KnownSecretIndex(structuredClone(set), DIGEST);
}

const INDEX = compile([{ name: "PASSWORD", value: SECRET }, { name: "API_KEY", value: TOKEN }]);

/** Scans in pieces of `size`, checking on the way what `cleared` promises. */
function scanInPieces(index: KnownSecretIndex, bytes: Uint8Array, size: number): Finding[] {
  const scanner = index.scanner();
  const found: Finding[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const clearedBefore = scanner.cleared;
    const findings = scanner.push(bytes.subarray(at, at + size));
    for (const { start } of findings) assert.ok(start >= clearedBefore, "was let go before");
    assert.ok(scanner.cleared >= clearedBefore, "took back what was cleared");
    found.push(...findings);
  }
  found.push(...scanner.end());
  assert.equal(scanner.cleared, bytes.length);
  return found;
}

/** Reason, a message, name and encoding of what is in it. */
const MESSAGES: readonly (readonly [string, string, string, string | undefined])[] = [
  ["alone", SECRET, "password", undefined],
  ["in text", `the password is ${SECRET}, keep it`, "password", undefined],
  ["behind a false start", `h0rse/b& h0rse/b&h0rse/b&ttery! ${SECRET}`, "password", undefined],
  ["in JSON", JSON.stringify({ a: `"${SECRET}"` }), "password", undefined],
  ["in JSON with escaped slashes", `"${SECRET.replaceAll("/", "\\/")}"`, "password", "json"],
  ["in JSON for HTML", `"${SECRET.replaceAll("&", "\\u0026")}"`, "password", "json"],
  ["in a URL", `/?p=${encodeURIComponent(SECRET)}&x`, "password", "percent"],
  ["in a form", new URLSearchParams({ p: SECRET }).toString(), "password", "percent"],
  ["base64", Buffer.from(`user:${SECRET}`).toString("base64"), "password", "base64"],
  ["base64, a byte on", Buffer.from(`user1:${SECRET}x`).toString("base64"), "password", "base64"],
  ["base64, two bytes on", Buffer.from(`me:${SECRET}`).toString("base64url"), "password", "base64"],
  ["hex", Buffer.from(SECRET).toString("hex"), "password", "hex"],
  ["hex in capitals", Buffer.from(TOKEN).toString("hex").toUpperCase(), "api_key", "hex"],
  ["the other secret", `x-api-key: ${TOKEN}\r\n`, "api_key", undefined],
];

for (const [reason, message, name, encoding] of MESSAGES) {
  Deno.test(`\`KnownSecretScanner\` finds a secret once, however it is cut: ${reason}`, () => {
    for (const text of [message, `${message}${"trailing text ".repeat(9)}`]) {
      const bytes = bytesOf(text);
      for (const size of [bytes.length, 1, 2, 7, 8, 9]) {
        const found = scanInPieces(INDEX, bytes, size);
        assert.equal(found.length, 1, `pieces of ${size}`);
        const [finding] = found as [Finding];
        assert.equal(finding.rule.id, `known_secret_${name}`);
        assert.equal(finding.encoding, encoding);
        const stands = Buffer.from(bytes.subarray(finding.start, finding.end)).toString("latin1");
        assert.equal(finding.secret, stands);
        assert.ok(text.includes(finding.before + finding.match));
      }
    }
  });
}

/** Reason, a message that holds no whole secret. */
const CLEAN: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["all but the last byte", SECRET.slice(0, -1)],
  ["all but the first byte", SECRET.slice(1)],
  ["another last byte", `${TOKEN.slice(0, -1)}z and more`],
  ["another case", SECRET.toUpperCase()],
  ["two halves", `${TOKEN.slice(0, 16)} ${TOKEN.slice(16)}`],
];

for (const [reason, message] of CLEAN) {
  Deno.test(`\`KnownSecretScanner\` finds nothing in ${reason}`, () => {
    for (const size of [1, 1_000]) {
      assert.deepEqual(scanInPieces(INDEX, bytesOf(message), size), []);
    }
  });
}

Deno.test("`KnownSecretScanner.cleared` lets go of all that begins no secret", () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ["an event that is complete", 'data: {"text":"hello"}\n\n', 0],
    ["a long word that may be a beginning", "helloworld", 7],
    ["a short one", "hello wor", 3],
    ["a short word behind a bracket", "{abc", 3],
    ["a secret that has begun", `see ${TOKEN.slice(0, 20)}`, 20],
    ["one that went on as no secret does", `see ${TOKEN.slice(0, 20)}\n`, 0],
    ["one that may go on", `see ${TOKEN.slice(0, 20)}\n${TOKEN.slice(0, 9)}`, 9],
  ];
  for (const [reason, text, held] of cases) {
    const scanner = compile([{ name: "API_KEY", value: TOKEN }]).scanner();
    scanner.push(bytesOf(text));
    assert.equal(text.length - scanner.cleared, held, reason);
  }
});

// Invariant: a planted form is found exactly where it stands, and nothing else is.
Deno.test("`KnownSecretScanner` finds what is planted in any bytes, in any pieces", () => {
  const noise = fc.uint8Array({ maxLength: 90 });
  const value = fc.string({ minLength: 8, maxLength: 60, unit: "binary-ascii" });
  fc.assert(
    fc.property(
      noise,
      value,
      noise,
      fc.integer({ min: 1, max: 40 }),
      (before, value, after, size) => {
        const index = compile([{ name: "X", value }]);
        const bytes = Buffer.concat([before, bytesOf(value), after]);
        const starts: number[] = [];
        for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) {
          starts
            .push(at);
        }
        const plain = scanInPieces(index, bytes, size).filter(({ encoding }) =>
          encoding === undefined
        );
        assert.deepEqual(plain.map(({ start }) => start), starts);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("`KnownSecretIndex` gives a secret its home and conceals it", () => {
  const homes = [{ host: "api.example.com", headers: ["authorization"] }];
  const index = compile([{ name: "/home/me/.netrc api.example.com", value: SECRET, homes }]);
  const [rule] = index.rules;
  assert.deepEqual(rule!.homes, homes);
  assert.equal(rule!.id, "known_secret_home_me_netrc_api_example_com");
  assert.equal(rule!.pattern, "known_secret");
  assert.equal(rule!.concealed, true);
});

Deno.test("`compileKnownSecrets()` keeps nothing of a value", () => {
  const set = compileKnownSecrets([{ name: "A", value: TOKEN }, { name: "B", value: TOKEN }], {
    hashKeys: HASH_KEYS,
    digest: DIGEST,
  });
  assert.deepEqual(set.sources, [{ name: "A" }], "equal values have one source");
  const kept = JSON.stringify([set.sources, set.forms]);
  for (let at = 0; at + 6 <= TOKEN.length; at++) {
    assert.ok(!kept.includes(TOKEN.slice(at, at + 6)));
  }
});

Deno.test("`compileKnownSecrets()` refuses short values and too many", () => {
  const keys = { hashKeys: HASH_KEYS, digest: DIGEST };
  assert.throws(() => compileKnownSecrets([{ name: "PIN", value: "1234567" }], keys), {
    name: "RangeError",
    message: 'Cannot look for known secret "PIN": it is shorter than 8 bytes',
  });
  const many = Array.from({ length: MAX_KNOWN_SECRETS + 1 }, (_, index) => ({
    name: `N${index}`,
    value: `value-${index}`,
  }));
  assert.throws(() => compileKnownSecrets(many, keys), { name: "RangeError" });
});
