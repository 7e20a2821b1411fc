/**
 * Bodies with every view and every rule: the benign bodies of the shared corpus where it is there, else
 * made ones of about 6 MB; one push of 64 KiB, one body an instance, and a byte a push; and the search for
 * what may be encoded alone.
 * Every bench checks its answer before it is timed.
 */
import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import { mayHoldEncoded } from "../../src/scan/encoded_hint.ts";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import { compileRules } from "../../src/scan/rule_set.ts";

const CORPUS = new URL("../../../shared/corpus/benign_traffic.jsonl", import.meta.url);
const RULES = compileRules(ALL_RULES);

/** The corpus' texts; without it, prose and JSON of an agent's traffic. */
function benignBodies(): readonly Uint8Array[] {
  try {
    return Deno.readTextFileSync(CORPUS).split("\n").filter((line) => line !== "")
      .map((line) => Buffer.from((JSON.parse(line) as { text: string }).text));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const message = { role: "user", content: 'Please read "a.ts"\nand say what it does.\n' };
    return Array.from({ length: 100 }, (_, index) => {
      const messages = Array.from({ length: 50 + index * 20 }, () => message);
      return Buffer.from(JSON.stringify({ model: "m", messages }));
    });
  }
}

function scan(bytes: Uint8Array, pieceBytes: number): number {
  const scanner = createMessageScanner(RULES, { direction: "outbound", maxScanBytes: 65_536 });
  let found = 0;
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    found += (scanner.push(bytes.subarray(at, at + pieceBytes)) as readonly unknown[]).length;
  }
  found += (scanner.end() as readonly unknown[]).length;
  scanner.close();
  return found;
}

const bodies = benignBodies();
const totalBytes = bodies.reduce((sum, { length }) => sum + length, 0);
const whole = Buffer.concat(bodies);
const window = whole.subarray(0, 65_536);
const planted = Buffer.concat([
  window,
  Buffer.from(` ${btoa(`key=${"sk-ant-" + "api03-"}${"Zq7vNf3TkX9bLw2Rc".repeat(5)}-J5yAA`)} `),
]);
ok(scan(planted, planted.length) > scan(window, window.length), "a secret in base64 is found");
equal(scan(window, 65_536), scan(window, 1), "however it is cut");
const prose = Buffer.from(
  "What was said there is written down in the minutes, line by line. ".repeat(1_000),
);
const [proseKib, prose64Kib] = [prose.subarray(0, 1_024), prose.subarray(0, 65_536)];
equal(mayHoldEncoded(prose64Kib), false);
ok(mayHoldEncoded(Buffer.concat([prose64Kib, Buffer.from(btoa("some text of its own"))])));

Deno.bench(`${bodies.length} bodies, ${(totalBytes / 1e6).toFixed(1)} MB`, { n: 5 }, () => {
  for (const body of bodies) scan(body, 65_536);
});

Deno.bench("64 KiB in one push", () => {
  scan(window, 65_536);
});

Deno.bench("64 KiB, a byte a push", { n: 3 }, () => {
  scan(window, 1);
});

Deno.bench("a body of 200 bytes", () => {
  scan(window.subarray(0, 200), 200);
});

Deno.bench("whether 1 KiB may hold encoded text", () => {
  mayHoldEncoded(proseKib);
});

Deno.bench("whether 64 KiB may hold encoded text", () => {
  mayHoldEncoded(prose64Kib);
});
